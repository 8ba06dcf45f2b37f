"""Plans adoptions. An adoption makes an existing object at OpenAI the object of a resource. This module decides which
fields of the object the adoption changes.

The live object is compared as if provision had written it. Values that equal the values in the manifest count as sent,
and values that differ are updated. Fields that the manifest does not set stay unchanged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from provisioner.core.equality import same
from provisioner.core.objecttype import FILE, TYPES, MarkPlace
from provisioner.core.resource import Resource
from provisioner.core.text.composition import to_nfc
from provisioner.openai_api.collections.collection import Field, Live, field_of
from provisioner.planning.diff.actual import Match
from provisioner.planning.diff.comparison import Subject, Verdict, compare
from provisioner.planning.diff.completion import count_incomplete
from provisioner.planning.diff.file_matching import BY_DIGEST
from provisioner.planning.diff.members import AUTO, chunking_of
from provisioner.planning.diff.sent_fields import covers, recorded_inputs
from provisioner.planning.diff.values import recordable, resolve, unknowns
from provisioner.planning.plan import Action, Change
from provisioner.planning.reason import Reason, ReasonCode, reason
from provisioner.state.records import Record

#: The modes of fields whose live value cannot be read. An adoption sends these fields.
UNREADABLE = ("write_only", "local")


def compare_imported(subject: Subject, live: Live, match: Match | None = None) -> Verdict:
    """Compares `live`, an existing object at OpenAI, with the resource that adopts it. Returns the adoption, with the
    fields to update and the reasons.

    `match` says how the object was found by its content. It is None if a manifest names the id of the object.
    """
    resource, fields = subject.resource, subject.fields
    inputs = resolve(resource.inputs, subject.ids)
    record = assume_record(resource, live, inputs, fields)
    verdict = compare(replace(subject, record=record, live=live, found=True))
    change = verdict.change
    touched = () if change is None else change.fields
    after = recordable(inputs, fields) if change is None else change.after
    reasons = [_taken_over(resource, live, match, touched), *_notes(resource, live, match)]
    reasons += [*_reasons(change, fields, live), *_matched_members(inputs, fields, live)]
    for name, left in count_incomplete(inputs, fields, record).items():
        reasons.append(reason(ReasonCode.LEFT_INCOMPLETE, name, left))
    before = dict(record.inputs) if change is None else change.before
    if resource.type == FILE.name:
        before = _known_of_upload(live, after or {}, match)
    adoption = Change(resource.address, Action.ADOPT, resource.type, tuple(reasons), before, after, touched, live.id)
    return replace(verdict, change=adoption)


def _known_of_upload(live: Live, after: Mapping[str, Any], match: Match | None) -> dict[str, Any]:
    """Returns the values of the upload `live` for the fields in `after`, the desired fields. Fields that the API does
    not return are left out. One of them is the checksum, which is included only if the upload was found by its
    checksum. The field `filename` is left out if its two values differ, because the name of an upload cannot be
    changed.
    """
    known = {name: live.fields[name] for name in after if name in live.fields}
    if known.get("filename") != after.get("filename"):
        known.pop("filename", None)
    by_digest = match is not None and match.means == BY_DIGEST and "sha256" in after
    return {**known, **({"sha256": after["sha256"]} if by_digest else {})}


def _notes(resource: Resource, live: Live, match: Match | None) -> list[Reason]:
    """Returns reasons to show with the adoption of the upload `live`. One reason is that the name of the upload at
    OpenAI differs from the name of the local file. The other is that the vector store in which the upload was found
    could not index it. The result is empty if neither is true. `match` says in which vector store the upload was found;
    it is None if the upload was not found in a vector store.
    """
    notes = []
    if resource.type == FILE.name and (called := other_name(resource, live)) is not None:
        notes.append(reason(ReasonCode.CALLED_OTHERWISE, called))
    if match is not None and match.unindexed:
        notes.append(reason(ReasonCode.MATCHED_UNINDEXED, str(match.store)))
    return notes


def other_name(resource: Resource, live: Live) -> str | None:
    """Returns the name of the upload `live` if it differs from the name of the local file. Otherwise returns None."""
    name = live.fields.get("filename")
    return str(name) if name and to_nfc(str(name)) != resource.inputs.get("filename") else None


def _matched_members(inputs: Mapping[str, Any], fields: Mapping[str, Field], live: Live) -> Iterator[Reason]:
    """Yields a reason for each field of the vector store `live` that contains files. The reason says how many of the
    desired files (in `inputs`) the vector store contains already, with the desired chunking. If the number is 0, there
    is no reason.
    """
    for name in (name for name, field in fields.items() if field.mode == "members"):
        there, desired = live.fields.get(name) or {}, inputs.get(name) or {}
        pairs = [
            (member, there.get(member["file_id"])) for member in desired.values() if not unknowns(member["file_id"])
        ]
        found = sum(old is not None and same(chunking_of(new, old), chunking_of(old)) for new, old in pairs)
        if found:
            yield reason(ReasonCode.MEMBERS_MATCHED, name, found, len(desired))


def _taken_over(resource: Resource, live: Live, match: Match | None, touched: Collection[str]) -> Reason:
    """Returns the first reason of an adoption: which live object the resource adopts. For an object with an ownership
    mark, the reason also says in which field the mark is written. For a skill that gets a new version, the reason names
    the version that stays, and not the field. `match` says how an upload was found; it is None if a manifest names the
    id of the object. `touched` are the fields that the adoption updates.
    """
    if match is not None:
        return reason(ReasonCode.MATCHED, live.id, str(match.store), match.means)
    place, versions = TYPES[resource.type].mark, TYPES[resource.type].versions
    if versions is not None and versions.content in touched:
        return reason(ReasonCode.IMPORTED_VERSION, live.id, str(live.fields.get(versions.default) or "of others"))
    if place is MarkPlace.NOWHERE:
        return reason(ReasonCode.IMPORTED_FILE, live.id)
    return reason(ReasonCode.IMPORTED, live.id, "name" if place is MarkPlace.NAME else "metadata")


def assume_record(resource: Resource, live: Live, inputs: Mapping[str, Any], fields: Mapping[str, Field]) -> Record:
    """Returns a record for an object that is not adopted yet, so that the object can be compared like a recorded one.
    `inputs` are the desired inputs, in which references are replaced by ids.

    If the live object contains a desired value, this value counts as sent. Otherwise the live value counts as sent. The
    record omits fields that the API never returns, so that an update sends these fields. The record also omits files
    that the manifest does not name, so that these files stay in the vector store. The content of a skill is recorded as
    it is at OpenAI, or omitted if it could not be read.
    """
    readable = {name: value for name, value in inputs.items() if field_of(fields, name).mode not in UNREADABLE}
    versioned = {name for name in readable if field_of(fields, name).mode == "versioned"}
    sent = recorded_inputs(live, {name: readable[name] for name in readable if name not in versioned}, fields, {})
    sent |= {name: live.fields[name] for name in versioned if name in live.fields}
    if versioned:
        described = {name: value for name, value in inputs.items() if field_of(fields, name).mode == "local"}
        sent |= {name: live.fields.get(name, value) for name, value in described.items()}
    for name, field in fields.items():
        if field.mode == "members":
            sent[name] = _members_in_common(live.fields.get(name) or {}, inputs.get(name) or {})
    shown = {name: value for name, value in live.fields.items() if name not in versioned}
    echo = {**shown, **({"created_at": live.created_at} if live.created_at else {})}
    return Record(
        address=resource.address,
        type=resource.type,
        id=live.id,
        inputs=sent,
        echo=echo,
        sources=dict(resource.sources),
        protect=resource.lifecycle.protect,
        adopted=True,
    )


def _members_in_common(live: Mapping[str, Mapping[str, Any]], desired: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the files in `desired` that are attached to the live vector store. If the live settings of a file differ
    from its desired settings, the file is returned with the live values of the settings that are desired.
    """
    found: dict[str, Any] = {}
    for key, member in desired.items():
        if unknowns(member["file_id"]) or member["file_id"] not in live:
            continue
        there = live[member["file_id"]]
        if covers(there, {name: value for name, value in member.items() if name != "file_id"}):
            found[key] = dict(member)
            continue
        chunking = there.get("chunking_strategy")
        own = {} if chunking in (None, AUTO) or "chunking_strategy" not in member else {"chunking_strategy": chunking}
        attributes = there.get("attributes") or {}
        common = {name: attributes[name] for name in member.get("attributes") or {} if name in attributes}
        found[key] = {"file_id": member["file_id"], "attributes": common, **own}
    return found


def _reasons(change: Change | None, fields: Mapping[str, Field], live: Live) -> list[Reason]:
    """Returns a reason for each field that the adoption updates. For a field with files, the reason says how many files
    are attached, detached and changed. `change` is the update of the live object, or None if no field is updated.
    """
    if change is None:
        return []
    plain = [name for name in change.fields if field_of(fields, name).mode != "members"]
    counted = [each for each in change.reasons if each.code is ReasonCode.MEMBERS]
    unreadable = {name for name in plain if field_of(fields, name).mode in UNREADABLE}
    unreadable |= {name for name in plain if field_of(fields, name).mode == "versioned" and name not in live.fields}
    codes = {name: ReasonCode.FIELD_UNREADABLE if name in unreadable else ReasonCode.FIELD_DIFFERS for name in plain}
    return [*(reason(code, name) for name, code in codes.items()), *counted]
