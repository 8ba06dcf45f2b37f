"""Moves records to new addresses. Only the state changes: the records, and the references to them. The objects at
OpenAI stay unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.objecttype import TYPES, MarkPlace
from provisioner.state.pinning import LastRelease
from provisioner.state.records import Record, State, digest


def rename_records(state: State, moves: Mapping[Address, Address]) -> State:
    """Returns a copy of the state in which each renamed record has its new address. `moves` maps new addresses to old
    addresses.

    The ownership mark in an object at OpenAI still contains the old address. If objects of this type have a mark, the
    field `marked` of the record stores this address, so that the mark is recognised later. A definition (the stored
    arguments of an assistant) keeps its release number, unless another definition had the new name before. The
    addresses in `needs` of all records are changed too.
    """
    if not moves:
        return state
    records = dict(state.records)
    moved = {new: rename_record(records.pop(old), new, state.releases) for new, old in moves.items()}
    names = {str(old): str(new) for new, old in moves.items()}
    records = {address: _with_needs(record, names) for address, record in {**records, **moved}.items()}
    releases = {new.name: _release_of(record) for new, record in moved.items() if record.release is not None}
    return replace(state, records=records, releases={**state.releases, **releases})


def rename_record(record: Record, new: Address, releases: Mapping[str, LastRelease]) -> Record:
    """Returns a copy of `record` with the new address `new`. `releases` maps the name of every definition (the stored
    arguments of an assistant) to its last release.

    If another definition had the new name before, the new release number is higher than the release numbers of both
    definitions.
    """
    marked = None
    if TYPES[record.type].mark is not MarkPlace.NOWHERE:
        marked = record.marked or str(record.address)
        marked = None if marked == str(new) else marked
    renamed = replace(record, address=new, marked=marked)
    if record.release is None:
        return renamed
    number, last = record.release, releases.get(new.name)
    if last is not None and last != _release_of(record):
        number = max(number, last.number) + 1
    return replace(renamed, id=f"{new.name}@{number}", release=number)


def _release_of(record: Record) -> LastRelease:
    return LastRelease(record.release or 0, digest(record.inputs))


def _with_needs(record: Record, names: Mapping[str, str]) -> Record:
    if not names.keys() & set(record.needs):
        return record
    return replace(record, needs=tuple(sorted(names.get(need, need) for need in record.needs)))
