"""Determines which values the state should record as sent for a live object. Each of them is the live value or the
desired value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.core.text.prose import trim_prose
from provisioner.openai_api.collections.collection import Field, Live, field_of
from provisioner.planning.diff.members import AUTO
from provisioner.planning.diff.references import PROSE
from provisioner.planning.diff.values import recordable, unknowns
from provisioner.planning.plan import MARK_PREFIX


def covers(live: Any, desired: Any) -> bool:
    """Returns whether `live` contains everything in `desired`. `live` may contain more, such as defaults of the API."""
    if isinstance(desired, Mapping):
        if desired == {"type": "auto"} and live == AUTO:
            return True
        return isinstance(live, Mapping) and all(covers(live.get(key), value) for key, value in desired.items())
    if isinstance(desired, list | tuple):
        if not isinstance(live, list | tuple) or len(live) != len(desired):
            return False
        return all(covers(here, there) for here, there in zip(live, desired, strict=True))
    return bool(live == desired)


def _holds(name: str, live: Any, desired: Any) -> bool:
    """Returns whether the live value of the field `name` contains everything in `desired`. For instructions,
    differences in line ends and in empty lines at the end are ignored, because manifests are read without them.
    """
    if name == PROSE and isinstance(live, str):
        return desired in (live, trim_prose(live))
    return covers(live, desired)


def recorded_inputs(
    live: Live, desired: Mapping[str, Any] | None, fields: Mapping[str, Field], names: Mapping[str, str]
) -> dict[str, Any]:
    """Returns the field values that the state should record for a live object.

    If a live value contains everything in the desired value, the desired value is recorded. Otherwise, the live value
    is recorded, so that the next plan shows the difference. If the API never returns a field, its desired value is
    recorded. If `desired` is None, no manifest declares the object, and the live values are recorded. `names` maps the
    ids of files to addresses.
    """
    inputs: dict[str, Any] = {}
    for name, value in (desired or {}).items():
        mode = field_of(fields, name).mode
        if mode == "members":
            continue
        if mode == "keys":
            inputs[name] = {key: live.metadata.get(key) for key in value if key in live.metadata}
        elif name not in live.fields or mode in ("write_only", "local"):
            inputs[name] = value
        else:
            inputs[name] = value if _holds(name, live.fields[name], value) else live.fields[name]
    if desired is None:
        inputs = _own(live, fields)
    for name, field in fields.items():
        if field.mode == "members":
            inputs[name] = _members(live.fields.get(name) or {}, (desired or {}).get(name) or {}, names)
    return recordable(inputs, fields)


def _own(live: Live, fields: Mapping[str, Field]) -> dict[str, Any]:
    """Returns the live values of an object that no manifest declares. The metadata keys of the ownership mark are left
    out.
    """
    inputs = {name: value for name, value in live.fields.items() if field_of(fields, name).mode == "value"}
    own = {key: value for key, value in live.metadata.items() if not key.startswith(MARK_PREFIX)}
    return {**inputs, **({"metadata": own} if own else {})}


def _members(
    live: Mapping[str, Mapping[str, Any]], desired: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]
) -> dict[str, Any]:
    """Returns the files of a vector store that the state should record. They are the files in `desired` that the live
    store contains with the same settings, and all other live files with the attribute `sha256`, which provision adds.
    `live` are all files of the store, and `names` maps the ids of files to addresses.
    """
    wanted = {member["file_id"]: (key, member) for key, member in desired.items() if not unknowns(member["file_id"])}
    inputs: dict[str, Any] = {}
    for id, member in live.items():
        key, sent = wanted.get(id, (names.get(id, id), None))
        if sent is not None and covers(member, {name: value for name, value in sent.items() if name != "file_id"}):
            inputs[key] = dict(sent)
        elif "sha256" in (member.get("attributes") or {}):
            inputs[key] = {"file_id": id, "attributes": dict(member["attributes"])}
    return inputs
