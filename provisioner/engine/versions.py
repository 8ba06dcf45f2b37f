"""Makes new versions of objects whose content is kept in versions. The object and its id stay; the former version is
marked for a later deletion.

A version is created like an object with a type of its own. So lost responses, requests that arrive late, and deletions
of former versions are handled as for every object. The changes are recorded in the record of the object to which the
version belongs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from provisioner.core.objecttype import TYPES
from provisioner.core.versionid import split_version
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.plan import Action, Change
from provisioner.state.operations import Creating
from provisioner.state.records import Record, Retired
from provisioner.state.versions import VERSION_TIME, version_of


def makes_version(change: Change) -> bool:
    """Returns whether `change` uploads a new version of an object and keeps the object."""
    versions = TYPES[change.type].versions
    return change.action is Action.UPDATE and versions is not None and versions.content in change.fields


def draft_version(record: Record, blank: Record, now: float, retire_after: float) -> tuple[Creating, dict[str, Any]]:
    """Returns two values for the creation of a version of the object in `record`: the description for the journal, and
    the fields to send.

    `blank` is the record of the object with the new content. The present version is marked for a later deletion, unless
    it was adopted with the object and so was made by other people. `now` is the present time in seconds since 1970. The
    deletion is delayed by `retire_after` seconds.
    """
    versions = TYPES[blank.type].versions
    assert versions is not None
    body = {**_owner(versions.type, record.id), **blank.inputs}
    made = Record(blank.address, versions.type, "", body, needs=blank.needs, protect=blank.protect)
    retire = None
    former = version_of(record)
    is_theirs = record.adopted and VERSION_TIME not in record.echo
    if former is not None and not is_theirs:
        retire = Retired(blank.address, versions.type, former, now, retire_after)
    return Creating(made, retire, former), body


def with_version(record: Record, made: Record, live: Live) -> Record:
    """Returns `record` as it is after a new version of its object was created. `made` is the version's record, and
    `live` is the live version.

    If the version belongs to another object, `record` is returned unchanged.
    """
    versions = TYPES[record.type].versions
    owner, number = split_version(live.id)
    if versions is None or owner != record.id:
        return record
    inputs = {name: value for name, value in made.inputs.items() if name not in _owner(versions.type, owner)}
    shown = {name: value for name, value in live.fields.items() if name in record.echo}
    echo: dict[str, Any] = {**record.echo, **shown, versions.default: number, versions.latest: number}
    if live.created_at:
        echo[VERSION_TIME] = live.created_at
    return replace(record, inputs=inputs, echo=echo)


def _owner(type_: str, id: str) -> Mapping[str, str]:
    """Returns a mapping with one item: the field of a version that contains the id of its object, and this id. The name
    of the field is the first one in `traits` (the identifying fields) of the object type `type_`.
    """
    return {TYPES[type_].traits[0]: id}
