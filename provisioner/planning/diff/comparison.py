"""Decides for one desired resource whether its object is created, updated, replaced or left unchanged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.errors import UsageError
from provisioner.core.objecttype import TYPES
from provisioner.core.resource import Resource
from provisioner.core.target_names import TARGET_OF
from provisioner.openai_api.collections.collection import Field, Live, field_of
from provisioner.planning.diff.completion import leave_incomplete
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
from provisioner.planning.diff.settled import find_settled, is_field_settled, with_settled, without_settled
from provisioner.planning.diff.values import recordable, resolve, unknowns
from provisioner.planning.fieldpath import MEMBERS
from provisioner.planning.plan import Action, Change, Drift, Unknown
from provisioner.planning.reason import Reason, ReasonCode, reason
from provisioner.state.records import Record

#: The field that contains the sources of a kind (instructions, tools). If a changed source explains the change of this
#: field, the field gets no other reason.
EXPLAINS = {"instructions": "instructions", "tool": "tools"}


class Verdict(Struct, frozen=True):
    """The result of comparing one desired resource with its record and its live object.

    `change` is the planned change, or None if there is nothing to do. `drift` are the changes that were made outside of
    provision. `unmanaged` are the ids of files in the vector store that are neither in the manifest nor in the record,
    and that stay in the store. `settled` is a new record for the state, if others have already made all changes of the
    manifest at OpenAI. Otherwise, it is None.
    """

    change: Change | None
    drift: tuple[Drift, ...] = ()
    unmanaged: tuple[str, ...] = ()
    settled: Record | None = None


class Subject(Struct, frozen=True):
    """A desired resource with everything that is known about it.

    `record` is its record in the state (None: not recorded), and `live` is its live object (None: it was not read, or
    does not exist). `found` is false if the recorded object no longer exists. `fields` are the fields of the object's
    type in the manifest. `former_fields` are the fields of the object's type in the record. `ids` maps the addresses of
    other resources to their ids.
    """

    resource: Resource
    record: Record | None
    live: Live | None
    found: bool
    fields: Mapping[str, Field]
    ids: Mapping[Address, str | Unknown]
    former_fields: Mapping[str, Field] = field(default_factory=dict)


def compare(subject: Subject) -> Verdict:
    """Compares a desired resource with its record and its live object. Returns the result: the planned change with its
    reasons (a create, replace or update, or None), and the drift.
    """
    verdict, why = _compare(subject), _pin_reason(subject)
    if verdict.change is None or why is None:
        return verdict
    return replace(verdict, change=replace(verdict.change, reasons=(why, *verdict.change.reasons)))


def _pin_reason(subject: Subject) -> Reason | None:
    """Returns the reason for a change of the assistant's pin. A pin says that the assistant keeps one of its releases,
    whatever its manifest contains. The reason says that a pin begins or ends. Returns None if the pin does not change.
    """
    pin, former = subject.resource.pin, subject.record.pinned if subject.record else None
    if pin == former:
        return None
    if pin is not None:
        return reason(ReasonCode.PINNED, pin.release)
    return None if former is None else reason(ReasonCode.UNPINNED, former.release)


def _compare(subject: Subject) -> Verdict:
    resource, record = subject.resource, subject.record
    after = leave_incomplete(recordable(resolve(resource.inputs, subject.ids), subject.fields), subject.fields, record)
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
    settled = find_settled(changed, after, record, live, subject.fields)
    changed = [name for name in changed if not is_field_settled(name, settled, after, record)]
    drift = without_settled(drift, settled)
    unmanaged = unmanaged_members(after, record, live, subject.fields) if live else []
    drifted = [name for name in dict.fromkeys(each.path[0] for each in drift) if _must_write(name, drift, subject)]
    if live and resource.lifecycle.exclusive and unmanaged:
        # `exclusive: true` asks for these files to be detached, so this drift needs no confirmation.
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
        change = _settle(resource, record, after)
        recorded = with_settled(record, resource, after, live) if settled and live and change is None else None
        return Verdict(change, tuple(drift), left, recorded)
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
    """Returns an update that sends nothing to the API and only changes the record. It is needed if the setting
    `lifecycle.protect` differs from the record, or the release to which the assistant is pinned. Returns None if
    neither differs. `after` are the desired fields.
    """
    if resource.lifecycle.protect == record.protect and resource.pin == record.pinned:
        return None
    why = () if resource.lifecycle.protect == record.protect else (_protection_reason(resource),)
    return Change(resource.address, Action.UPDATE, resource.type, why, dict(record.inputs), after, (), record.id)


def _protection_reason(resource: Resource) -> Reason:
    return reason(ReasonCode.PROTECTED if resource.lifecycle.protect else ReasonCode.UNPROTECTED)


def _being_indexed(subject: Subject, after: Mapping[str, Any]) -> list[str]:
    """Returns the names of those fields in `after` that contain a file which the vector store is still indexing. For
    example, an earlier run attached this file and did not wait until it was indexed.
    """
    pending = subject.live.pending if subject.live else {}
    members = [name for name, field in subject.fields.items() if field.mode == "members"] if pending else []
    return [name for name in members if any(each["file_id"] in pending for each in (after.get(name) or {}).values())]


def _must_write(name: str, drift: list[Drift], subject: Subject) -> bool:
    """Returns whether the field `name` must be written, because others changed it outside of provision. It need not be
    written if others have set it to the desired value. `drift` are the changes that others made.
    """
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
        (*reasons, *([reason(ReasonCode.ADOPTED_REPLACED, record.id)] if record.adopted else [])),
        before,
        after,
        id=record.id,
        former_type=record.type,
    )


def _reasons(
    subject: Subject, record: Record, after: Mapping[str, Any], changed: list[str], drift: list[Drift]
) -> list[Reason]:
    """Returns the reasons of a change, in this order: the changed instructions and tools, the changed fields by name
    (also those with a new id of a needed resource), the changes that were made outside of provision, and their effects
    on the files of a vector store. `after` are the desired fields. `changed` are the names of the fields that differ
    from the values that were sent last.
    """
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
    """Returns the kind in the address `source` of instructions or a tool, for example `tool`. Returns an empty text if
    `source` is not a valid address, which is possible if somebody edited the state.
    """
    try:
        return Address.parse(source).kind
    except UsageError:
        return ""


def _replacing(subject: Subject, record: Record, changed: list[str]) -> list[Reason]:
    """Returns a list with the reason why a new vector store is created: one of the fields in `changed` cannot be
    changed in place. The reason contains the number of files that are indexed again. The list is empty if all fields in
    `changed` can be changed in place, or if the resource is no vector store.
    """
    names = [name for name in changed if field_of(subject.fields, name).mode == "create_only"]
    holding = TYPES[subject.resource.type].members
    if not names or holding is None:
        return []
    return [reason(ReasonCode.MADE_ANEW, len(subject.resource.inputs.get(holding) or {}), *names)]


def _repairs(
    subject: Subject, record: Record, after: Mapping[str, Any], changed: list[str], drift: list[Drift]
) -> list[Reason]:
    """Returns a reason for each field with files that others changed outside of provision (`drift`), because the plan
    restores these files. The fields in `changed` are left out, because they already have a reason. `after` are the
    desired fields.
    """
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
