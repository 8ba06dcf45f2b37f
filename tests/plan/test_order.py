"""The order of resources does not depend on how many of them are known to be unchanged."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from provisioner.core.address import Address
from provisioner.planning.dependency_graph import in_order

ADDRESSES = [Address(kind, name) for kind in ("assistant", "file", "vector_store") for name in "abc"]
#: Each address needs some of the addresses before it in a list, and addresses that nobody declares.
GRAPHS = st.permutations(ADDRESSES).flatmap(
    lambda order: st.tuples(
        *(st.sets(st.sampled_from([*order[:index], Address("file", "absent")])) for index in range(len(order)))
    ).map(lambda needs: dict(zip(order, needs, strict=True)))
)


@given(GRAPHS, st.sets(st.sampled_from(ADDRESSES)))
def test_the_order_of_the_rest_is_the_same(needs: dict[Address, set[Address]], unchanged: set[Address]) -> None:
    done = {address: "" for address in unchanged if not needs[address]}
    rest = {address: needed for address, needed in needs.items() if address not in done}
    assert in_order(rest, done) == [address for address in in_order(needs) if address not in done]


@given(GRAPHS)
def test_each_address_comes_after_those_that_it_needs(needs: dict[Address, set[Address]]) -> None:
    order = in_order(needs)
    assert sorted(order) == sorted(needs)
    assert all(order.index(each) < order.index(address) for address in order for each in needs[address] & needs.keys())
