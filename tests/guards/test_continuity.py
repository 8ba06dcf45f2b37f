"""A state that is not the one that was written last: it is said what differs, and nothing is done without consent."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from provisioner.state.records import digest
from tests.chaos.world import World, read_account
from tests.guards.steps import apply, assert_refused, assert_settled, put_state, state_of

COMMANDS = (["plan"], ["apply", "--yes"], ["destroy", "--yes"], ["output"])


def edit_definition(world: World) -> dict[str, Any]:
    """The state with another instruction, its release's digest fitting."""
    state = state_of(world)
    inputs = state["records"]["assistant.reader"]["inputs"]
    inputs["instructions"] = "Obey."
    state["releases"]["reader"]["digest"] = digest(inputs)
    return state


@pytest.mark.thorough
def test_a_changed_definition_of_which_nothing_is_planned_is_seen(world: World) -> None:
    """The manifest says the same, so that the plan would be empty, and applications would load it."""
    apply(world)
    put_state(world, edit_definition(world), knowing=True)
    world.edit("notes.yaml", "Read.", "Obey.")
    for command in COMMANDS:
        said = "assistant.reader: inputs.instructions"
        assert_refused(world, world.run(*command), 3, "was changed outside of provision", said, "state restore")
    assert "Obey." not in world.run("output").out


@pytest.mark.thorough
def test_a_definition_that_its_release_does_not_stand_for_is_seen_in_a_fresh_clone(world: World) -> None:
    apply(world)
    state = edit_definition(world)
    state["releases"]["reader"]["digest"] = "0" * 64
    put_state(world, state)
    for command in COMMANDS:
        said = "assistant.reader: the definition is not what its release stands for"
        assert_refused(world, world.run(*command), 3, said)


@pytest.mark.thorough
def test_what_was_changed_is_gone_on_with_where_it_is_accepted(world: World) -> None:
    apply(world)
    put_state(world, edit_definition(world), knowing=True)
    world.edit("notes.yaml", "Read.", "Obey.")
    assert world.run("plan", "--accept-state").code == 0
    assert world.run("plan").code == 3
    apply(world, "--accept-state")
    assert_settled(world)
    assert "Obey." in world.run("output", "--json").out


@pytest.mark.thorough
def test_a_state_changed_by_hand_does_not_fit_its_digest(world: World) -> None:
    apply(world)
    text = world.state_file.read_text(encoding="utf-8")
    world.state_file.write_text(text.replace("Read.", "Obey."), encoding="utf-8")
    shutil.rmtree(world.root / "state/default.history")
    for command in COMMANDS:
        assert_refused(world, world.run(*command), 3, "changed by hand, or git has merged", "--accept-state")
    for look in (["state", "list"], ["state", "show", "assistant.reader"], ["state", "pull"]):
        looked = world.run(*look)
        assert looked.code == 0
        assert "changed by hand" in looked.err
    pulled = world.root / "pulled.json"
    pulled.write_text(world.run("state", "pull").out.replace('"serial": 1', '"serial": 2'), encoding="utf-8")
    assert world.run("state", "push", str(pulled)).code == 0
    assert state_of(world)["records"]["assistant.reader"]["release"] == 2
    assert world.run("plan").code == 0


def test_a_merge_of_two_states_is_seen(world: World) -> None:
    """Two branches of one state, each with another record, as git merges them: one serial, and both records."""
    apply(world, "--only", "vector_store.notes")
    base = world.state_file.read_text(encoding="utf-8")
    apply(world)
    theirs = json.loads(world.state_file.read_text(encoding="utf-8"))
    merged = json.loads(base)
    merged["records"] |= theirs["records"]
    merged["serial"] = theirs["serial"]
    world.state_file.write_text(json.dumps(merged), encoding="utf-8")
    assert_refused(world, world.run("plan"), 3, "git has merged two states into one")


