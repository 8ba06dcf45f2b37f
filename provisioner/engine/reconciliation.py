"""Records of objects whose last write may or may not have arrived: what is live is taken for what was sent.

Then whatever differs from the manifests is sent again, and nothing of it is drift: neither our own write, unheard
of, nor what others changed and that write was to undo.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from provisioner.address import Address
from provisioner.objects import FIELDS
from provisioner.objects.collection import LINEAGE_KEY, OWNER_KEY, Live, field_of
from provisioner.state import Record, State

UNREAD = ("create_only", "local", "write_only")


def reconcile(state: State, live: Mapping[Address, Live], unsettled: Iterable[Address]) -> State:
    """The state with the records of `unsettled` addresses as they are live."""
    records = dict(state.records)
    for address in unsettled:
        if address in records and address in live:
            records[address] = _as_live(records[address], live[address].fields)
    return replace(state, records=records)


def _as_live(record: Record, live: Mapping[str, Any]) -> Record:
    inputs, echo = dict(record.inputs), dict(record.echo)
    for name, actual in live.items():
        mode = field_of(FIELDS[record.type], name).mode
        before = record.echo.get(name)
        echo[name] = {**_marks(before), **(actual or {})} if mode == "keys" else actual
        if name not in inputs or mode in UNREAD:
            continue
        if mode == "members":
            inputs[name] = _members_as_live(inputs[name], before or {}, actual)
        elif mode == "keys":
            inputs[name] = {key: actual[key] for key in inputs[name] if key in (actual or {})}
        elif actual != before:
            inputs[name] = actual
    return replace(record, inputs=inputs, echo=echo)


def _marks(metadata: Mapping[str, str] | None) -> dict[str, str]:
    """Our marks, which are ours whoever took them away."""
    return {key: value for key, value in (metadata or {}).items() if key in (OWNER_KEY, LINEAGE_KEY)}


def _members_as_live(
    members: Mapping[str, Mapping[str, Any]], echo: Mapping[str, Any], live: Mapping[str, Any]
) -> dict[str, Any]:
    """The recorded members that are still there, with what differs from when we last heard of them."""
    there = {key: member for key, member in members.items() if member["file_id"] in live}
    return {
        key: {**member, **_differing(echo.get(member["file_id"]), live[member["file_id"]])}
        for key, member in there.items()
    }


def _differing(before: Mapping[str, Any] | None, actual: Mapping[str, Any]) -> dict[str, Any]:
    return {} if before is None else {name: value for name, value in actual.items() if value != before.get(name)}
