"""Stores the last turn (a message and its answer) of a dialogue in the private folder, for `provision steps`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from provisioner.core.errors import UsageError
from provisioner.core.files.own import read_own, replace_own
from provisioner.core.strictjson import loads
from provisioner.core.text.redaction import redact_data, redact_values
from provisioner.project.private_folder import open_private, private_folder

NAME = "last_run.json"
FORMAT = 1
#: The most bytes of the file.
LIMIT = 16 * 1024 * 1024
NONE_HINT = "run `provision ask` or `provision chat` first"


def write_last_run(root: Path, body: Mapping[str, Any]) -> None:
    """Stores the last turn, `body`, without secrets, in the project with the root folder `root`. A turn that is larger
    than LIMIT is not stored. Raises OSError if the file cannot be written.
    """
    text = json.dumps({"format": FORMAT, **redact_values(body, redact_data)}, ensure_ascii=False)
    data = text.encode("utf-8", "backslashreplace")
    if len(data) <= LIMIT:
        replace_own(open_private(root) / NAME, data, prefix=".last_run.", durable=False)


def read_last_run(root: Path) -> Mapping[str, Any]:
    """Returns the last turn that was stored in the project with the root folder `root`. Raises UsageError if no turn
    was stored, if the file cannot be read, or if another version of provision wrote it.
    """
    try:
        body = loads(read_own(private_folder(root) / NAME, LIMIT).decode("utf-8"))
    except FileNotFoundError:
        raise UsageError("no turn was run in this project yet", hint=NONE_HINT) from None
    except (OSError, ValueError) as error:
        raise UsageError(f"the last turn cannot be read: {error}", hint=NONE_HINT) from error
    if not isinstance(body, dict) or body.get("format") != FORMAT or not _are_events(body.get("events")):
        raise UsageError("the last turn was written by another version of provision", hint=NONE_HINT)
    return body


def _are_events(value: Any) -> bool:
    """Returns whether `value` is a list of events. The time `at` of an event may be missing; otherwise it must be a
    number.
    """
    return isinstance(value, list) and all(
        isinstance(each, dict) and isinstance(each.get("at", 0.0), int | float) for each in value
    )
