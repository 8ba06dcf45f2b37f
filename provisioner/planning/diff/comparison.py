"""Decides what happens to one desired resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from provisioner.core.address import Address
from provisioner.core.errors import UsageError
from provisioner.core.objecttype import TYPES
from provisioner.core.resource import Resource
from provisioner.openai_api.collections.collection import Field, Live, field_of
from provisioner.openai_api.targets import TARGET_OF
from provisioner.planning.diff.fields import (
    changed_fields,
    changed_sources,
    current,
    find_drift,
    is_restored,
    names_version,
    unmanaged_members,
)
from provisioner.planning.diff.members import compare_members
from provisioner.planning.diff.owntext import own_text_changed, own_tools_changed
from provisioner.planning.diff.values import recordable, resolve, unknowns
from provisioner.planning.fieldpath import MEMBERS
from provisioner.planning.plan import Action, Change, Drift, Unknown
from provisioner.planning.reason import Reason, ReasonCode, reason
from provisioner.state.records import Record

#: The field that contains a kind of source. If the source explains the change, no other reason is given.
EXPLAINS = {"instructions": "instructions", "tool": "tools"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A change (None: nothing to do), the drift, and the ids of members that nobody declared."""

    change: Change | None
    drift: tuple[Drift, ...] = ()
    unmanaged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """A desired resource with everything that is known about it. `found` is False if its object has vanished.

    `fields` are those of its desired type, `former_fields` those of its recorded type.
    """

    resource: Resource
    record: Record | None
    live: Live | None
    found: bool
    fields: Mapping[str, Field]
    ids: Mapping[Address, str | Unknown]
    former_fields: Mapping[str, Field] = field(default_factory=dict)


def compare(subject: Subject) -> Verdict:
    """Returns whether the resource is created, replaced, updated or left as it is, with the reasons."""
    resource, record = subject.resource, subject.record
    after = recordable(resolve(resource.inputs, subject.ids), subject.fields)
    if record is None:
        return Verdict(_create(resource, after, reason(ReasonCode.NEW)))
    if not subject.found:
        gone = Drift(resource.address, (), record.id, None)
        return Verdict(_create(resource, after, reason(ReasonCode.VANISHED, record.id)), (gone,))
    if record.type != resource.type:
        moves = reason(ReasonCode.RETARGETED, TARGET_OF[record.type], TARGET_OF[resource.type])
        drift = find_drift(record.inputs, record, subject.live, subject.former_fields) if subject.live else []
        before = current(record, subject.live, drift)
        change = _replace(resource, record, before, after, [moves, *_reasons(subject, record, after, [], drift)])
        return Verdict(change, tuple(replace(each, overwritten=True) for each in drift))
    if subject.live is not None and subject.live.status == "expired":
        expired = reason(ReasonCode.EXPIRED, record.id)
        return Verdict(_replace(resource, record, dict(record.inputs), after, [expired]))
    return _compare_fields(subject, record, after)


def _compare_fields(subject: Subject, record: Record, after: dict[str, Any]) -> Verdict:
    resource, live = subject.resource, subject.live
    changed = changed_fields(after, record, subject.fields)
    drift = find_drift(after, record, live, subject.fields) if live else []
    unmanaged = unmanaged_members(after, record, live, subject.fields) if live else []
    drifted = [name for name in dict.fromkeys(each.path[0] for each in drift) if _must_write(name, drift, subject)]
    if live and resource.lifecycle.exclusive and unmanaged:
        # If the manifest has the same value, nobody's change is undone, so nothing needs to be confirmed.
        there = live.fields.get(MEMBERS) or {}
        drift += [Drift(resource.address, (MEMBERS, id), None, there[id]) for id in unmanaged]
        drifted.append(MEMBERS)
    drifted += _being_indexed(subject, after)
    touched = sorted({*changed, *drifted})
    modes = {name: field_of(subject.fields, name).mode for name in touched}
    if "versioned" in modes.values():
        touched = [name for name in touched if modes[name] != "pointer"]  # the new version becomes the default
    after |= {name: record.echo[name] for name in touched if modes[name] == "pointer"}
    left = () if resource.lifecycle.exclusive else tuple(unmanaged)
    if not touched:
        return Verdict(_settle(resource, record, after), tuple(drift), left)
    there = [each for each in drift if each.path[0] in touched or not names_version(subject.fields, each.path[0])]
    before = current(record, live, there)
    reasons = _reasons(subject, record, after, changed, drift)
    if any(field_of(subject.fields, name).mode == "create_only" for name in touched):
        return Verdict(_replace(resource, record, before, after, reasons), tuple(drift), left)
    change = Change(
        resource.address,
        Action.UPDATE,
        resource.type,
        tuple(reasons),
        before,
        after,
        tuple(touched),
        record.id,
        sources=tuple(changed_sources(resource, record)),
    )
    return Verdict(change, tuple(drift), left)


def _settle(resource: Resource, record: Record, after: dict[str, Any]) -> Change | None:
    """Returns an update that sends nothing, if only a setting in the record has changed; otherwise None."""
    if resource.lifecycle.protect == record.protect:
        return None
    why = reason(ReasonCode.PROTECTED if resource.lifecycle.protect else ReasonCode.UNPROTECTED)
    return Change(resource.address, Action.UPDATE, resource.type, (why,), dict(record.inputs), after, (), record.id)


