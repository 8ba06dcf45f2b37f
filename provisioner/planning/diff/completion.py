"""Decides whether the files of an adopted vector store get the attributes that provision adds to each file.

Each file takes a call, and the API accepts 300 writes a minute for a store. So if many files lack only these
attributes, they stay as they are: nothing depends on them, because the state knows which file is which.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.core.equality import same
from provisioner.openai_api.collections.collection import Field
from provisioner.planning.diff.members import OURS, Files
from provisioner.state.records import Record

#: The most files of an adopted store whose attributes are written only to complete them.
MOST_COMPLETED = 100


def leave_incomplete(inputs: Mapping[str, Any], fields: Mapping[str, Field], record: Record | None) -> dict[str, Any]:
    """Returns the desired inputs, in which the files that are not completed have their recorded attributes.

    `record` is what is recorded of the store. If provision made it, the inputs are returned unchanged.
    """
    if record is None or not record.adopted:
        return dict(inputs)
    result = dict(inputs)
    for name, field in fields.items():
        if field.mode == "members" and name in inputs:
            recorded: Files = record.inputs.get(name) or {}
            left = _left(inputs[name], recorded)
            kept = {key: {**inputs[name][key], "attributes": recorded[key].get("attributes") or {}} for key in left}
            result[name] = {**inputs[name], **kept}
    return result


def find_left(inputs: Mapping[str, Any], fields: Mapping[str, Field], record: Record) -> dict[str, int]:
    """Returns how many files stay without attributes of provision's, by the field that holds them."""
    names = [name for name, field in fields.items() if field.mode == "members" and record.adopted]
    counts = {name: len(_left(inputs.get(name) or {}, record.inputs.get(name) or {})) for name in names}
    return {name: count for name, count in counts.items() if count}


def _left(desired: Files, recorded: Files) -> list[str]:
    """Returns the keys of the files that lack only attributes of provision's, if these are too many to complete."""
    found = [key for key, member in desired.items() if key in recorded and _is_incomplete(member, recorded[key])]
    return found if len(found) > MOST_COMPLETED else []


def _is_incomplete(member: Mapping[str, Any], recorded: Mapping[str, Any]) -> bool:
    wanted, there = member.get("attributes") or {}, recorded.get("attributes") or {}
    if member.get("file_id") != recorded.get("file_id"):
        return False
    missing = wanted.keys() - there.keys()
    common = {name: value for name, value in wanted.items() if name not in missing}
    return bool(missing) and missing.issubset(OURS) and same(common, dict(there))
