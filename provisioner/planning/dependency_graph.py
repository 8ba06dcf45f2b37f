"""Sorts resources by their dependencies."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from graphlib import TopologicalSorter

from provisioner.core.address import Address


def in_order(needs: Mapping[Address, Collection[Address]]) -> list[Address]:
    """Returns the addresses, each after everything that it needs, otherwise by name. Needs that are not in the mapping
    are ignored.
    """
    sorter: TopologicalSorter[Address] = TopologicalSorter(
        {address: [need for need in wanted if need in needs] for address, wanted in needs.items()}
    )
    sorter.prepare()
    order: list[Address] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += ready
        sorter.done(*ready)
    return order


def closure(start: Iterable[Address], needs: Mapping[Address, Collection[Address]]) -> set[Address]:
    """Returns the addresses in `start` and everything that they need, directly or not."""
    found: set[Address] = set()
    waiting = list(start)
    while waiting:
        address = waiting.pop()
        if address not in found:
            found.add(address)
            waiting.extend(needs.get(address, ()))
    return found
