"""The key, and where it may go. It is read from the environment or `.env`, and never leaves except to the API."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from provisioner.api.endpoint import OPENAI_URL, Endpoint
from provisioner.errors import MissingKey
from provisioner.manifest import Settings
from provisioner.project.trust import check_api

KEY = "OPENAI_API_KEY"
BASE_URL = "OPENAI_BASE_URL"


def find_endpoint(settings: Settings, environ: Mapping[str, str] | None = None) -> Endpoint:
    """The endpoint that the environment, the settings and `.env` name, in this order.

    Raises MissingKey, and UntrustedHost where only a file names the host that would get the key.
    """
    process = os.environ if environ is None else environ
    beside = read_dotenv(settings.root, process)
    base_url = process.get(BASE_URL) or settings.base_url or beside.get(BASE_URL) or OPENAI_URL
    key, source = process.get(KEY), f"{KEY} in the environment"
    if not key:
        key, source = beside.get(KEY), f"{KEY} in .env"
    if not key:
        raise MissingKey(
            f"no API key: {KEY} is not set{_unread(settings.root, process)}",
            hint=f"set it (export {KEY}=…), or try everything without one: add --emulator",
        )
    check_api(base_url, process, named_by_process=base_url == process.get(BASE_URL))
    return Endpoint(
        base_url=base_url,
        api_key=key,
        key_source=source,
        organization=settings.organization or process.get("OPENAI_ORG_ID") or None,
        project=settings.openai_project or process.get("OPENAI_PROJECT_ID") or None,
    )


def read_dotenv(root: Path, process: Mapping[str, str]) -> dict[str, str]:
    """`.env` beside the project: not in CI, and not where git tracks it, since then it is nobody's own."""
    path = root / ".env"
    if process.get("CI") or not path.is_file() or _is_tracked(path):
        return {}
    from dotenv import dotenv_values

    return {name: value for name, value in dotenv_values(path, interpolate=False).items() if value}


def _unread(root: Path, process: Mapping[str, str]) -> str:
    """Why a `.env` that is there was not read, where that may be what is missing."""
    path = root / ".env"
    if not path.is_file():
        return ""
    if process.get("CI"):
        return ", and .env is not read where CI is set"
    return ", and .env is not read where git tracks it" if _is_tracked(path) else ", nor in .env"


def _is_tracked(path: Path) -> bool:
    try:
        answer = subprocess.run(
            ["git", "ls-files", "--error-unmatch", path.name], cwd=path.parent, capture_output=True, check=False
        )
    except OSError:
        return False
    return answer.returncode == 0
