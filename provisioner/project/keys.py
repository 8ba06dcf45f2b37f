"""The keys that seal what is at rest: read from the environment or `.env`, or from a command that the environment
names. No manifest holds a key, and none names a command. No message repeats what a variable or a command gave."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping

from provisioner.errors import UsageError
from provisioner.manifest import Settings
from provisioner.manifest.encryption import KeySource
from provisioner.project.credentials import read_dotenv
from provisioner.sealing import SHORTEST, UNSEALED, Seal

#: Seconds for a command that prints a key; it may ask somebody.
PATIENCE = 120
PRESENT = "set it; a new key (`openssl rand -base64 32`) opens nothing that is encrypted already"
FORMER = "set it, or take it out of `former` once `provision state reseal` has run"


def find_seal(settings: Settings, environ: Mapping[str, str] | None = None) -> Seal:
    """What the project's state, journal and plans are sealed with. Raises UsageError where a key is not there."""
    present, former = settings.encryption.key, settings.encryption.former
    if present is None and not former:
        return UNSEALED
    process = os.environ if environ is None else environ
    beside = read_dotenv(settings.root, process)
    key = None if present is None else _find_key(present, process, beside, PRESENT)
    return Seal(key, tuple(_find_key(source, process, beside, FORMER) for source in former))


def _find_key(source: KeySource, process: Mapping[str, str], beside: Mapping[str, str], hint: str) -> str:
    value = process.get(source.variable) or ("" if source.is_command else beside.get(source.variable))
    if not value:
        holds = "the command that prints the state's key" if source.is_command else "the state's key"
        raise UsageError(f"{source.variable}, which holds {holds}, is not set", hint=hint)
    key = _run(source.variable, value) if source.is_command else value
    if len(key) < SHORTEST:
        what = f"the command in {source.variable} prints" if source.is_command else f"{source.variable} holds"
        raise UsageError(
            f"{what} a key of fewer than {SHORTEST} letters", hint="make one with: openssl rand -base64 32"
        )
    return key


def _run(variable: str, command: str) -> str:
    """What the command prints, without its line's end. What it says on stderr is for the user.

    A relative path could be a file of the branch under review. Stdin is a terminal's or nothing: it may be somebody
    else's input.
    """
    words = _split(variable, command)
    stdin = None if sys.stdin is not None and sys.stdin.isatty() else subprocess.DEVNULL
    try:
        ended = subprocess.run(words, stdin=stdin, stdout=subprocess.PIPE, timeout=PATIENCE, check=True)
        return ended.stdout.decode().rstrip("\r\n")
    except subprocess.CalledProcessError as error:
        raise _failed(variable, f"ended with {error.returncode}") from error
    except subprocess.TimeoutExpired as error:
        raise _failed(variable, f"gave no key within {PATIENCE} s") from error
    except UnicodeDecodeError:
        raise _failed(variable, "prints no text") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it holds a sign that no command may"
        raise _failed(variable, f"cannot be run: {reason}") from None


def _split(variable: str, command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError:
        raise _failed(variable, "cannot be run: a quote is not closed") from None
    if not words:
        raise _failed(variable, "is empty")
    if "/" in words[0] and not os.path.isabs(words[0]):
        raise _failed(variable, "is a relative path, which may lead into the manifests; write an absolute one")
    return words


def _failed(variable: str, what: str) -> UsageError:
    return UsageError(f"the command in {variable} {what}", hint="run it by hand: it must print the state's key")
