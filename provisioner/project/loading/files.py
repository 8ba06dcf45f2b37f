"""Reads a file that is shipped with an application: an export in the format JSON, or the file of a state."""

from __future__ import annotations

import json
import os

from provisioner.core.files.opening import read_unlinked
from provisioner.core.jsondepth import check_depth
from provisioner.project.loading.recorded import TYPE_OF_TARGET, Recorded

TYPE_CHECKING = False  # Importing `typing` takes several milliseconds.
if TYPE_CHECKING:
    from typing import Any

#: The format of exported files that this module reads.
FORMAT = 1
#: The most bytes of an exported file, as those of a state.
MOST_BYTES = 512 * 1024 * 1024
#: The sections of an exported file, with the kinds of their addresses. The keys of `files` are addresses already.
KINDS = {"assistants": "assistant", "vector_stores": "vector_store", "skills": "skill"}
HINT = "make it with `provision export --format json`; a state's file works too"


def read_file(path: str, environment: str | None) -> Recorded:
    """Returns the recorded objects in the file `path`. Raises UsageError if the file does not exist, is an encrypted
    state, or belongs to another environment of the project than `environment`. Raises StateError if the file is neither
    an export nor a state.
    """
    text = _read_text(path)
    try:
        body = json.loads(text)
        check_depth(body)
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict) and isinstance(body.get("assistants"), dict):
        _check(body, path, environment)
        return Recorded(_objects(body, path), _shown(path))
    return _read_state(text, path, environment)


def _read_text(path: str) -> str:
    from provisioner.core.errors import StateError, UsageError

    real = os.path.realpath(path)
    try:
        return read_unlinked(os.path.dirname(real), os.path.basename(real), MOST_BYTES).decode()
    except FileNotFoundError:
        raise UsageError(f"there is no file {_shown(path)}", hint=HINT) from None
    except UnicodeDecodeError:
        raise _unfit(path) from None
    except OSError as error:
        raise StateError(f"{_shown(path)} cannot be read: {error.strerror}", hint="check its permissions") from error


def _check(body: dict[str, Any], path: str, environment: str | None) -> None:
    from provisioner.core.errors import NewerState, UsageError

    version = body.get("format", FORMAT)
    if not isinstance(version, int) or version > FORMAT:
        raise NewerState(
            f"{_shown(path)} has format {version}; this version of provision knows formats up to {FORMAT}",
            hint="upgrade provision to the version that wrote it, or export it again",
        )
    written = body.get("environment", environment)
    if environment is not None and written != environment:
        raise UsageError(
            f"{_shown(path)} is for the environment `{written}`, not for `{environment}`",
            hint=f"export it with --env {environment}, or leave `env` and PROVISION_ENV out",
        )


def _objects(body: dict[str, Any], path: str) -> dict[str, dict[str, Any]]:
    """Returns the objects of an exported file in the form of records, keyed by address. `body` is the content of the
    file, and `path` is its path for messages.
    """
    found: dict[str, dict[str, Any]] = {}
    try:
        for name, item in body["assistants"].items():
            type_ = TYPE_OF_TARGET[item["target"]]
            if item["target"] == "responses":
                inputs, release = item["definition"], item["release"]
                found[f"assistant.{name}"] = {"type": type_, "inputs": {**inputs}, "release": release}
                continue
            found[f"assistant.{name}"] = {"type": type_, "id": item["id"]}
            if template := item.get("environment_template_id"):
                found[f"environment.{name}"] = {"type": "environment_template", "id": template}
        for section, items in body.items():
            if section != "assistants" and isinstance(items, dict):
                for name, item in items.items():
                    address = name if section == "files" else f"{KINDS.get(section, section)}.{name}"
                    found[address] = {"type": KINDS.get(section, "file"), "id": item["id"]}
    except (KeyError, TypeError, AttributeError):
        raise _unfit(path) from None
    return found


def _read_state(text: str, path: str, environment: str | None) -> Recorded:
    from provisioner.core.errors import StateError, UsageError
    from provisioner.project.loading.whole import make_recorded
    from provisioner.state.parsing import parse
    from provisioner.state.sealing import is_sealed

    if is_sealed(text):
        raise UsageError(
            f"{_shown(path)} is an encrypted state, whose key only the project's settings name",
            hint="leave `path` out, or ship a file of `provision export --format json`",
        )
    try:
        state = parse(text, _shown(path))
    except StateError as error:
        if text.lstrip()[:1] == "{" and '"lineage"' in text:
            raise
        raise _unfit(path) from error
    if environment is not None and state.environment != environment:
        raise UsageError(
            f"{_shown(path)} is for the environment `{state.environment}`, not for `{environment}`",
            hint="name the other file, or leave `env` and PROVISION_ENV out",
        )
    return make_recorded(state, _shown(path))


def _unfit(path: str) -> Exception:
    from provisioner.core.errors import StateError

    return StateError(f"{_shown(path)} is neither an exported file nor a state", hint=HINT)


def _shown(path: str) -> str:
    """Returns a path for messages: the path relative to the working folder, or `path` itself if that is shorter."""
    return min(os.path.relpath(path), path, key=len)
