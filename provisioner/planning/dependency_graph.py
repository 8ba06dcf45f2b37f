"""Sorts resources so that each resource comes after the resources that it needs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from graphlib import TopologicalSorter
from types import MappingProxyType

from provisioner.core.address import Address


def in_order(
    needs: Mapping[Address, Collection[Address]], done: Mapping[Address, object] = MappingProxyType({})
) -> list[Address]:
    """Returns all addresses in `needs`, sorted so that each address comes after the addresses that it needs. Addresses
    that do not depend on each other are sorted by name.

    `needs` maps each address to the addresses that it needs. Needed addresses that are keys neither of `needs` nor of
    `done` are ignored. The keys of `done` are addresses without needs. The order is the same as if they were in
    `needs`, but the result does not contain them. Raises `graphlib.CycleError` if the dependencies contain a cycle.
    """
    # Many resources need nothing. They come first, and need no sorter.
    order = sorted(
        address
        for address, wanted in needs.items()
        if not wanted or (needs.keys().isdisjoint(wanted) and done.keys().isdisjoint(wanted))
    )
    first = frozenset(order)
    sorter: TopologicalSorter[Address] = TopologicalSorter(
        {
            address: [need for need in wanted if need in needs and need not in first]
            for address, wanted in needs.items()
            if address not in first
        }
    )
    sorter.prepare()
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += ready
        sorter.done(*ready)
    return order


def closure(start: Iterable[Address], needs: Mapping[Address, Collection[Address]]) -> set[Address]:
    """Returns the addresses in `start` and all addresses that they need, directly or through other addresses. `needs`
    maps each address to the addresses that it needs.
    """
    found: set[Address] = set()
    waiting = list(start)
    while waiting:
        address = waiting.pop()
        if address not in found:
            found.add(address)
            waiting.extend(needs.get(address, ()))
    return found
