"""The order in which resources need each other."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.core.address import Address
from provisioner.planning.dependency_graph import closure, in_order

NAMES = "abcdefgh"
needs = st.fixed_dictionaries(
    {name: st.frozensets(st.sampled_from(NAMES[:index] or "z"), max_size=3) for index, name in enumerate(NAMES)}
).map(lambda found: {each(name): frozenset(map(each, wanted)) for name, wanted in found.items()})


def each(name: str) -> Address:
    return Address("file", name)


@given(needs)
def test_everything_comes_once_and_after_what_it_needs(graph: dict[Address, frozenset[Address]]) -> None:
    order = in_order(graph)
    assert sorted(order) == sorted(graph)
    for address, wanted in graph.items():
        assert all(order.index(need) < order.index(address) for need in wanted if need in graph)


@given(needs)
def test_the_order_is_that_of_a_sorter_for_all_resources(graph: dict[Address, frozenset[Address]]) -> None:
    sorter: TopologicalSorter[Address] = TopologicalSorter(
        {address: [need for need in wanted if need in graph] for address, wanted in graph.items()}
    )
    sorter.prepare()
    order = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += ready
        sorter.done(*ready)
    assert in_order(graph) == order


@given(needs, st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_who_was_named_first(
    graph: dict[Address, frozenset[Address]], random: object
) -> None:
    items = list(graph.items())
    random.shuffle(items)  # type: ignore[attr-defined]
    assert in_order(dict(items)) == in_order(graph)


def test_a_circle_is_an_error() -> None:
    with pytest.raises(CycleError):
        in_order({each("a"): [each("b")], each("b"): [each("a")]})


@given(needs, st.frozensets(st.sampled_from(NAMES), max_size=3))
def test_a_closure_holds_its_needs_and_nothing_else(
    graph: dict[Address, frozenset[Address]], start: frozenset[str]
) -> None:
    found = closure(map(each, start), graph)
    assert set(map(each, start)) <= found
    assert all(need in found for address in found for need in graph.get(address, ()))
    grown: set[Address] = set(map(each, start))
    while True:
        more = grown | {need for address in grown for need in graph.get(address, ())}
        if more == grown:
            break
        grown = more
    assert found == grown
