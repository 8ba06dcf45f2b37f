"""Finds changes of a manifest that others have made at OpenAI already, so that nothing must be sent.

Such changes occur after somebody changed an object outside of provision and then wrote the same value into the
manifest. The live value cannot simply be compared with the desired value, because the API adds defaults. So the desired
value is compared with the value that was sent last, and the live value with the value that the API returned then. Both
must have changed in the same places, to the same values.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from msgspec.structs import replace

from provisioner.core.equality import same
from provisioner.core.resource import Resource
from provisioner.openai_api.collections.collection import Field, Live, field_of
from provisioner.planning.diff.members import is_as_desired
from provisioner.planning.diff.sent_fields import covers
from provisioner.planning.fieldpath import FieldPath
from provisioner.planning.plan import Drift
from provisioner.state.records import Record

MISSING: Any = object()


def find_settled(
    names: Collection[str], desired: Mapping[str, Any], record: Record, live: Live | None, fields: Mapping[str, Field]
) -> set[FieldPath]:
    """Returns the paths of fields that others have already set to the desired value. For metadata, a path consists of
    the field's name and the key in the metadata. For the files of a vector store, a path consists of the field's name
    and the key of the file.

    `names` are the fields to examine: their desired value differs from the value that was sent last.
    """
    found: set[FieldPath] = set()
    for name in names:
        if live is None or name not in live.fields or name not in record.echo:
            continue
        sides = desired.get(name), record.inputs.get(name), record.echo[name], live.fields[name]
        mode = field_of(fields, name).mode
        if mode == "keys":
            found |= {(name, key) for key in _settled_keys(*({} if side is None else side for side in sides))}
        elif mode == "members":
            found |= {(name, key) for key in _settled_members(*({} if side is None else side for side in sides))}
        elif mode == "value" and is_settled(*sides):
            found.add((name,))
    return found


def is_field_settled(name: str, settled: Collection[FieldPath], desired: Mapping[str, Any], record: Record) -> bool:
    """Returns whether the field `name` need not be sent, because others have already set it to the desired value.

    `settled` are the paths of fields, and of parts of fields, that have the desired value. The result is True if
    `settled` contains the field itself, or all its parts whose desired value differs from the value that was sent last.
    """
    if (name,) in settled:
        return True
    new, old = desired.get(name) or {}, record.inputs.get(name) or {}
    if not isinstance(new, Mapping) or not isinstance(old, Mapping):
        return False
    parts = {key for key in {*new, *old} if not same(new.get(key), old.get(key))}
    return bool(parts) and all((name, key) in settled for key in parts)


def is_settled(desired: Any, sent: Any, echo: Any, live: Any) -> bool:
    """Returns whether others have already made a change of the manifest in the live object. The result is True if the
    manifest's value changed from `sent` to `desired`, and the API's value changed in the same way from `echo` to
    `live`. It is also True if nothing changed, if `live` equals `desired`, or if no value was sent before and `live`
    contains everything in `desired`.

    MISSING and None count as equal, because the API returns null for a field that is not set.
    """
    desired, sent, echo, live = (None if side is MISSING else side for side in (desired, sent, echo, live))
    if same(desired, sent) and same(echo, live):
        return True
    if same(desired, live):
        return True
    sides = desired, sent, echo, live
    if all(isinstance(side, Mapping) for side in sides):
        keys = {key for side in sides for key in side}
        return all(is_settled(*(side.get(key) for side in sides)) for key in keys)
    if all(isinstance(side, list | tuple) for side in sides):
        return _are_items_settled(desired, sent, echo, live)
    return sent is None and desired is not None and covers(live, desired)


def with_settled(record: Record, resource: Resource, desired: Mapping[str, Any], live: Live) -> Record:
    """Returns the new record of an object in which others have already set all changed fields to the desired values. In
    the new record, the desired values count as sent, and the live values count as the API's response.
    """
    inputs = {**record.inputs, **desired}
    inputs = {name: value for name, value in inputs.items() if name in desired or name not in live.fields}
    changed = {
        name for name in live.fields if name in record.echo and not same(inputs.get(name), record.inputs.get(name))
    }
    echo = {**record.echo, **{name: live.fields[name] for name in changed}}
    return replace(record, inputs=inputs, echo=echo, sources=dict(resource.sources))


def without_settled(drift: list[Drift], settled: Collection[FieldPath]) -> list[Drift]:
    """Returns `drift` without the fields in `settled`. The live values of these fields are already the desired
    values.
    """
    return [each for each in drift if each.path not in settled and each.path[:1] not in settled]


def _are_items_settled(desired: Any, sent: Any, echo: Any, live: Any) -> bool:
    """Returns whether two lists have changed in the same way: the manifest's list from `sent` to `desired`, and the
    API's list from `echo` to `live`.

    If `desired` and `sent` have the same length, the items at each position are compared. Otherwise, an item of
    `desired` that is equal to an item of `sent` counts as unchanged. The API's value for this item must also be
    unchanged, but may be at another position in `live` than in `echo`. Each other item of `desired` must be contained
    in the item of `live` at its position.
    """
    if len(desired) != len(live) or len(sent) != len(echo):
        return False
    if len(desired) == len(sent):
        return all(map(is_settled, desired, sent, echo, live))
    for wanted, actual in zip(desired, live, strict=True):
        before = next((there for here, there in zip(sent, echo, strict=True) if same(here, wanted)), MISSING)
        if not (covers(actual, wanted) if before is MISSING else same(before, actual)):
            return False
    return True


def _settled_keys(desired: Any, sent: Any, echo: Any, live: Any) -> set[str]:
    keys = {key for key in {*desired, *sent} if desired.get(key) != sent.get(key)}
    return {key for key in keys if desired.get(key) == live.get(key)}


def _settled_members(desired: Any, sent: Any, echo: Any, live: Any) -> set[str]:
    return {
        key
        for key in desired.keys() & sent.keys()
        if not same(desired[key], sent[key])
        and desired[key]["file_id"] == sent[key]["file_id"]
        and desired[key]["file_id"] in live
        and is_as_desired(desired[key], live[desired[key]["file_id"]])
    }
