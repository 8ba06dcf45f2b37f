"""A run that is killed between making a store and filling it: the next one knows that nobody may be moved there yet."""

from __future__ import annotations

import pytest

from tests.chaos.proxy import Exchange
from tests.chaos.rules import Refuse, asks, first
from tests.chaos.world import World
from tests.guards.kills import APPLY, kill_at
from tests.guards.steps import apply, assert_settled, counts, state_of, writes

EVERYTHING = {"files": 2, "stores": 1, "agents": 1}
SKIPPED = "skipped assistant.reader: it needs vector_store.notes, which is not filled as declared"


def is_attach(exchange: Exchange) -> bool:
    """Chooses what puts files into a store, in whatever form."""
    return exchange.method == "POST" and "/vector_stores/" in exchange.path and "file" in exchange.path


def restart(world: World, *flags: str) -> None:
    """Starts the emulator anew, on the same account, with these flags."""
    assert world.emulator is not None
    world.emulator.kill()
    arguments = ["--data", str(world.data), *flags]
    world.emulator = world.forks.start("emulator", arguments, world.home, world.environment())
    world.proxy.upstream = world.emulator.hear()


def searched(world: World) -> list[str]:
    """The stores that the assistant searches, as recorded."""
    tools = state_of(world)["records"]["assistant.reader"]["inputs"]["tools"]
    return list(tools[0]["vector_store_ids"])


@pytest.mark.thorough
@pytest.mark.parametrize("answered", [True, False])
def test_a_store_of_a_killed_run_counts_as_new_until_it_is_filled(world: World, answered: bool) -> None:
    kill_at(world, asks("POST", "/vector_stores"), answered=answered)
    for _ in range(2):
        failed = world.run(*APPLY, rule=Refuse(is_attach, 400))
        assert failed.code == 1
        assert SKIPPED in failed.said
        assert "assistant.reader" not in state_of(world)["records"]
    apply(world)
    assert counts(world) == EVERYTHING
    assert_settled(world)


@pytest.mark.thorough
@pytest.mark.parametrize("answered", [True, False])
def test_a_replaced_store_of_a_killed_run_keeps_its_forerunner(world: World, answered: bool) -> None:
    apply(world)
    (old,) = searched(world)
    world.edit("notes.yaml", 'files: ["notes/*.txt"]', 'files: ["notes/*.txt"], description: Notes.')
    kill_at(world, is_attach, answered=False)
    failed = world.run(*APPLY, rule=Refuse(is_attach, 400))
    assert failed.code == 1
    assert SKIPPED in failed.said
    assert searched(world) == [old]
    assert f"DELETE /v1/vector_stores/{old}" not in writes(world)
    kill_at(world, is_attach, answered=answered)
    assert searched(world) == [old]
    apply(world)
    assert writes(world).count(f"DELETE /v1/vector_stores/{old}") == 1
    assert searched(world) != [old]
    assert counts(world) == EVERYTHING
    assert_settled(world)


@pytest.mark.thorough
def test_files_that_a_killed_run_attached_are_waited_for(world: World) -> None:
    restart(world, "--fail=indexing b.txt stuck times=1")
    kill_at(world, is_attach)
    failed = world.run("plan")
    assert "vector_store.notes" in failed.out
    assert "still being indexed since an earlier run" in failed.out
    apply(world, "--index-timeout", "1")
    assert counts(world) == EVERYTHING
    assert_settled(world)


@pytest.mark.thorough
def test_files_of_a_killed_run_that_stay_stuck_hold_the_assistant_back(world: World) -> None:
    restart(world, "--fail=indexing b.txt stuck times=2")
    kill_at(world, is_attach)
    failed = world.run(*APPLY, "--index-timeout", "1")
    assert failed.code == 1
    assert SKIPPED in failed.said
    assert "apply again: what is still being indexed then is detached and attached again" in failed.said
    apply(world, "--index-timeout", "1")
    assert_settled(world)


@pytest.mark.thorough
def test_a_lost_answer_to_the_attachment_leaves_the_store_unfilled(world: World) -> None:
    failed = world.run(*APPLY, rule=Refuse(first("POST", "/file_batches", times=9), 500, carried_out=True))
    assert failed.code == 1
    assert SKIPPED in failed.said
    apply(world)
    assert counts(world) == EVERYTHING
    assert_settled(world)