def _being_indexed(subject: Subject, after: Mapping[str, Any]) -> list[str]:
    """Returns the fields with desired members that are still being indexed, because no run has waited for them."""
    pending = subject.live.pending if subject.live else {}
    members = [name for name, field in subject.fields.items() if field.mode == "members"] if pending else []
    return [name for name in members if any(each["file_id"] in pending for each in (after.get(name) or {}).values())]


def _must_write(name: str, drift: list[Drift], subject: Subject) -> bool:
    """Returns whether a drifted field must be written. It is not if others have set the desired value already."""
    return any(each.path[0] == name and _is_written(each) for each in drift)


def _is_written(drift: Drift) -> bool:
    return drift.overwritten or drift.actual is None or is_restored(drift)


def _create(resource: Resource, after: Mapping[str, Any], why: Reason) -> Change:
    return Change(resource.address, Action.CREATE, resource.type, (why,), None, after)


def _replace(
    resource: Resource, record: Record, before: Mapping[str, Any], after: Mapping[str, Any], reasons: list[Reason]
) -> Change:
    return Change(
        resource.address,
        Action.REPLACE,
        resource.type,
        tuple(reasons),
        before,
        after,
        id=record.id,
        former_type=record.type,
    )


def _reasons(
    subject: Subject, record: Record, after: Mapping[str, Any], changed: list[str], drift: list[Drift]
) -> list[Reason]:
    """Returns the reasons of a change, the most important first: edited fields, new ids, changes by others."""
    sources = changed_sources(subject.resource, record)
    reasons = [reason(code, source) for source, code in sources.items()]
    explained = {EXPLAINS[kind] for kind in map(_kind_of, sources) if kind in EXPLAINS}
    if "instructions" in explained and own_text_changed(subject.resource, record):
        explained.remove("instructions")
    if "tools" in explained and own_tools_changed(record, after, sources):
        explained.remove("tools")
    for name in changed:
        reasons += _field_reasons(subject, record, after, name, explained)
    indexed = [name for name in _being_indexed(subject, after) if name not in changed]
    reasons += [_members_reason(subject, record, after, name) for name in indexed]
    for each in drift:
        if each.path and field_of(subject.fields, each.path[0]).mode != "shown":
            restored = is_restored(each) and not each.overwritten
            reasons.append(reason(ReasonCode.MARKS_LOST if restored else ReasonCode.DRIFTED, str(each.field)))
    reasons += _replacing(subject, record, changed)
    return reasons + _repairs(subject, record, after, [*changed, *indexed], drift)


def _kind_of(source: str) -> str:
    """Returns the kind of a source's address, or an empty text if an edited state has something else there."""
    try:
        return Address.parse(source).kind
    except UsageError:
        return ""


def _replacing(subject: Subject, record: Record, changed: list[str]) -> list[Reason]:
    """Returns why a changed field makes a new store, because it cannot be changed in place, and how many files that
    affects.
    """
    names = [name for name in changed if field_of(subject.fields, name).mode == "create_only"]
    holding = TYPES[subject.resource.type].members
    if not names or holding is None:
        return []
    return [reason(ReasonCode.MADE_ANEW, len(subject.resource.inputs.get(holding) or {}), *names)]


def _repairs(
    subject: Subject, record: Record, after: Mapping[str, Any], changed: list[str], drift: list[Drift]
) -> list[Reason]:
    """Returns the reasons for members that others changed, unless there is another reason for the same field."""
    drifted = dict.fromkeys(each.path[0] for each in drift)
    members = [name for name in drifted if field_of(subject.fields, name).mode == "members" and name not in changed]
    return [_members_reason(subject, record, after, name) for name in members]


def _field_reasons(
    subject: Subject, record: Record, after: Mapping[str, Any], name: str, explained: set[str]
) -> list[Reason]:
    if name not in after:
        return [reason(ReasonCode.FIELD_RESET, name)]
    if field_of(subject.fields, name).mode == "members":
        return [_members_reason(subject, record, after, name)]
    pending = sorted(unknowns(after[name]))
    if pending:
        return [reason(ReasonCode.NEW_ID, str(address)) for address in pending]
    if name in explained:
        return []
    if name not in record.inputs:
        return [reason(ReasonCode.FIELD_SET, name)]
    if name == "sha256" or field_of(subject.fields, name).mode == "versioned":
        return [reason(ReasonCode.CONTENT_CHANGED)]
    return [reason(ReasonCode.FIELD_CHANGED, name)]


def _members_reason(subject: Subject, record: Record, after: Mapping[str, Any], name: str) -> Reason:
    live = subject.live.fields.get(name) if subject.live else None
    echo = record.echo.get(name) or {}
    recorded = record.inputs.get(name) or {}
    exclusive = subject.resource.lifecycle.exclusive
    pending = subject.live.pending if subject.live else ()
    found = compare_members(after[name], recorded, echo, live, exclusive=exclusive, pending=pending)
    steps = (found.attach, found.detach, found.describe, found.reattach, found.pending)
    return reason(ReasonCode.MEMBERS, name, *map(len, steps))
