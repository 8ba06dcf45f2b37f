"""Reads a state in plain text from a folder, without the modules that check settings and states.

A state in plain text in a folder is the usual case. Importing the modules for the checks would take ten times as long
as reading the state. In all other cases, the functions of this module return None, and
`provisioner.project.loading.whole` reads and checks the state. A test compares the results of both modules.
"""

from __future__ import annotations

import json
import os

from provisioner.core.files.opening import read_unlinked
from provisioner.core.jsondepth import check_depth
from provisioner.project.loading.plain_settings import find_plain_settings
from provisioner.project.loading.recorded import Recorded
from provisioner.state.hashing import digest

TYPE_CHECKING = False  # Importing `typing` takes several milliseconds.
if TYPE_CHECKING:
    from typing import Any

    from provisioner.project.loading.plain_settings import PlainSettings

#: The format of states that this module reads, as in `provisioner.state.records`.
FORMAT = 1
#: The smallest number of bytes of a state that is read with msgspec.
LARGE = 1_000_000
#: The most bytes of a state, as in `provisioner.core.files.limits`.
STATE_BYTES = 512 * 1024 * 1024


def read_plain(start: str, environment: str | None) -> Recorded | None:
    """Returns the recorded objects of the project that is found from the folder `start`, in the environment
    `environment` of the project. Returns None if the state cannot be read without the full checks.
    """
    settings = find_plain_settings(start, environment)
    if settings is None or settings.is_sealed or "://" in settings.state or settings.state.startswith("git:"):
        return None
    folder = os.path.normpath(os.path.join(settings.folder, settings.state))
    if os.path.realpath(folder) != folder or f"{settings.folder}/".startswith(f"{folder}/"):
        return None
    return _read_state(settings, folder)


def _read_state(settings: PlainSettings, folder: str) -> Recorded | None:
    name = f"{settings.environment}.json"
    place = min(os.path.relpath(os.path.join(folder, name)), os.path.join(folder, name), key=len)
    try:
        data = read_unlinked(folder, name, STATE_BYTES)
        body = _read_large(data, place) if len(data) >= LARGE else _read_small(data)
        if body is None or body["format"] != FORMAT:
            return None
        owner = (body["project"], body["environment"])
        objects = body["records"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    is_mapping = isinstance(objects, dict) or len(data) >= LARGE
    return Recorded(objects, place) if is_mapping and owner == (settings.project, settings.environment) else None


def _read_small(data: bytes) -> dict[str, Any] | None:
    """Returns the JSON of a state without its digest. `data` is the text of the state. Returns None if the text does
    not match its digest. Raises the errors of `json.loads` and `check_depth`, and KeyError if there is no digest.
    """
    body: dict[str, Any] = json.loads(data)
    check_depth(body)
    claim = body.pop("digest")
    return body if claim == digest(body) else None


def _read_large(data: bytes, place: str) -> dict[str, Any] | None:
    """Returns the same as `_read_small` in less time. `place` is the location of the state in errors."""
    # This imports more modules, which takes longer than reading a small state.
    from provisioner.project.loading.large import read_large

    return read_large(data, place)
