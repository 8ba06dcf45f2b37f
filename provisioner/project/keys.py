"""The keys that seal what is at rest: read from the environment or `.env`, or from a command that the environment
names. No manifest holds a key, and none names a command."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping

from provisioner.errors import UsageError
from provisioner.manifest import Settings
from provisioner.manifest.encryption import KeySource
from provisioner.project.credentials import read_dotenv
from provisioner.sealing import UNSEALED, Seal

#: Seconds for a command that prints a key; it may ask somebody.
PATIENCE = 120


def find_seal(settings: Settings, environ: Mapping[str, str] | None = None) -> Seal:
    """What the project's state, journal and plans are sealed with. Raises UsageError where a key is not there."""
    if not settings.encryption:
        return UNSEALED
    process = os.environ if environ is None else environ
    beside = read_dotenv(settings.root, process)
    return Seal(tuple(_find_key(source, process, beside) for source in settings.encryption))


def _find_key(source: KeySource, process: Mapping[str, str], beside: Mapping[str, str]) -> str:
    value = process.get(source.variable) or ("" if source.is_command else beside.get(source.variable))
    if not value:
        holds = "the command that prints it" if source.is_command else "it"
        raise UsageError(
            f"the state's key is not there: `state_encryption` takes it from {source.variable}, which is not set",
            hint=f"set {source.variable} to {holds}; `openssl rand -base64 32` makes a new key",
        )
    return _run(source.variable, value) if source.is_command else value


def _run(variable: str, command: str) -> str:
    """What the command prints, without its line's end. What it says on stderr is for the user."""
    try:
        ended = subprocess.run(
            shlex.split(command), stdout=subprocess.PIPE, encoding="utf-8", timeout=PATIENCE, check=True
        )
    except subprocess.CalledProcessError as error:
        raise _failed(variable, f"ended with {error.returncode}") from error
    except subprocess.TimeoutExpired as error:
        raise _failed(variable, f"gave no key within {PATIENCE} s") from error
    except (OSError, ValueError) as error:
        raise _failed(variable, f"cannot be run: {error}") from error
    return ended.stdout.rstrip("\r\n")


def _failed(variable: str, what: str) -> UsageError:
    return UsageError(f"the command in {variable} {what}", hint="run it by hand: it must print the state's key")
