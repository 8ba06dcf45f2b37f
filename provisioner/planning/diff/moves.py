"""Finds moved files: the recorded path no longer exists, and a new path has the same content. The uploaded file is
kept, and only its address in the state changes.

Only types of objects whose declaration names the fields of their content (`ObjectType.content`) can move.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from provisioner.core.address import Address
from provisioner.core.objecttype import TYPES
from provisioner.core.resource import Resource
from provisioner.state.records import Record, State


def find_moves(resources: Iterable[Resource], state: State, live: Collection[Address]) -> dict[Address, Address]:
    """Returns a mapping from the new address of each moved file to its old address. The contents are the same, and each
    old address occurs once. `live` are the addresses whose objects exist.
    """
    files = [resource for resource in resources if TYPES[resource.type].content]
    desired = {resource.address for resource in files}
    leaving: dict[tuple[object, ...], list[Record]] = {}
    for record in sorted(state.records.values(), key=lambda record: record.address):
        if TYPES[record.type].content and record.address not in desired and record.address in live:
            leaving.setdefault(_content(record.type, record.inputs), []).append(record)
    moves: dict[Address, Address] = {}
    for resource in sorted(files, key=lambda resource: resource.address):
        candidates = leaving.get(_content(resource.type, resource.inputs))
        if resource.address not in state.records and candidates:
            moves[resource.address] = candidates.pop(0).address
    return moves


def apply_moves(state: State, moves: dict[Address, Address]) -> State:
    """Returns the state, in which each moved record has its new address. `moves` gives the old address for each new
    one.
    """
    records = dict(state.records)
    for new, old in moves.items():
        records[new] = replace(records.pop(old), address=new)
    return replace(state, records=records)


def _content(type_: str, inputs: Mapping[str, Any]) -> tuple[str, ...]:
    """Returns the type and the values of the fields that identify the content. The results for two uploads of the same
    bytes are equal.
    """
    return (type_, *(str(inputs.get(name)) for name in TYPES[type_].content))
