"""A state that somebody has edited makes nothing of others' disappear: what does not fit is told and left alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.chaos.world import World, read_account
from tests.guards.steps import apply, assert_refused, assert_settled, put_state, state_of, writes

MARK = {"provision_owner": "other/default/vector_store.theirs", "provision_lineage": "another/op_1"}


def make_theirs(world: World, kind: str) -> str:
    """An object of another team; its id."""
    client = world.client()
    if kind == "file":
        return client.files.create(file=("theirs.txt", b"theirs"), purpose="assistants").id
    if kind == "marked store":
        return client.vector_stores.create(name="theirs", metadata=MARK).id
    if kind == "store":
        return client.vector_stores.create(name="theirs").id
    if kind == "agent":
        return client.beta.agents.create(model="gpt-6-luna", name="theirs", instructions="Theirs.").id
    name = "other/default/environment.theirs op_1"
    return client.beta.agents.environments.templates.create(name=name).id


RETIRED = {
    "file": ("file", 'file["theirs.txt"]'),
    "marked store": ("vector_store", "vector_store.theirs"),
    "store": ("vector_store", "vector_store.notes"),
    "agent": ("agent", "assistant.poet"),
    "template": ("environment_template", "environment.theirs"),
}


def retire(world: World, kind: str, id: str) -> None:
    """Adds an entry to the state that asks for the object to be deleted."""
    type_, address = RETIRED[kind]
    state = state_of(world)
    state["retired"].append({"address": address, "type": type_, "id": id, "since": 1.0, "retire_after": 0})
    put_state(world, state)


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("kind", sorted(RETIRED))
@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_an_added_retired_entry_deletes_nothing_of_others(world: World, kind: str, command: str) -> None:
    apply(world)
    theirs = make_theirs(world, kind)
    retire(world, kind, theirs)
    ended = world.run(command, "--yes")
    assert ended.code == 0, ended.said
    assert f"{theirs} is not deleted, but forgotten" in ended.said
    assert theirs in read_account(world).ids()
    assert theirs not in [entry["id"] for entry in state_of(world)["retired"]]


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("kind", ["file", "store"])
def test_without_refresh_it_is_looked_at_before_it_is_deleted(world: World, kind: str) -> None:
    apply(world)
    theirs = make_theirs(world, kind)
    retire(world, kind, theirs)
    ended = world.run("apply", "--yes", "--no-refresh")
    assert f"{theirs} is not deleted, because" in ended.said
    assert theirs in read_account(world).ids()


def change_id(world: World, address: str, id: str) -> None:
    """Makes a record name another object."""
    state = state_of(world)
    state["records"][address]["id"] = id
    put_state(world, state)


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("kind", ["marked store", "store"])
def test_a_changed_id_makes_destroy_delete_nothing_of_others(world: World, kind: str) -> None:
    apply(world)
    theirs = make_theirs(world, kind)
    change_id(world, "vector_store.notes", theirs)
    ended = world.run("destroy", "--yes")
    assert f"{theirs} is not deleted, but forgotten" in ended.said
    assert theirs in read_account(world).ids()


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("command", ["plan", "apply"])
def test_nothing_is_written_to_an_object_with_somebody_elses_mark(world: World, command: str) -> None:
    apply(world)
    theirs = make_theirs(world, "marked store")
    state = state_of(world)
    state["records"]["vector_store.notes"]["id"] = theirs
    state["records"]["vector_store.notes"]["echo"]["metadata"] = MARK
    put_state(world, state)
    world.edit("notes.yaml", "notes: {files:", "notes: {name: Mine, files:")
    ended = world.run(command, *([] if command == "plan" else ["--yes", "--overwrite-drift"]))
    assert_refused(world, ended, 3, f"{theirs} is not what this state made: its mark says that it is other/default")


@pytest.mark.thorough
def test_a_store_of_others_without_a_mark_is_not_marked_as_ours(world: World) -> None:
    """Its name is ours and its mark seems to have been removed, but it is not as old as the one that was made."""
    apply(world)
    state = state_of(world)
    theirs = make_theirs(world, "store")
    state["records"]["vector_store.notes"]["id"] = theirs
    state["records"]["vector_store.notes"]["echo"]["created_at"] -= 100
    put_state(world, state)
    world.edit("notes.yaml", "notes: {files:", "notes: {name: Mine, files:")
    ended = world.run("apply", "--yes", "--overwrite-drift")
    assert_refused(world, ended, 3, f"{theirs} is not what this state made: it was made at another time")


@pytest.mark.thorough
def test_two_of_our_own_that_were_exchanged_are_told(world: World) -> None:
    world.write("more.yaml", "vector_stores: {more: {}}")
    apply(world)
    more = state_of(world)["records"]["vector_store.more"]["id"]
    change_id(world, "vector_store.notes", more)
    assert_refused(world, world.run("plan"), 3, f"{more} is not what this state made", "test/default/vector_store.more")


@pytest.mark.thorough
def test_a_replaced_record_of_somebody_elses_file_leaves_it(world: World) -> None:
    apply(world)
    theirs = make_theirs(world, "file")
    change_id(world, 'file["manifests/notes/a.txt"]', theirs)
    world.write("notes/a.txt", "gamma")
    ended = world.run("apply", "--yes", "--overwrite-drift")
    assert f"{theirs} is not the upload that is recorded" in ended.said
    assert theirs in read_account(world).ids()


def edit_file(world: World, **echo: Any) -> str:
    """Changes what is recorded of the upload of a.txt; its id."""
    state = state_of(world)
    record = state["records"]['file["manifests/notes/a.txt"]']
    record["echo"].update(echo)
    put_state(world, state)
    return str(record["id"])


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("echo", [{"filename": "b.txt"}, {"bytes": 6}, {"created_at": 1_000_000_000}])
def test_an_upload_whose_name_size_or_time_does_not_fit_stays(world: World, echo: dict[str, Any]) -> None:
    apply(world)
    id = edit_file(world, **echo)
    ended = world.run("destroy", "--yes")
    assert ended.code == 0, ended.said
    assert f"{id} is not deleted, but forgotten" in ended.said
    assert read_account(world).ids() == {id}


@pytest.mark.thorough
def test_marks_that_somebody_removed_are_told_and_nothing_is_deleted(world: World) -> None:
    apply(world)
    client = world.client()
    store = next(iter(client.vector_stores.list())).id
    client.vector_stores.update(store, metadata={})
    ended = world.run("destroy", "--yes", "--overwrite-drift")
    assert ended.code == 0, ended.said
    assert f"{store} is not deleted, but forgotten, because it carries no mark of provision (any more)" in ended.said
    assert read_account(world).ids() == {store}


def put_older(world: World) -> None:
    """Writes the state as a version did that kept no digest, no history of it, and no time of uploads."""
    state = {name: value for name, value in state_of(world).items() if name not in ("previous", "origins")}
    for record in state["records"].values():
        record["echo"].pop("created_at", None)
    put_state(world, state)
    without = {name: value for name, value in state.items() if name != "digest"}
    world.state_file.write_text(json.dumps(without), encoding="utf-8")


@pytest.mark.thorough
def test_a_state_of_an_older_version_goes_on(world: World) -> None:
    world.edit("notes.yaml", 'files: ["notes/*.txt"]', "files: [{file: alpha}]")
    world.write("alpha.yaml", "files: {alpha: {path: notes/a.txt, lifecycle: {retire_after: 3600}}}")
    apply(world)
    world.write("notes/a.txt", "gamma")
    apply(world)
    put_older(world)
    assert_settled(world)
    world.write("notes/a.txt", "delta!")
    apply(world)
    assert all("created_at" in r["echo"] for r in state_of(world)["records"].values() if r["type"] != "definition")
    assert world.run("destroy", "--yes").code == 0
    assert read_account(world).ids() == set()


@pytest.mark.thorough
def test_a_state_that_was_moved_still_deletes_what_it_made(world: World) -> None:
    apply(world)
    moved = world.run("state", "migrate", str(world.root / "elsewhere"))
    assert moved.code == 0, moved.said
    world.edit("provision.yaml", "../state", "../elsewhere")
    world.write("notes/a.txt", "gamma")
    apply(world)
    assert world.run("destroy", "--yes").code == 0
    assert read_account(world).ids() == set()


@pytest.mark.thorough
def test_nothing_more_is_read_than_the_lists(world: World) -> None:
    apply(world)
    world.write("notes/a.txt", "gamma")
    apply(world)
    assert world.run("destroy", "--yes").code == 0
    retrieved = [each.path for each in world.proxy.exchanges if each.method == "GET" and "/vs_" in each.path]
    assert all(path.endswith("/files") for path in retrieved), retrieved
    assert any(each.startswith("DELETE") for each in writes(world))
