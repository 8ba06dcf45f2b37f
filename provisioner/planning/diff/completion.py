"""Decides whether the files of an adopted vector store get the attributes that provision adds to each file.

Setting these attributes takes one API call for each file, and the API accepts 300 writes a minute for a vector store.
One batch of the API can contain the attributes of many files, but then the API indexes these files again. So if many
files lack only these attributes, the attributes are not written; the state can identify the files without them. If an
apply changes the files of the store for another reason, it also adds the attributes to some of these files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.core.equality import same
from provisioner.openai_api.collections.collection import Field
from provisioner.planning.diff.members import OURS, Files, same_members
from provisioner.state.records import Record

#: If at most this many files of an adopted vector store lack only the attributes of provision, all of them get these
#: attributes at once.
MOST_COMPLETED = 100
#: If more files lack them, at most this many files get them in one apply, and only if the apply changes other files of
#: the store, too. An adoption of 1,000 files then takes at most 40 calls besides uploads.
MOST_COMPLETED_OF_MANY = 10


def leave_incomplete(inputs: Mapping[str, Any], fields: Mapping[str, Field], record: Record | None) -> dict[str, Any]:
    """Returns the desired inputs of a vector store, changed so that an apply does not update too many files. If more
    than MOST_COMPLETED files lack only the attributes that provision adds, most of these files get the attributes from
    the record in place of the desired ones. So the comparison finds no difference in them.

    `record` is the record of the vector store. If `record` is None or the store was not adopted, the inputs are
    returned unchanged.
    """
    if record is None or not record.adopted:
        return dict(inputs)
    result = dict(inputs)
    for name, field in fields.items():
        if field.mode == "members" and name in inputs:
            recorded: Files = record.inputs.get(name) or {}
            left = _left(inputs[name], recorded, record.echo.get(name) or {})
            kept = {key: {**inputs[name][key], "attributes": recorded[key].get("attributes") or {}} for key in left}
            result[name] = {**inputs[name], **kept}
    return result


def count_incomplete(inputs: Mapping[str, Any], fields: Mapping[str, Field], record: Record) -> dict[str, int]:
    """Returns the number of files of a vector store that do not get the attributes that provision adds. The result maps
    the name of each field with such files to the number of these files. `inputs` are the desired inputs.
    """
    names = [name for name, field in fields.items() if field.mode == "members" and record.adopted]
    counts = {
        name: len(_left(inputs.get(name) or {}, record.inputs.get(name) or {}, record.echo.get(name) or {}))
        for name in names
    }
    return {name: count for name, count in counts.items() if count}


def _left(desired: Files, recorded: Files, echo: Files) -> list[str]:
    """Returns the keys of the files that the next apply leaves without the attributes that provision adds. The list is
    empty if at most MOST_COMPLETED files lack only these attributes.

    `desired` are the files in the manifest. `recorded` are the files that were sent last, and `echo` maps the ids of
    files to the settings that the API returned then. If no other file of the store changes, all files that lack only
    these attributes are returned. Otherwise, a few of them get the attributes and are not returned. The result then
    still has more than MOST_COMPLETED files, so that the next plan does not change them either.
    """
    found = sorted(key for key, member in desired.items() if key in recorded and _is_incomplete(member, recorded[key]))
    if len(found) <= MOST_COMPLETED:
        return []
    left = set(found)
    others, before = ({key: side[key] for key in side if key not in left} for side in (desired, recorded))
    if same_members(others, before, echo):
        return found
    return found[min(MOST_COMPLETED_OF_MANY, len(found) - MOST_COMPLETED - 1) :]


def _is_incomplete(member: Mapping[str, Any], recorded: Mapping[str, Any]) -> bool:
    wanted, there = member.get("attributes") or {}, recorded.get("attributes") or {}
    if member.get("file_id") != recorded.get("file_id"):
        return False
    missing = wanted.keys() - there.keys()
    common = {name: value for name, value in wanted.items() if name not in missing}
    return bool(missing) and missing.issubset(OURS) and same(common, dict(there))
