"""The files of an adopted store: the declared ones are attached, and those of others stay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.adopt.objects import SAMPLES
from tests.chaos.world import World
from tests.guards.steps import apply, assert_refused, assert_settled, state_of, writes

STORE = SAMPLES["vector_store"]
MANIFEST = 'vector_stores:\n  handbook: {name: Handbook, files: ["notes/*.txt"]}\n'


def begin(world: World) -> tuple[str, str]:
    """Others make a store with a file. Returns the ids of both."""
    client = world.client()
    theirs = client.files.create(file=("theirs.txt", b"theirs"), purpose="assistants").id
    id = STORE.make(client)
    client.vector_stores.files.create_and_poll(theirs, vector_store_id=id, attributes={"sha256": "theirs"})
    world.write("notes.yaml", STORE.import_of(id) + MANIFEST)
    return id, theirs


def test_declared_files_are_attached_and_others_stay(world: World) -> None:
    id, theirs = begin(world)
    planned = world.run("plan")
    assert "files: 2 to attach" in planned.out
    assert f"holds a file that nobody declared ({theirs}): left alone" in planned.said
    apply(world)
    members = {member.id for member in world.client().vector_stores.files.list(id)}
    assert theirs in members
    assert len(members) == 3
    assert_settled(world)


@pytest.mark.thorough
def test_a_reviewed_plan_adopts_and_nothing_else(world: World, tmp_path: Path) -> None:
    id, _ = begin(world)
    file = tmp_path / "plan.json"
    assert world.run("plan", "--out", str(file)).code == 0
    shown = world.run("show", str(file))
    assert f"{id} exists already and is taken over" in shown.out
    other = world.client().vector_stores.create(name="Handbook").id
    world.write("notes.yaml", STORE.import_of(other) + MANIFEST)
    assert_refused(world, world.run("apply", str(file), "--grace", "0"), 3)
    world.write("notes.yaml", STORE.import_of(id) + MANIFEST)
    applied = world.run("apply", str(file), "--grace", "0")
    assert applied.code == 0, applied.said
    assert_settled(world)


def test_one_object_is_imported_by_a_command(world: World) -> None:
    id, _ = begin(world)
    world.write("notes.yaml", MANIFEST)
    assert_refused(world, world.run("import", "vector_store.handbok", id, "--yes"), 1, "no manifest declares")
    assert_refused(world, world.run("import", STORE.address, "asst_1", "--yes"), 1, "is an id of the type assistant")
    imported = world.run("import", STORE.address, id, "--yes", "--grace", "0", "--json")
    assert imported.code == 0, imported.said
    assert json.loads(imported.out)["summary"]["adopt"] == 1
    assert f"POST /v1/vector_stores/{id}" in writes(world)
    assert state_of(world)["records"][STORE.address]["id"] == id
    again = world.run("import", STORE.address, id, "--yes")
    assert_refused(world, again, 1, f"{id} is recorded as {STORE.address} already, so there is nothing to import")
    other = world.client().vector_stores.create(name="Other").id
    forget = f"forget {id} first: provision state rm '{STORE.address}'"
    assert_refused(world, world.run("import", STORE.address, other, "--yes"), 1, f"is recorded as {id} already", forget)
    assert_settled(world)
    world.write("more.yaml", "vector_stores:\n  guide: {name: Guide}\n")
    elsewhere = world.run("import", "vector_store.guide", id, "--yes")
    rename = f"`provision state mv '{STORE.address}' 'vector_store.guide'`"
    assert_refused(world, elsewhere, 1, f"{id} is recorded as {STORE.address} already", rename)
    missing = world.run("import", "vector_store.guide", "vs_missing", "--yes")
    assert_refused(world, missing, 1, "there is no vector store vs_missing in this account")
    assert "import away" not in again.said + elsewhere.said + missing.said
