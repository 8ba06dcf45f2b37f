"""Files that hold prompts: readable by their owner only."""

from __future__ import annotations

import os
from pathlib import Path

import click

from provisioner.errors import StateError


def write_private(path: Path, text: str) -> None:
    """Writes the text, in place of what was there. Raises StateError."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as stream:
            os.fchmod(handle, 0o600)
            stream.write(text)
    except OSError as error:
        raise StateError(f"{path} cannot be written: {error.strerror}") from error


def check_apart(page: Path | None, plan: Path | None) -> None:
    """Raises BadParameter where a page would be written over the plan that it shows."""
    if page is not None and plan is not None and page.resolve() == plan.resolve():
        raise click.BadParameter(f"{page} is the plan itself; name another file", param_hint="--html")
