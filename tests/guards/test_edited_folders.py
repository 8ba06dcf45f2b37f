"""A folder of states that somebody has edited, with digests that fit: what it leaves out is no proof."""

from __future__ import annotations

import json
import subprocess
import time
from typing import Any

import pytest

from tests.chaos.world import World, read_account
from tests.guards.steps import apply, assert_refused, put_state, state_of, writes
from tests.guards.test_strangers import make_theirs, put_older

FILE = 'file["manifests/old.txt"]'


def point_store_to(world: World, id: str, **changed: Any) -> None:
    """Makes the record of the store name another object."""
    state = state_of(world)
    record = state["records"]["vector_store.notes"]
    record.update(id=id, **changed)
    record.pop("operation", None)
    put_state(world, state)


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("options", [[], ["--no-refresh"]])
def test_an_adopted_record_of_a_marked_store_is_not_written_to(world: World, options: list[str]) -> None:
    apply(world)
    theirs = make_theirs(world, "marked store")
    point_store_to(world, theirs, adopted=True)
    world.edit("notes.yaml", "notes: {files:", "notes: {name: Mine, exclusive: true, files:")
    ended = world.run("apply", "--yes", "--overwrite-drift", *options)
    assert ended.code != 0, ended.said
    assert theirs in ended.said
    assert "its mark says that it is other/default" in ended.said
    assert not [each for each in writes(world) if theirs in each]


@pytest.mark.thorough
def test_an_unmarked_store_of_which_no_time_is_recorded_is_not_written_to(world: World) -> None:
    apply(world)
    theirs = make_theirs(world, "store")
    point_store_to(world, theirs, echo={}, adopted=True)
    world.edit("notes.yaml", "notes: {files:", "notes: {name: Mine, files:")
    said = f"{theirs} is not what this state made: it carries no mark of provision (any more), and the time"
    assert_refused(world, world.run("apply", "--yes", "--overwrite-drift"), 3, said, "state restore")


def test_removed_marks_of_an_agent_are_restored_where_its_time_fits(world: World) -> None:
    apply(world)
    client = world.client()
    store = next(iter(client.vector_stores.list()))
    client.vector_stores.update(store.id, metadata={})
    apply(world)
    assert "provision_owner" in (client.vector_stores.retrieve(store.id).metadata or {})


def add_file(world: World, id: str, echo: dict[str, Any], address: str = FILE) -> None:
    """Adds a record of an upload that nothing declares."""
    state = state_of(world)
    inputs = {"filename": "theirs.txt", "purpose": "assistants"}
    state["records"][address] = {"type": "file", "id": id, "inputs": inputs, "echo": echo}
    put_state(world, state)


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_a_record_of_a_file_that_leaves_size_and_time_out_deletes_nothing(world: World, command: str) -> None:
    apply(world)
    theirs = make_theirs(world, "file")
    add_file(world, theirs, {"filename": "theirs.txt"})
    ended = world.run(command, "--yes")
    assert ended.code == 0, ended.said
    assert f"{theirs} is not deleted, but forgotten" in ended.said
    assert theirs in read_account(world).ids()


@pytest.mark.thorough
def test_an_apply_in_between_does_not_complete_the_record_of_a_strangers_file(world: World) -> None:
    """The time of a live file is recorded only where the file is ours."""
    apply(world)
    theirs = make_theirs(world, "file")
    add_file(world, theirs, {"filename": "theirs.txt", "bytes": 6}, 'file["manifests/notes/a.txt"]')
    world.write("more.yaml", "vector_stores: {more: {}}")
    world.run("apply", "--yes", "--overwrite-drift")
    world.run("destroy", "--yes", "--overwrite-drift")
    assert theirs in read_account(world).ids()


@pytest.mark.thorough
def test_files_of_an_older_state_are_not_deleted_in_ci(world: World) -> None:
    apply(world)
    put_older(world)
    uploads = set(read_account(world).files)
    ended = world.run("destroy", "--yes", env={"CI": "true"})
    assert ended.code == 0, ended.said
    assert "the time of its upload is not recorded" in ended.said
    assert read_account(world).ids() == uploads


@pytest.mark.thorough
def test_the_size_is_needed_of_a_file_of_an_older_state(world: World) -> None:
    apply(world)
    theirs = make_theirs(world, "file")
    add_file(world, theirs, {"filename": "theirs.txt"})
    put_older(world)
    ended = world.run("apply", "--yes")
    assert f"{theirs} is not deleted, but forgotten, because the size" in ended.said
    assert theirs in read_account(world).ids()


def put_journal(world: World, *entries: dict[str, Any]) -> None:
    """Writes a journal as somebody would who wants it to be believed."""
    state = state_of(world)
    opening = {name: state[name] for name in ("lineage", "serial", "account", "project", "environment")}
    lines = [{"entry": "open", **opening, "time": time.time()}, *entries]
    path = world.state_file.with_suffix(".journal")
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def forged(id: str, **changed: Any) -> list[dict[str, Any]]:
    """An upload that began and ended."""
    inputs = {"filename": "theirs.txt", "purpose": "assistants"}
    record = {"type": "file", "id": id, "inputs": inputs, "echo": {"filename": "theirs.txt"}, "operation": "op_1"}
    begin = {"entry": "begin", "operation": "op_1", "address": FILE, "verb": "create", "type": "file", "digest": "x"}
    details = {"record": {**record, "id": ""}}
    end = {"entry": "end", "operation": "op_1", "delta": {"record": {"address": FILE, **record}}}
    return [{**begin, "time": time.time(), "details": details, **changed}, end]


@pytest.mark.thorough
def test_what_a_journal_adds_is_said_and_judged_as_the_state_is(world: World) -> None:
    apply(world)
    theirs = make_theirs(world, "file")
    put_journal(world, *forged(theirs))
    planned = world.run("plan")
    assert "the journal of an interrupted run adds to the state" in planned.said
    assert f'old.txt"]: {theirs} is recorded, and was not' in planned.said
    assert "\\n" not in planned.said
    assert "\\n" not in world.run("output").said
    ended = world.run("apply", "--yes", "--grace", "0")
    assert f"{theirs} is not deleted, but forgotten" in ended.said
    assert theirs in read_account(world).ids()


def test_a_journal_of_which_an_end_does_not_fit_its_beginning_is_torn(world: World) -> None:
    apply(world)
    put_journal(world, *forged("file-1", verb="delete"))
    assert_refused(
        world, world.run("apply", "--yes"), 1, "the journal is not what provision wrote: op_1", "keep a copy"
    )


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("command", [["apply", "--yes"], ["output"]])
def test_a_journal_that_git_tracks_is_refused(world: World, command: list[str]) -> None:
    apply(world)
    put_journal(world, *forged("file-1"))
    for words in (["init", "-q"], ["add", "-f", "state/default.journal"]):
        subprocess.run(["git", *words], cwd=world.root, check=True)
    assert_refused(world, world.run(*command), 3, "is a journal that git tracks", "git rm --cached default.journal")
    subprocess.run(["git", "rm", "-q", "--cached", "default.journal"], cwd=world.root / "state", check=True)
    assert "git tracks" not in world.run(*command).said
