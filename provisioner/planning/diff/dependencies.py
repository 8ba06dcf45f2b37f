"""Finds the dependencies between the resources of a plan. Graphs show these dependencies."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Set
from operator import itemgetter

from provisioner.core.address import Address
from provisioner.core.errors import UsageError
from provisioner.core.resource import Resource
from provisioner.state.record_columns import has_needs
from provisioner.state.records import State

FIRST = itemgetter(0)


def find_needs(
    resources: Iterable[Resource], state: State, leaving: Collection[Address]
) -> dict[Address, tuple[Address, ...]]:
    """Returns a mapping from each address in the plan to the sorted addresses that it needs. The keys are the addresses
    of `resources`, and the addresses in `leaving`, whose records the plan deletes.

    A resource needs the addresses in its manifest. It also needs an address in `leaving` if its record contains this
    address, because the need ends only when the plan is applied.
    """
    going = {str(address): address for address in leaving}
    found: dict[Address, Set[Address]] = {}
    for resource in resources:
        needs: Set[Address] = resource.needs
        if resource.sources:
            needs = needs | _sources(resource.sources)
        if going and has_needs(state.records, resource.address):
            needs = needs | {going[text] for text in state.records[resource.address].needs if text in going}
        found[resource.address] = needs
    known = {str(address): address for address in (*state.records, *found)} if going else {}
    for address in leaving:
        record = state.records[address]
        found[address] = {known[text] for text in record.needs if text in known} | _sources(record.sources)
    return {address: tuple(sorted(needs)) if needs else () for address, needs in sorted(found.items(), key=FIRST)}


def _sources(texts: Iterable[str]) -> set[Address]:
    """Returns the addresses of the instructions and tools of a resource, which are parsed from `texts`. A text that is
    not a valid address is omitted; it can occur only if somebody edited the state.
    """
    found = set()
    for text in texts:
        try:
            found.add(Address.parse(text))
        except UsageError:
            continue  # digests only explain changes, so they do not make a plan impossible
    return found
