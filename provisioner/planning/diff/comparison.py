"""What becomes of one desired resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from provisioner.core.address import Address
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
    unmanaged_members,
)
from provisioner.planning.diff.members import compare_members
from provisioner.planning.diff.owntext import own_text_changed, own_tools_changed
from provisioner.planning.diff.values import recordable, resolve, unknowns
from provisioner.planning.fieldpath import MEMBERS
from provisioner.planning.plan import Action, Change, Drift, Unknown
from provisioner.state.records import Record


@dataclass(frozen=True, slots=True)
class Verdict:
    """A change (None: nothing to do), what drifted, and the ids of members that nobody declared."""

    change: Change | None
    drift: tuple[Drift, ...] = ()
    unmanaged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """A desired resource with everything that is known of it. `found` is False where its object has vanished.

    `fields` are those of the type that it will have, `former_fields` those of the type that it has.
    """

    resource: Resource
    record: Record | None
    live: Live | None
    found: bool
    fields: Mapping[str, Field]
    ids: Mapping[Address, str | Unknown]
    former_fields: Mapping[str, Field] = field(default_factory=dict)


def compare(subject: Subject) -> Verdict:
    """Create, replace, update or nothing, with the reasons."""
    resource, record = subject.resource, subject.record
    after = recordable(resolve(resource.inputs, subject.ids), subject.fields)
    if record is None:
        return Verdict(_create(resource, after, ("not there yet",)))
    if not subject.found:
        gone = Drift(resource.address, (), record.id, None)
        reason = f"vanished: {record.id} was deleted outside of provision"
        return Verdict(_create(resource, after, (reason,)), (gone,))
    if record.type != resource.type:
        reason = f"moves from target {TARGET_OF[record.type]} to {TARGET_OF[resource.type]}"
        drift = find_drift(record.inputs, record, subject.live, subject.former_fields) if subject.live else []
        before = current(record, subject.live, drift)
        change = _replace(resource, record, before, after, [reason, *_reasons(subject, record, after, [], drift)])
        return Verdict(change, tuple(replace(each, overwritten=True) for each in drift))
    if subject.live is not None and subject.live.status == "expired":
        return Verdict(_replace(resource, record, dict(record.inputs), after, [f"{record.id} has expired"]))
    return _compare_fields(subject, record, after)


def _compare_fields(subject: Subject, record: Record, after: dict[str, Any]) -> Verdict:
    resource, live = subject.resource, subject.live
    changed = changed_fields(after, record, subject.fields)
    drift = find_drift(after, record, live, subject.fields) if live else []
    unmanaged = unmanaged_members(after, record, live, subject.fields) if live else []
    drifted = [name for name in dict.fromkeys(each.path[0] for each in drift) if _must_write(name, drift, subject)]
    if live and resource.lifecycle.exclusive and unmanaged:
        # What the manifest says itself is no undoing of somebody's change that would have to be confirmed.
        there = live.fields.get(MEMBERS) or {}
        drift += [Drift(resource.address, (MEMBERS, id), None, there[id]) for id in unmanaged]
        drifted.append(MEMBERS)
    drifted += _being_indexed(subject, after)
    touched = sorted({*changed, *drifted})
    left = () if resource.lifecycle.exclusive else tuple(unmanaged)
    if not touched:
        return Verdict(_settle(resource, record, after), tuple(drift), left)
    before = current(record, live, drift)
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
    """An update that sends nothing, where only what we remember has changed."""
    if resource.lifecycle.protect == record.protect:
        return None
    reason = "is protected from now on" if resource.lifecycle.protect else "is no longer protected"
    return Change(resource.address, Action.UPDATE, resource.type, (reason,), dict(record.inputs), after, (), record.id)


def _being_indexed(subject: Subject, after: Mapping[str, Any]) -> list[str]:
    """The fields that hold members which are wanted and still being indexed: nobody has waited for them."""
    pending = subject.live.pending if subject.live else {}
    members = [name for name, field in subject.fields.items() if field.mode == "members"] if pending else []
    return [name for name in members if any(each["file_id"] in pending for each in (after.get(name) or {}).values())]


def _must_write(name: str, drift: list[Drift], subject: Subject) -> bool:
    """Whether a drifted field has to be written: not where others already made it what we want."""
    return any(each.path[0] == name and _is_written(each) for each in drift)


def _is_written(drift: Drift) -> bool:
    return drift.overwritten or drift.actual is None or is_restored(drift)


def _create(resource: Resource, after: Mapping[str, Any], reasons: tuple[str, ...]) -> Change:
    return Change(resource.address, Action.CREATE, resource.type, reasons, None, after)


def _replace(
    resource: Resource, record: Record, before: Mapping[str, Any], after: Mapping[str, Any], reasons: list[str]
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
) -> list[str]:
    """Why, most telling first: what people edited, what gets a new id, what others changed."""
    sources = changed_sources(subject.resource, record)
    reasons = [f"{source} {what}" for source, what in sources.items()]
    explained = {"instructions"} if any(r.startswith("instructions") for r in reasons) else set()
    explained |= {"tools"} if any(r.startswith("tool") for r in reasons) else set()
    if "instructions" in explained and own_text_changed(subject.resource, record):
        explained.remove("instructions")
    if "tools" in explained and own_tools_changed(record, after, sources):
        explained.remove("tools")
    for name in changed:
        reasons += _field_reasons(subject, record, after, name, explained)
    indexed = [name for name in _being_indexed(subject, after) if name not in changed]
    reasons += [_members_reason(subject, record, after, name) for name in indexed]
    for each in drift:
        if each.path:
            restored = is_restored(each) and not each.overwritten
            what = "lost attributes of provision's" if restored else "was changed outside of provision"
            reasons.append(f"{each.field} {what}")
    reasons += _replacing(subject, record, changed)
    return reasons + _repairs(subject, record, after, [*changed, *indexed], drift)


def _replacing(subject: Subject, record: Record, changed: list[str]) -> list[str]:
    """Why a field of a store that cannot be changed in place makes a new store, and what that costs."""
    names = [name for name in changed if field_of(subject.fields, name).mode == "create_only"]
    holding = TYPES[subject.resource.type].members
    if not names or holding is None:
        return []
    count = len(subject.resource.inputs.get(holding) or {})
    again = f", and {'its file is' if count == 1 else f'all {count} files are'} indexed again" if count else ""
    return [f"{' and '.join(names)} cannot be changed in place: the store is made anew{again}"]


def _repairs(
    subject: Subject, record: Record, after: Mapping[str, Any], changed: list[str], drift: list[Drift]
) -> list[str]:
    """What is done about members that others changed, where nothing else was to be done with them."""
    drifted = dict.fromkeys(each.path[0] for each in drift)
    members = [name for name in drifted if field_of(subject.fields, name).mode == "members" and name not in changed]
    return [_members_reason(subject, record, after, name) for name in members]


def _field_reasons(
    subject: Subject, record: Record, after: Mapping[str, Any], name: str, explained: set[str]
) -> list[str]:
    if name not in after:
        return [f"{name} goes back to its default"]
    if field_of(subject.fields, name).mode == "members":
        return [_members_reason(subject, record, after, name)]
    pending = sorted(unknowns(after[name]))
    if pending:
        return [f"{address} gets a new id" for address in pending]
    if name in explained:
        return []
    if name not in record.inputs:
        return [f"{name} is set"]
    return ["content changed" if name == "sha256" else f"{name} changed"]


def _members_reason(subject: Subject, record: Record, after: Mapping[str, Any], name: str) -> str:
    live = subject.live.fields.get(name) if subject.live else None
    echo = record.echo.get(name) or {}
    recorded = record.inputs.get(name) or {}
    exclusive = subject.resource.lifecycle.exclusive
    pending = subject.live.pending if subject.live else ()
    found = compare_members(after[name], recorded, echo, live, exclusive=exclusive, pending=pending)
    parts = [
        f"{len(keys)} {what}"
        for keys, what in (
            (found.attach, "to attach"),
            (found.detach, "to detach"),
            (found.describe, "with new attributes"),
            (found.reattach, "to chunk anew (missing from searches for a moment)"),
            (found.pending, "still being indexed since an earlier run (if stuck, detached and attached again)"),
        )
        if keys
    ]
    return f"{name}: {', '.join(parts) or 'only what is recorded of them changes'}"
