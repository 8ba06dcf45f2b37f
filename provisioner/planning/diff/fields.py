"""Compares the fields of one desired resource with its record and with its live object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.core.equality import same
from provisioner.core.resource import Resource
from provisioner.core.versionid import split_version
from provisioner.openai_api.collections.collection import Field, Live, field_of
from provisioner.planning.diff.members import OURS, Files, chunking_of, own_attributes, same_members
from provisioner.planning.plan import MARK_PREFIX, Drift
from provisioner.planning.reason import ReasonCode
from provisioner.state.records import Record
from provisioner.state.versions import version_of

MISSING: Any = object()
#: The modes of fields in which the server names a version: the version that provision made, or the newest one. No
#: manifest sets these fields.
NAMING_VERSIONS = ("pointer", "shown")


def changed_fields(desired: Mapping[str, Any], record: Record, fields: Mapping[str, Field]) -> list[str]:
    """Returns the sorted names of the fields whose desired value differs from the value that was sent last. Fields that
    are not compared are left out: local fields, and those in which the server names a version.
    """
    names = sorted({*desired, *record.inputs})
    return [
        name
        for name in names
        if field_of(fields, name).mode not in ("local", *NAMING_VERSIONS)
        and not _is_as_sent(name, desired, record, fields)
    ]


def _is_as_sent(name: str, desired: Mapping[str, Any], record: Record, fields: Mapping[str, Field]) -> bool:
    """Returns whether the desired value of the field `name` equals the value that was sent last. Missing metadata is
    equal to empty metadata, and a missing chunking strategy is equal to the API's default strategy.
    """
    new, old = desired.get(name, MISSING), record.inputs.get(name, MISSING)
    mode = field_of(fields, name).mode
    if mode == "keys" or name == "metadata":
        new, old = ({} if side is MISSING or side is None else side for side in (new, old))
    elif mode == "members" and isinstance(new, Mapping) and isinstance(old, Mapping):
        return same_members(new, old, record.echo.get(name) or {})
    return same(new, old)


def find_drift(desired: Mapping[str, Any], record: Record, live: Live, fields: Mapping[str, Field]) -> list[Drift]:
    """Returns the drift of a resource: the changes that others made to its object at OpenAI. Compared are the fields in
    the manifest (`desired`) and in the record, and always the metadata with the ownership mark and the version numbers
    that the server sets. Fields that the API does not return are not compared.
    """
    found: list[Drift] = []
    marked = {name for name, field in fields.items() if field.mode in ("keys", *NAMING_VERSIONS)}
    for name in sorted({*desired, *record.inputs, *marked}):
        mode = field_of(fields, name).mode
        if mode == "versioned" and _has_lost_version(record, live):
            found.append(Drift(record.address, (name,), version_of(record), None))
        if mode in ("local", "write_only") or name not in live.fields or name not in record.echo:
            continue
        wanted = desired.get(name)
        if mode == "keys":
            found += _key_drift(name, wanted or {}, record, live)
        elif mode == "members":
            found += _member_drift(name, wanted or {}, record, live)
        elif not same(live.fields[name], record.echo[name]):
            overwritten = mode != "shown" and not same(live.fields[name], wanted)
            found.append(Drift(record.address, (name,), record.echo[name], live.fields[name], overwritten))
    return found


def names_version(fields: Mapping[str, Field], name: str) -> bool:
    """Returns whether the field `name` contains a version number that the server has set: the number of the default
    version or of the newest version.
    """
    return field_of(fields, name).mode in NAMING_VERSIONS


def _has_lost_version(record: Record, live: Live) -> bool:
    """Returns whether somebody deleted, at OpenAI, the version of the skill that `record` names. Returns False if the
    versions at OpenAI were not read.
    """
    ours = version_of(record)
    return ours is not None and live.versions is not None and split_version(ours)[1] not in live.versions


def _key_drift(name: str, wanted: Mapping[str, Any], record: Record, live: Live) -> Iterator[Drift]:
    """Yields the changes that others made to the keys in the metadata field `name`. Compared are the keys in the
    manifest (`wanted`), the keys in the record, and the keys of the ownership mark. Keys that others added are ignored.
    """
    echo, actual = record.echo[name] or {}, live.fields[name] or {}
    marks = {key: value for key, value in echo.items() if key.startswith(MARK_PREFIX)}
    wanted = {**marks, **wanted}
    for key in sorted({*wanted, *(record.inputs.get(name) or {})}):
        if echo.get(key) != actual.get(key):
            overwritten = actual.get(key) != wanted.get(key) and not (key in marks and key not in actual)
            yield Drift(record.address, (name, key), echo.get(key), actual.get(key), overwritten)


def _member_drift(name: str, wanted: Files, record: Record, live: Live) -> Iterator[Drift]:
    """Yields the changes that others made to recorded files in a vector store: detached files, and files with other
    settings. `wanted` are the desired files in the field `name`.

    In each result, `overwritten` is true if applying the plan would overwrite a value of others. It is false if the
    plan only attaches a detached file again, or only restores the attributes that provision adds. It is also false if
    the live value is already the value in the manifest.
    """
    echo, actual = record.echo[name], live.fields[name]
    by_id: dict[Any, Mapping[str, Any]] = {}
    for each in wanted.values():
        by_id.setdefault(each["file_id"], each)
    for key, member in sorted((record.inputs.get(name) or {}).items()):
        id = member["file_id"]
        if id not in actual:
            yield Drift(record.address, (name, key), echo.get(id), None)
        elif id in echo and not same(echo[id], actual[id]):
            overwritten = _is_undone(echo[id], actual[id], by_id.get(id, member))
            yield Drift(record.address, (name, key), echo[id], actual[id], overwritten)


def _is_undone(echo: Mapping[str, Any], actual: Mapping[str, Any], desired: Mapping[str, Any]) -> bool:
    """Returns whether writing the desired settings of a file would overwrite attributes or chunking that others
    changed. `echo` are the settings that the API returned after provision's last write, and `actual` are the settings
    that it returns now.
    """
    theirs = own_attributes(actual)
    attributes = not same(own_attributes(echo), theirs) and not same(theirs, own_attributes(desired))
    chunking = not same(echo.get("chunking_strategy"), actual.get("chunking_strategy"))
    return attributes or (chunking and not same(chunking_of(actual), chunking_of(desired, actual)))


def is_restored(drift: Drift) -> bool:
    """Returns whether `drift` says that a file in a vector store lost an attribute that provision adds (`path`,
    `sha256`), or that others changed such an attribute. An apply writes these attributes again. It does so without
    asking the user, unless `drift.overwritten` is true.
    """
    sides = drift.recorded, drift.actual
    if not drift.is_member or not all(isinstance(side, Mapping) for side in sides):
        return False
    before, after = ({key: (side.get("attributes") or {}).get(key) for key in OURS} for side in sides)
    return not same(before, after)


def unmanaged_members(desired: Mapping[str, Any], record: Record, live: Live, fields: Mapping[str, Field]) -> list[str]:
    """Returns the sorted ids of the files in the vector store that are neither in the manifest nor in the record."""
    found: set[str] = set()
    for name, field in fields.items():
        if field.mode == "members":
            members = [*(desired.get(name) or {}).values(), *(record.inputs.get(name) or {}).values()]
            ours = {member["file_id"] for member in members}
            found |= {id for id in live.fields.get(name) or {} if id not in ours}
    return sorted(found)


def current(record: Record, live: Live | None, drift: list[Drift]) -> dict[str, Any]:
    """Returns the present values of an object's fields, keyed by the names of the fields. The value of a field with
    drift is the live value. The value of any other field is the value that was sent last.
    """
    inputs = dict(record.inputs)
    copied: set[str] = set()
    for each in drift:
        if live is None or each.field is None:
            continue
        name, *keys = each.path
        if each.is_member:
            if name not in copied:  # one copy for all files, because a store can have thousands of drifted files
                inputs[name] = dict(inputs[name])
                copied.add(name)
            _overlay_member(inputs[name], each)
        elif keys and isinstance(inputs.get(name), Mapping):
            inputs[name] = {**inputs[name], keys[0]: each.actual}
        else:
            inputs[each.field] = each.actual
    return inputs


def _overlay_member(members: dict[str, Any], drift: Drift) -> None:
    """Updates `members`, the files of a vector store, with the change that others made to one file (`drift`). The file
    gets its live settings, or is removed if others detached it.

    The key of a file in `members` is the file's address, or its id if no manifest declares the file.
    """
    _, key = drift.path
    if drift.actual is None:
        members.pop(key, None)
    else:
        theirs = {name: value for name, value in drift.actual.items() if value != (drift.recorded or {}).get(name)}
        members[key] = {**members.get(key, {"file_id": key}), **theirs}


def changed_sources(resource: Resource, record: Record) -> dict[str, ReasonCode]:
    """Returns the instructions and tools of a resource that changed since they were last sent. The result maps the
    address of each of them to a code that says whether it was added, removed or changed.
    """
    added, removed, changed_too = ReasonCode.SOURCE_ADDED, ReasonCode.SOURCE_REMOVED, ReasonCode.SOURCE_CHANGED
    changed = {}
    for source in sorted({*resource.sources, *record.sources}):
        before, after = record.sources.get(source), resource.sources.get(source)
        if before != after:
            changed[source] = added if before is None else removed if after is None else changed_too
    return changed
