"""Corrects the records of objects whose last write got no response. It is not known whether such a write has arrived,
so the live values of its fields are recorded.

After the correction, the next plan sends every field that differs from the manifests. The plan does not report the
written fields as drift (changes by others). The recorded values of all other fields stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.objecttype import FILE
from provisioner.openai_api.collections import FIELDS
from provisioner.openai_api.collections.collection import MARK_KEYS, Live, field_of
from provisioner.planning.diff.members import AUTO
from provisioner.state.member_summary import MEMBER_SUMMARY
from provisioner.state.records import Record, State

Members = Mapping[str, Mapping[str, Any]]


def reconcile(state: State, live: Mapping[Address, Live], unsettled: Mapping[Address, Mapping[str, Any]]) -> State:
    """Returns a copy of `state` in which the fields of writes without a response have their live values. A field that
    the API does not return gets None, so that the next plan sends it.

    `unsettled` maps each address to the fields of its last write, with the values that were sent. `live` maps addresses
    to live objects.
    """
    if not unsettled:
        return state
    records = dict(state.records)
    names = {record.id: str(address) for address, record in records.items() if record.type == FILE.name}
    for address, sent in unsettled.items():
        if address in records and address in live:
            records[address] = _as_live(records[address], live[address].fields, sent, names)
    return replace(state, records=records)


def _as_live(record: Record, live: Mapping[str, Any], sent: Mapping[str, Any], names: Mapping[str, str]) -> Record:
    inputs, echo = dict(record.inputs), dict(record.echo)
    for name, value in sent.items():
        mode = field_of(FIELDS[record.type], name).mode
        if mode == "members" and name not in live:
            continue  # the store has expired, and its members are gone too
        if mode in ("pointer", "shown"):
            continue  # the version that we made is recorded, whichever version is the default
        if mode == "write_only" or name not in live:
            # The live value is neither the recorded nor the sent one, so its origin is unknown.
            inputs[name] = None
            continue
        before, actual = record.echo.get(name), live[name]
        echo[name] = actual
        if mode == "local":
            continue  # the mark in the name of a template is no value of the manifest
        if mode == "members":
            echo.pop(MEMBER_SUMMARY, None)  # it belongs to the files before the interrupted write
            inputs[name] = _members_as_live(inputs.get(name) or {}, before or {}, actual, names)
        elif mode == "keys":
            echo[name] = {**_marks(before), **(actual or {})}
            ours = {*(inputs.get(name) or {}), *value}
            inputs[name] = {key: actual[key] for key in sorted(ours) if key in (actual or {})}
        elif actual != before:
            inputs[name] = actual
    return replace(record, inputs=inputs, echo=echo)


def _marks(metadata: Mapping[str, str] | None) -> dict[str, str]:
    """Returns the pairs of keys and values in `metadata` that are the ownership mark of an object. The caller keeps
    them in the recorded metadata, even if the live object no longer contains them.
    """
    return {key: value for key, value in (metadata or {}).items() if key in MARK_KEYS}


def _members_as_live(members: Members, echo: Members, live: Members, names: Mapping[str, str]) -> dict[str, Any]:
    """Returns the files to record for a vector store after a write without a response. These are the recorded files
    that still exist, with all values that have changed since the last response, and the files that provision has
    attached without recording them.

    `members` are the recorded files, `echo` are their fields as the API last returned them, and `live` are their fields
    now. `names` maps the ids of files to addresses.
    """
    there = {key: member for key, member in members.items() if member["file_id"] in live}
    known = {
        key: {**member, **_differing(echo.get(member["file_id"]), live[member["file_id"]])}
        for key, member in there.items()
    }
    return {**dict(_attached_since(members, live, names)), **known}


def _differing(before: Mapping[str, Any] | None, actual: Mapping[str, Any]) -> dict[str, Any]:
    return {} if before is None else {name: value for name, value in actual.items() if value != before.get(name)}


def _attached_since(members: Members, live: Members, names: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields the files that provision attached to the vector store and that the store's record does not contain yet.
    Each is a pair: the address of the file, and the file in the form in which it is recorded.

    Provision has attached a file if the state contains a record of the file, and the attributes of the file in the
    store contain its checksum. `names` maps the ids of recorded files to addresses.
    """
    recorded = {member["file_id"] for member in members.values()}
    for id, member in live.items():
        attributes = member.get("attributes") or {}
        if id in names and id not in recorded and "sha256" in attributes:
            chunking = member.get("chunking_strategy")
            own = {} if chunking in (None, AUTO) else {"chunking_strategy": chunking}
            yield names[id], {"file_id": id, "attributes": dict(attributes), **own}
