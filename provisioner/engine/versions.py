"""New versions of objects whose content is kept in versions: the object and its id stay, the former version is retired.

A version is made as an object of a type of its own, so that a lost answer, a late arrival and the deletion of the
former one are treated as those of every object. What it changes is recorded with the object that it belongs to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from provisioner.core.objecttype import TYPES
from provisioner.core.versionid import split_version
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.plan import Action, Change
from provisioner.state.operations import Creating
from provisioner.state.records import Record, Retired
from provisioner.state.versions import VERSION_TIME, version_of


def makes_version(change: Change) -> bool:
    """Whether a change uploads a new version of an object that stays."""
    versions = TYPES[change.type].versions
    return change.action is Action.UPDATE and versions is not None and versions.content in change.fields


def draft_version(record: Record, blank: Record, now: float, retire_after: float) -> tuple[Creating, dict[str, Any]]:
    """The intent of making a version of the object in `record`, and what is sent. `blank` is the record as it will be.

    The version that is recorded now is retired, unless the object was adopted: then others made it.
    """
    versions = TYPES[blank.type].versions
    assert versions is not None
    body = {**_owner(versions.type, record.id), **blank.inputs}
    made = Record(blank.address, versions.type, "", body, needs=blank.needs, protect=blank.protect)
    retire = None
    former = version_of(record)
    if former is not None and not record.adopted:
        retire = Retired(blank.address, versions.type, former, now, retire_after)
    return Creating(made, retire, former), body


def with_version(record: Record, made: Record, live: Live) -> Record:
    """The record of an object with a version that was made of it. `made` is the record of that version.

    Where the version is one of another object, the record stays as it is.
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
    """The first trait of a type of versions: the field that names the object which a version belongs to."""
    return {TYPES[type_].traits[0]: id}
