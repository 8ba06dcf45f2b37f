"""A state is the last one on disk with the journal's deltas folded in."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from provisioner.core.address import Address
from provisioner.state.folding import fold
from provisioner.state.journal import Begin, Delta, End, Entry, deltas, open_operations
from provisioner.state.pinning import LastRelease
from provisioner.state.records import Record, State, digest, dump
from tests.state.strategies import deltas as any_delta
from tests.state.strategies import entries, states

TUTOR = Address("assistant", "tutor")
EMPTY = State("lineage")


@pytest.mark.thorough
@given(states, st.lists(any_delta, max_size=6), st.integers(0, 6))
@settings(max_examples=60)
def test_folding_in_two_goes_is_folding_at_once(state: State, found: list[Delta], cut: int) -> None:
    assert dump(fold(fold(state, found[:cut]), found[cut:])) == dump(fold(state, found))


@pytest.mark.thorough
@given(states, st.lists(any_delta, max_size=6))
@settings(max_examples=60)
def test_folding_twice_changes_nothing_more(state: State, found: list[Delta]) -> None:
    # The API gives each id once: what was retired is not recorded later.
    retired = {each.retire.id for each in found if each.retire}
    assume(not any(each.record and each.record.id in retired for each in found))
    once = fold(state, found)
    assert dump(fold(once, found)) == dump(once)


def test_the_last_delta_wins() -> None:
    first = Record(TUTOR, "assistant", "asst_1", {"model": "a"})
    second = Record(TUTOR, "assistant", "asst_2", {"model": "b"})
    assert fold(EMPTY, [Delta(record=first), Delta(record=second)]).records == {TUTOR: second}
    assert fold(EMPTY, [Delta(record=first), Delta(remove=TUTOR)]).records == {}
    assert fold(EMPTY, [Delta(remove=TUTOR), Delta(record=first)]).records == {TUTOR: first}


def test_a_move_takes_the_old_address_away_and_keeps_the_record() -> None:
    old = Record(Address("file", "a.md"), "file", "file-1", {})
    new = Record(Address("file", "b.md"), "file", "file-1", {})
    assert fold(fold(EMPTY, [Delta(record=old)]), [Delta(record=new, remove=old.address)]).records == {new.address: new}


def test_a_release_outlives_its_definition() -> None:
    definition = Record(TUTOR, "definition", "tutor@3", {"model": "a"}, release=3)
    state = fold(EMPTY, [Delta(record=definition), Delta(remove=TUTOR)])
    assert state.records == {}
    assert state.releases == {"tutor": LastRelease(3, digest({"model": "a"}))}


@pytest.mark.thorough
@given(st.lists(entries, max_size=12))
def test_an_operation_is_open_from_its_begin_to_its_end(found: list[Entry]) -> None:
    last = {each.operation: each for each in found if isinstance(each, Begin | End)}
    assert {begin.operation for begin in open_operations(found)} == {
        operation for operation, each in last.items() if isinstance(each, Begin)
    }


@pytest.mark.thorough
@given(st.lists(entries, max_size=12))
def test_only_ends_change_the_state(found: list[Entry]) -> None:
    assert deltas(found) == [each.delta for each in found if isinstance(each, End) and each.delta is not None]
