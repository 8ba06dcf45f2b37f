"""The backend of a project, for commands that handle whole states."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

import click

from provisioner.backends import Backend, open_backend
from provisioner.cli.choosing import chosen_by
from provisioner.cli.screen import screen
from provisioner.errors import UsageError
from provisioner.project.manifests import read_settings
from provisioner.project.wiring import seal_of, state_of


@contextmanager
def keeping(context: click.Context, command: str | None = None) -> Iterator[Backend]:
    """The project's backend, under the lock where `command` needs it."""
    choice = chosen_by(context)
    settings = read_settings(choice)
    state = state_of(settings, emulated=choice.emulator)
    seal = seal_of(settings, emulated=choice.emulator)
    backend = open_backend(state, settings.environment, lock_timeout=choice.lock_timeout, seal=seal, tell=screen().note)
    with closing(backend), backend.lock(command) if command else nullcontext():
        yield backend


@contextmanager
def opened(context: click.Context, state: str) -> Iterator[Backend]:
    """Another backend for the same environment."""
    choice = chosen_by(context)
    settings = read_settings(choice)
    seal = seal_of(settings, emulated=choice.emulator)
    with closing(open_backend(state, settings.environment, seal=seal, tell=screen().note)) as backend:
        yield backend


def read_text(path: Path) -> str:
    """A file's text, or what is on stdin for `-`. Raises UsageError."""
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}", hint="`provision state pull > FILE` writes one") from error


def read_serial(text: str) -> int:
    """A serial. Raises UsageError."""
    if not text.isdecimal():
        raise UsageError(f"`{text}` is no serial", hint="`provision state history` lists those that are kept")
    return int(text)
