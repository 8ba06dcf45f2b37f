"""Ctrl-C and SIGTERM: the first ends an apply in good order, the second at once."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from tests.chaos.rules import Hold, Kill, Refuse, asks, every, first
from tests.chaos.world import World
from tests.conftest import CHECKOUT
from tests.guards.steps import apply, assert_settled, counts, state_of
from tests.warm.forks import PATIENCE, Fork

APPLY = ("apply", "--yes", "--grace", "0", "--parallelism", "1")
EVERYTHING = {"files": 2, "stores": 1, "agents": 1}
BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)


def wait_for(fork: Fork, words: str) -> None:
    """Returns when the process has written these words."""
    end = time.monotonic() + PATIENCE
    while words not in fork.said():
        assert time.monotonic() < end, fork.said()
        time.sleep(0.005)


@pytest.mark.thorough
@BOTH
def test_the_first_waits_saves_and_tells(world: World, number: signal.Signals) -> None:
    hold = Hold(first("POST", "/files"), carried_out=True)
    fork = world.start_and_hold(hold, *APPLY)
    fork.send(number)
    wait_for(fork, "stopping: nothing new is started")
    hold.release.set()
    ended = world.finish(fork)
    assert ended.code == 1, ended.said
    assert "Interrupted: " in ended.out
    assert "skipped vector_store.notes: " in ended.out
    assert "apply again" in ended.out
    assert [each.path for each in world.proxy.exchanges if each.method == "POST"][-1] == "/v1/files"
    assert not world.journal_file.exists()
    recorded = {record["id"] for record in state_of(world)["records"].values()}
    assert {file.id for file in world.client().files.list()} <= recorded
    apply(world)
    assert counts(world) == EVERYTHING
    assert_settled(world)


@pytest.mark.thorough
@BOTH
def test_the_second_leaves_at_once(world: World, number: signal.Signals) -> None:
    hold = Hold(first("POST", "/files"), carried_out=True)
    fork = world.start_and_hold(hold, *APPLY)
    fork.send(number)
    wait_for(fork, "stopping: nothing new is started")
    fork.send(number)
    # It ends by itself, without its answer.
    assert fork.hear() == ""
    hold.release.set()
    world.proxy.wait_until_idle()
    assert "left at once; the journal holds what was under way" in fork.said()
    assert world.journal_file.exists()
    assert not world.state_file.exists()
    apply(world)
    assert counts(world) == EVERYTHING
    assert_settled(world)


@pytest.mark.thorough
def test_the_second_leaves_with_130(world: World) -> None:
    """Whoever leaves at once tells the code to nobody but the parent, so this one has a process of its own."""
    hold = Hold(first("POST", "/files"))
    world.proxy.rule = hold
    environment = {**world.environment(), "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "provisioner.cli", *APPLY]
    with subprocess.Popen(command, cwd=world.root, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert hold.reached.wait(60)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert any("stopping:" in line for line in process.stderr)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 130
    hold.release.set()
    world.proxy.wait_until_idle()
    apply(world)
    assert counts(world) == EVERYTHING


@pytest.mark.first_case_is_quick
@BOTH
def test_before_anything_is_written_there_is_nothing_to_finish(world: World, number: signal.Signals) -> None:
    hold = Hold(every)
    fork = world.start_and_hold(hold, *APPLY)
    fork.send(number)
    hold.release.set()
    fork.words.settimeout(60)
    if number is signal.SIGINT:
        assert world.finish(fork).code == 130
        assert "interrupted" in fork.said()
    else:
        assert fork.hear() == ""
    world.proxy.wait_until_idle()
    assert not world.journal_file.exists()
    assert not world.state_file.exists()
    assert counts(world) == {}
    apply(world)


def test_a_file_that_is_indexed_for_ever_is_not_waited_for(world: World) -> None:
    world.close()
    arguments = ["--data", str(world.data), "--indexing", "3600000"]
    world.emulator = world.forks.start("emulator", arguments, world.home, world.environment())
    world.proxy.upstream = world.emulator.hear()
    world.edit("notes.yaml", "  poet: {instructions: Rhyme., target: agents}\n", "")
    hold = Hold(lambda exchange: "/vector_stores/" in exchange.path and exchange.method == "GET")
    fork = world.start_and_hold(hold, *APPLY)
    fork.send(signal.SIGINT)
    wait_for(fork, "stopping:")
    hold.release.set()
    ended = world.finish(fork)
    assert ended.code == 1
    assert "is still being indexed" in ended.out
    assert not world.journal_file.exists()


@pytest.mark.thorough
def test_a_signal_during_a_destroy(world: World) -> None:
    apply(world)
    hold = Hold(asks("DELETE"), carried_out=True)
    fork = world.start_and_hold(hold, "destroy", *APPLY[1:])
    fork.send(signal.SIGTERM)
    wait_for(fork, "stopping:")
    hold.release.set()
    ended = world.finish(fork)
    assert ended.code == 1, ended.said
    left = counts(world)
    assert 0 < sum(left.values()) < sum(EVERYTHING.values())
    assert world.run("destroy", "--yes").code == 0
    assert counts(world) == {}


@pytest.mark.thorough
def test_a_signal_after_a_kill_keeps_what_was_undecided(world: World) -> None:
    """An apply that goes on after a kill, is stopped, and goes on again."""
    assert world.run_and_kill(Kill(4, answered=True), *APPLY)
    hold = Hold(asks("POST"), carried_out=True)
    fork = world.start_and_hold(hold, *APPLY)
    fork.send(signal.SIGINT)
    wait_for(fork, "stopping:")
    hold.release.set()
    assert world.finish(fork).code == 1
    apply(world)
    assert counts(world) == EVERYTHING
    assert_settled(world)


def test_the_exit_code_of_a_failure_is_not_that_of_a_stop(world: World) -> None:
    failed = world.run(*APPLY, rule=Refuse(first("POST", "/agents"), 400))
    assert failed.code == 1
    assert "Interrupted" not in failed.out
    assert "Failed: " in failed.out
