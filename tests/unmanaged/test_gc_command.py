"""`provision gc` as a process: what it asks for, what it deletes, and how an interrupted run is continued."""

from __future__ import annotations

import json
import signal

import pytest

from tests.chaos.rules import Hold, asks
from tests.chaos.world import World, read_account
from tests.chaos.worlds import new_world, proxy
from tests.conftest import WriteProject
from tests.guards.conftest import world
from tests.guards.steps import SETTINGS, apply, assert_settled, writes
from tests.guards.test_signals import wait_for
from tests.warm.commands import WarmProvision

__all__ = ["new_world", "proxy", "world"]

FILES = "files: {a: {path: docs/a.txt}}\n"
PROTECTED = "project: test\nstate: ../state\nenvironments: {dev: {}, prod: {protected: true}}\n"


@pytest.mark.thorough
def test_without_a_filter_it_is_an_error(provision: WarmProvision, project: WriteProject) -> None:
    project({"a.yaml": ""})
    for options in ((), ("--yes",), ("--all", "--json"), ("--confirm", "default", "--yes")):
        ended = provision("gc", *options)
        assert (ended.code, ended.requests) == (1, ()), ended.stderr
        assert "choose what to delete: --kind, --match or --older-than" in ended.stderr


@pytest.mark.thorough
def test_only_what_matches_is_deleted(world: World) -> None:
    apply(world)
    client = world.client()
    managed = set(read_account(world).stores)
    drafts = {client.vector_stores.create(name=f"Draft {number}").id for number in range(2)}
    kept = client.vector_stores.create(name="Final").id
    done = world.run("gc", "--match", "Draft*", "--yes")
    assert done.code == 0, done.said
    assert all(id in done.out for id in drafts)
    assert set(read_account(world).stores) == managed | {kept}
    assert_settled(world)


@pytest.mark.thorough
def test_a_protected_environment_is_confirmed_by_its_name(world: World) -> None:
    world.rewrite({"provision.yaml": PROTECTED})
    store = world.client().vector_stores.create(name="Draft").id
    command = ("gc", "--match", "Draft*", "--yes", "--env")
    for options in (("prod",), ("prod", "--confirm", "dev"), ("prod", "--json")):
        refused = world.run(*command, *options)
        assert refused.code == 3, refused.said
        assert "environment prod is protected" in refused.err or "does not name this environment" in refused.err
        assert writes(world) == []
    assert set(read_account(world).stores) == {store}
    assert world.run(*command, "prod", "--confirm", "prod").code == 0
    assert set(read_account(world).stores) == set()


@pytest.mark.thorough
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_run_is_run_again(world: World, number: signal.Signals) -> None:
    """With one call at a time, the first deletion is held while the signal arrives."""
    world.rewrite({"provision.yaml": SETTINGS})
    client = world.client()
    drafts = {client.vector_stores.create(name=f"Draft {each}").id for each in range(3)}
    command = ("gc", "--match", "Draft*", "--yes", "--json", "--parallelism", "1")
    hold = Hold(asks("DELETE"), carried_out=True)
    fork = world.start_and_hold(hold, *command)
    fork.send(number)
    if number is signal.SIGKILL:
        fork.wait()
    else:
        wait_for(fork, "stopping: nothing new is started")
    hold.release.set()
    ended = world.finish(fork)
    left = set(read_account(world).stores)
    assert 0 < len(left) < len(drafts), ended.said
    if number is signal.SIGINT:
        assert ended.code == 1, ended.said
        outcome = json.loads(ended.out)["outcome"]
        assert set(outcome["deleted"]) == drafts - left
        assert {each["id"]: each["because"] for each in outcome["skipped"]} == dict.fromkeys(left, "interrupted")
    again = world.run(*command)
    assert again.code == 0, again.said
    assert set(json.loads(again.out)["outcome"]["deleted"]) == left
    assert set(read_account(world).stores) == set()


@pytest.mark.thorough
def test_an_upload_of_another_environment_that_is_not_recorded_yet_stays(world: World) -> None:
    world.rewrite({"provision.yaml": PROTECTED.replace("{protected: true}", "{}"), "a.yaml": FILES, "docs/a.txt": "a"})
    hold = Hold(asks("POST", "/v1/files"), carried_out=True)
    fork = world.start_and_hold(hold, "apply", "--yes", "--grace", "0", "--env", "dev")
    fork.send(signal.SIGKILL)
    fork.wait()
    hold.release.set()
    world.finish(fork)
    ended = world.run("gc", "--env", "prod", "--kind", "file", "--match", "*", "--yes")
    assert "environment dev may use it" in ended.said
    assert len(read_account(world).files) == 1
    assert world.run("apply", "--yes", "--grace", "0", "--env", "dev").code == 0
    assert len(read_account(world).files) == 1


@pytest.mark.thorough
def test_an_older_state_of_another_environment_frees_no_file(world: World) -> None:
    """A state that somebody put back names fewer files than the environment has."""
    world.rewrite(
        {"provision.yaml": PROTECTED.replace("{protected: true}", "{}"), "a.yaml": "vector_stores: {a: {}}\n"}
    )
    dev = ("apply", "--yes", "--grace", "0", "--env", "dev")
    assert world.run(*dev).code == 0
    state = world.root / "state/dev.json"
    older = state.read_bytes()
    world.rewrite({"provision.yaml": PROTECTED.replace("{protected: true}", "{}"), "a.yaml": FILES, "docs/a.txt": "a"})
    assert world.run(*dev).code == 0
    files = set(read_account(world).files)
    assert len(files) == 1
    state.write_bytes(older)
    ended = world.run("gc", "--env", "prod", "--kind", "file", "--match", "*", "--yes")
    assert "dev" in ended.said
    assert set(read_account(world).files) == files