@pytest.mark.thorough
def test_conflict_marks_are_recognised(world: World) -> None:
    apply(world)
    text = world.state_file.read_text(encoding="utf-8")
    mark = f"<<<<<<< HEAD\n{text}=======\n{text}>>>>>>> theirs\n"
    world.state_file.write_text(mark, encoding="utf-8")
    for command in COMMANDS:
        assert_refused(world, world.run(*command), 1, "holds the conflict marks of a merge", "git checkout --ours")
    assert world.run("state", "restore", "1").code == 0
    assert_settled(world)


@pytest.mark.thorough
def test_an_older_state_put_back_stops_everything(world: World) -> None:
    apply(world, "--only", "vector_store.notes")
    old = world.state_file.read_bytes()
    apply(world)
    world.state_file.write_bytes(old)
    for command in COMMANDS:
        said = "holds an older state: it has serial 1, and the history knows serial 2"
        assert_refused(world, world.run(*command), 3, said, "assistant.poet", "state restore")
    assert world.run("state", "reseal").code == 3
    before = read_account(world).ids()
    restored = world.run("state", "restore", "2")
    assert "is serial 3 now" in restored.said
    assert_settled(world)
    assert read_account(world).ids() == before


@pytest.mark.thorough
def test_an_older_state_that_is_accepted_gets_a_serial_of_its_own(world: World) -> None:
    apply(world, "--only", "vector_store.notes")
    old = world.state_file.read_bytes()
    apply(world)
    world.state_file.write_bytes(old)
    apply(world, "--accept-state", "--only", "vector_store.notes")
    assert state_of(world)["serial"] == 3
    assert world.run("plan").code == 0


def test_another_lineage_in_the_same_place_stops(world: World, tmp_path: Path) -> None:
    apply(world)
    put_state(world, {**state_of(world), "lineage": "another"}, knowing=True)
    assert_refused(world, world.run("plan"), 3, "holds another state: its lineage is another")


def test_two_runs_that_went_on_from_one_state_are_seen(world: World) -> None:
    apply(world)
    state = state_of(world)
    put_state(world, {**state, "serial": 2, "previous": "0" * 64}, knowing=True)
    assert_refused(world, world.run("plan"), 3, "is not a successor of the last known state, serial 1")


@pytest.mark.thorough
@pytest.mark.parametrize("ahead", [1, 3])
def test_what_a_colleague_wrote_is_told_and_gone_on_with(world: World, ahead: int) -> None:
    apply(world, "--only", "vector_store.notes")
    kept = world.root / "kept"
    shutil.copytree(world.root / "state/default.history", kept)
    apply(world)
    for number in range(1, ahead):
        world.edit("notes.yaml", "Read." if number == 1 else f"Read {number - 1}.", f"Read {number}.")
        apply(world)
    shutil.rmtree(world.root / "state/default.history")
    kept.rename(world.root / "state/default.history")
    planned = world.run("plan")
    assert planned.code == 0, planned.said
    assert "was written elsewhere since serial 1" in planned.said
    assert "assistant.poet" in planned.said
    assert "\\n" not in planned.said
    assert "written elsewhere" not in apply(world, "--only", "assistant.poet").err


@pytest.mark.thorough
def test_a_state_that_was_made_anew_beside_its_history_is_the_newest(world: World) -> None:
    apply(world)
    world.edit("notes.yaml", "Read.", "Read well.")
    apply(world)
    world.state_file.unlink()
    assert world.run("state", "rebuild").code == 0
    assert state_of(world)["serial"] == 3
    apply(world)
    assert_settled(world)


def test_a_missing_state_beside_its_history_is_told(world: World) -> None:
    world.write("notes.yaml", "assistants: {reader: {instructions: Read.}}")
    apply(world)
    world.state_file.unlink()
    assert "its history knows serial 1: `provision state restore 1`" in world.run("plan").said


def test_an_older_version_may_write_in_between(world: World) -> None:
    apply(world)
    state = state_of(world)
    for name in ("digest", "previous"):
        state.pop(name, None)
    world.state_file.write_text(json.dumps({**state, "serial": 2}), encoding="utf-8")
    assert world.run("plan").code == 0
