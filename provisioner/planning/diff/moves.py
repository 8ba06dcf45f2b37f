"""Finds the records whose resources were renamed. Such a record moves: it gets the new address, and its object stays.

A record moves in three cases:

1. An entry of `moved:` in a manifest names its new address.
2. It is the record of a file or a skill, and a new address has the same content.
3. It is the record of another object, and exactly one new address has the same fields. The field `name` is not compared
   if it equals the name in the address.

A record of an environment template moves together with the record of its assistant.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.addresschanges import AddressChanges
from provisioner.core.addresskind import ASSISTANT_KIND, ENVIRONMENT_KIND
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.objecttype import TYPES
from provisioner.core.resource import Resource
from provisioner.planning.diff.actual import Actual
from provisioner.planning.diff.equal_content import find_equal
from provisioner.state.records import Record, State
from provisioner.state.renaming import rename_records


class Moves(Struct, frozen=True):
    """The moves of records to new addresses. `by_target` maps the new address of each moved record to its old address.
    `diagnostics` says why other records cannot be moved.
    """

    by_target: Mapping[Address, Address]
    diagnostics: tuple[Diagnostic, ...] = ()

    def within(self, chosen: Collection[Address]) -> dict[Address, Address]:
        """Returns the moves whose new address is in `chosen`. The result maps new addresses to old addresses."""
        return {new: old for new, old in self.by_target.items() if new in chosen}


def find_moves(desired: Mapping[Address, Resource], state: State, actual: Actual, changes: AddressChanges) -> Moves:
    """Returns all moves of records to new addresses. The `diagnostics` of the result contain an error for each entry of
    `moved:` in the manifests that contradicts the state. They also contain a diagnostic for each group of records and
    new addresses with the same content, if it is not known which of them belong together.
    """
    found, diagnostics = find_declared_moves(desired, state, changes)
    live = actual.live if actual.refreshed else state.records
    removed = [each for each in state.records if changes.removal_of(each)] if changes.removals else []
    excluded = {*found.values(), *changes.moves, *removed}
    undeclared = sorted(address for address in state.records if address not in desired and address not in excluded)
    leaving = [
        record for address in undeclared if TYPES[(record := state.records[address]).type].local or address in live
    ]
    unrecorded = sorted(address for address in desired if address not in state.records and address not in found)
    arriving = [resource for address in unrecorded if (resource := desired[address]).imported is None]
    found |= _find_moved_files(leaving, arriving)
    marked_by_others = {id for id, stranger in actual.strangers.items() if stranger.marked}
    leaving = [record for record in leaving if record.id not in marked_by_others]
    equal = find_equal(leaving, arriving, desired, rename_records(state, found))
    found |= with_templates(equal.moves, desired, state)
    return Moves(found, (*diagnostics, *equal.diagnostics))


def find_declared_moves(
    desired: Mapping[Address, Resource], state: State, changes: AddressChanges
) -> tuple[dict[Address, Address], list[Diagnostic]]:
    """Returns the moves that entries of `moved:` in the manifests declare and that were not made before, and a list of
    errors. The moves map new addresses to old addresses, and include the environment templates of moved assistants. The
    list contains an error for each declared move that cannot be made.
    """
    found: dict[Address, Address] = {}
    diagnostics: list[Diagnostic] = []
    for source in changes.moves:
        if source not in state.records:
            continue
        target = changes.resolve(source)
        problem = _find_problem(source, target, found, desired, state, changes)
        if problem is not None:
            diagnostics.append(Diagnostic("error", problem, changes.moves[source].place, str(source)))
        elif target in desired:
            found[target] = source
    return with_templates(found, desired, state), diagnostics


def with_templates(
    moves: Mapping[Address, Address], desired: Mapping[Address, Resource], state: State
) -> dict[Address, Address]:
    """Returns `moves`, extended by the moves of environment templates whose assistants move. `moves` maps new addresses
    to old addresses.
    """
    pairs = {
        replace(new, kind=ENVIRONMENT_KIND.name): replace(old, kind=ENVIRONMENT_KIND.name)
        for new, old in moves.items()
        if new.kind == ASSISTANT_KIND.name
    }
    templates = {
        new: old
        for new, old in pairs.items()
        if old in state.records and new in desired and new not in state.records and old not in desired
    }
    return {**templates, **moves}


def _find_problem(
    source: Address,
    target: Address,
    found: Mapping[Address, Address],
    desired: Mapping[Address, Resource],
    state: State,
    changes: AddressChanges,
) -> str | None:
    """Returns the reason why the record of `source` cannot move to the address `target`. Returns None if the record can
    move, or if an entry of `removed:` names `target`. `found` maps new addresses to old addresses for the moves that
    were already accepted.
    """
    ours = state.records[source]
    if target not in desired:
        if target in changes.removals:
            return None
        return (
            f"{source} ({ours.id}) is moved to {target}, which no manifest declares; declare it, correct the entry, or "
            f"say in `removed:` what becomes of {target}"
        )
    resource, theirs = desired[target], state.records.get(target)
    where = "" if resource.place is None else f" at {resource.place}"
    if theirs is not None:
        return (
            f"{source} ({ours.id}) cannot move to {target}, which is declared{where} and recorded as {theirs.id}; "
            f"remove the entry, or let one of the two objects go with `provision state rm`"
        )
    if target in found:
        other = changes.moves[found[target]].place
        return f"{source} and {found[target]} (at {other}) are both recorded and both move to {target}; remove an entry"
    if resource.imported is not None and resource.imported.id != ours.id:
        return (
            f"{source} ({ours.id}) cannot move to {target}, which imports {resource.imported.id}; remove the move or "
            "the import"
        )
    return None


def _find_moved_files(leaving: Iterable[Record], arriving: Iterable[Resource]) -> dict[Address, Address]:
    """Returns the moves of files and skills to new paths. The result maps new addresses to old addresses. A file was
    moved if the recorded path is no longer declared and a new path has the same content.

    If several recorded files have this content, any of them gets the new address, because their uploads are equal.
    """
    by_content: dict[tuple[str, ...], deque[Address]] = {}
    for record in leaving:
        if TYPES[record.type].content:
            by_content.setdefault(_content(record.type, record.inputs), deque()).append(record.address)
    moves: dict[Address, Address] = {}
    for resource in _with_content(arriving):
        candidates = by_content.get(_content(resource.type, resource.inputs))
        if candidates:
            moves[resource.address] = candidates.popleft()
    return moves


def _with_content(resources: Iterable[Resource]) -> Iterator[Resource]:
    return (resource for resource in resources if TYPES[resource.type].content)


def _content(type_: str, inputs: Mapping[str, Any]) -> tuple[str, ...]:
    """Returns the type and the values of the fields that identify the content of an object. Two uploads with the same
    bytes, purpose and expiry have the same result.
    """
    return (type_, *(str(inputs.get(name)) for name in TYPES[type_].content))
