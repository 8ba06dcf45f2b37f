"""`git clean -fdX` deletes the lock of a folder, its journal and its history while an apply runs."""

from __future__ import annotations

import pytest

from tests.chaos.rules import Hold, asks
from tests.chaos.world import World
from tests.guards.steps import apply, assert_settled, counts, state_of

APPLY = ("apply", "--yes", "--parallelism", "1", "--grace", "0")
LOST = "the lock's file was deleted or replaced"
EVERYTHING = {"files": 2, "stores": 1, "agents": 1}


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("cleaned", [["lock"], ["lock", "journal"]])
def test_an_apply_that_lost_its_lock_writes_nothing_more(world: World, cleaned: list[str]) -> None:
    hold = Hold(asks("POST", "/agents"), carried_out=True)
    first = world.start_and_hold(hold, *APPLY)
    for suffix in cleaned:
        world.state_file.with_suffix(f".{suffix}").unlink()
    hold.release.set()
    ended = world.finish(first)
    assert ended.code == 1, ended.said
    assert LOST in ended.said
    assert not world.state_file.exists()


@pytest.mark.thorough
def test_a_second_apply_is_not_overwritten_by_the_first(world: World) -> None:
    apply(world, "--only", "vector_store.notes")
    hold = Hold(asks("POST", "/agents"), carried_out=True)
    first = world.start_and_hold(hold, *APPLY, "--only", "assistant.poet")
    world.state_file.with_suffix(".lock").unlink()
    second = world.start(*APPLY)
    assert second.wait() == 0
    written = world.state_file.read_bytes()
    hold.release.set()
    ended = world.finish(first)
    assert ended.code == 1, ended.said
    assert LOST in ended.said
    assert world.state_file.read_bytes() == written
    assert counts(world) == EVERYTHING
    assert set(state_of(world)["records"]) >= {"assistant.poet", "assistant.reader", "vector_store.notes"}
    assert_settled(world)
