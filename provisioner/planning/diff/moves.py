"""A vanished path with the content of a new one is a move: the upload is kept, only its address changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from provisioner.core.address import Address
from provisioner.core.resource import Resource
from provisioner.state.records import Record, State


def find_moves(resources: Iterable[Resource], state: State, live: Collection[Address]) -> dict[Address, Address]:
    """New address → old address, for files whose content lies elsewhere now. One old address moves once."""
    files = [resource for resource in resources if resource.type == "file"]
    desired = {resource.address for resource in files}
    leaving: dict[tuple[object, ...], list[Record]] = {}
    for record in sorted(state.records.values(), key=lambda record: record.address):
        if record.type == "file" and record.address not in desired and record.address in live:
            leaving.setdefault(_content(record.inputs), []).append(record)
    moves: dict[Address, Address] = {}
    for resource in sorted(files, key=lambda resource: resource.address):
        candidates = leaving.get(_content(resource.inputs))
        if resource.address not in state.records and candidates:
            moves[resource.address] = candidates.pop(0).address
    return moves


def apply_moves(state: State, moves: dict[Address, Address]) -> State:
    """The state with the moved records under their new addresses."""
    records = dict(state.records)
    for new, old in moves.items():
        records[new] = replace(records.pop(old), address=new)
    return replace(state, records=records)


def _content(inputs: object) -> tuple[object, ...]:
    assert hasattr(inputs, "get")
    return (inputs.get("sha256"), inputs.get("purpose"), str(inputs.get("expires_after")))
