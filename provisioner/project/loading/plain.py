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
    from provisioner.project.loading.plain_settings import PlainSettings

#: The format of states that this module reads, as in `provisioner.state.records`.
FORMAT = 1
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
    try:
        body = json.loads(read_unlinked(folder, name, STATE_BYTES))
        check_depth(body)
        claim = body.pop("digest")
        is_ours = body["format"] == FORMAT and claim == digest(body)
        owner = (body["project"], body["environment"])
        objects = body["records"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if not is_ours or not isinstance(objects, dict) or owner != (settings.project, settings.environment):
        return None
    place = min(os.path.relpath(os.path.join(folder, name)), os.path.join(folder, name), key=len)
    return Recorded(objects, place)
