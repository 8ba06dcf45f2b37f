"""The files of an adopted store that are local files: they are neither uploaded nor indexed again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import pytest

from tests.adopt.objects import SAMPLES
from tests.chaos.world import World
from tests.guards.steps import apply, assert_refused, assert_settled, state_of, writes
from tests.guards.test_filling import restart

STORE = SAMPLES["vector_store"]
MANIFEST = 'vector_stores:\n  handbook: {name: Handbook, files: ["docs/**/*.md"]}\n'


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def begin(world: World, theirs: Sequence[tuple[str, str, Mapping[str, Any]]], local: Mapping[str, str]) -> list[str]:
    """Others make a store with files (name, text, attributes); local files are declared. Returns the files' ids."""
    client = world.client()
    store = STORE.make(client)
    ids = []
    for name, text, attributes in theirs:
        ids.append(client.files.create(file=(name, text.encode()), purpose="assistants").id)
        client.vector_stores.files.create_and_poll(ids[-1], vector_store_id=store, attributes=dict(attributes))
    for path, text in local.items():
        world.write(path, text)
    world.write("notes.yaml", STORE.import_of(store) + MANIFEST)
    return ids


def recorded(world: World) -> dict[str, tuple[str, bool]]:
    """The id of each recorded file, and whether it was adopted, by path."""
    records = state_of(world)["records"]
    files = {key: record for key, record in records.items() if record["type"] == "file"}
    return {
        key.removeprefix('file["manifests/').removesuffix('"]'): (record["id"], record.get("adopted", False))
        for key, record in files.items()
    }


def members(world: World) -> dict[str, Any]:
    store = state_of(world)["records"][STORE.address]["id"]
    return {each.id: each.attributes for each in world.client().vector_stores.files.list(store)}


def test_members_are_recognized(world: World) -> None:
    theirs = [
        ("renamed.md", "by digest", {"sha256": digest("by digest"), "team": "theirs"}),
        ("name.md", "by name", {"team": "theirs"}),
        ("same.md", "first", {}),
        ("same.md", "other", {}),
        ("name.md", "another size", {}),
    ]
    local = {
        "docs/digest.md": "by digest",
        "docs/name.md": "by name",
        "docs/a/same.md": "other",
        "docs/b/same.md": "third",
        "docs/new.md": "nobody has it",
    }
    ids = begin(world, theirs, local)
    planned = world.run("plan", "-v")
    assert f"{ids[0]} in {STORE.address} has the same sha256" in planned.out, planned.said
    assert f"{ids[1]} in {STORE.address} has the same name and size; it is taken over" in planned.out
    assert f"{ids[3]} in {STORE.address} has the same name, size and text" in planned.out
    assert f'warning: file["manifests/docs/digest.md"]: {ids[0]} is called `renamed.md` at OpenAI' in planned.said
    assert "at OpenAI it is still called `renamed.md`, and citations show that name" in planned.out
    assert "files: 3 of 5 are in it already, and are neither uploaded nor indexed again" in planned.out
    assert "the new content" not in planned.out
    assert "holds 2 files that nobody declared" in planned.said
    apply(world)
    assert [each for each in writes(world) if each == "POST /v1/files"] == ["POST /v1/files"] * 2
    files = recorded(world)
    assert files["docs/digest.md"] == (ids[0], True)
    assert files["docs/name.md"] == (ids[1], True)
    assert files["docs/a/same.md"] == (ids[3], True)
    assert [files[path][1] for path in ("docs/b/same.md", "docs/new.md")] == [False, False]
    there = members(world)
    ours = {"path": "manifests/docs/name.md", "sha256": digest("by name")}
    assert there[ids[1]] == {"team": "theirs", **ours}
    assert there[ids[2]] == there[ids[4]] == {}
    assert len(there) == 7
    assert_settled(world)


@pytest.mark.thorough
def test_what_stays_open_is_asked_for(world: World) -> None:
    twice = [("same.md", "twice", {"n": 1}), ("same.md", "twice", {"n": 2})]
    ids = begin(world, twice, {"docs/same.md": "twice"})
    refused = world.run("apply", "--yes", "--grace", "0")
    # Uploads of the same second have no order.
    orders = [
        f'2 uploads ({a}, {b}) of {STORE.address} may be file["manifests/docs/same.md"]' for a, b in (ids, ids[::-1])
    ]
    named = next((each for each in orders if each in refused.said), orders[0])
    assert_refused(world, refused, 1, named, "imports: [{to: 'file[\"manifests/docs/same.md\"]', id: ")
    path = world.root / "manifests/notes.yaml"
    entry = f'  - {{to: file."manifests/docs/same.md", id: {ids[1]}}}\n'
    path.write_text(
        path.read_text(encoding="utf-8").replace("vector_stores:", f"{entry}vector_stores:"), encoding="utf-8"
    )
    apply(world)
    assert recorded(world) == {"docs/same.md": (ids[1], True)}
    assert "POST /v1/files" not in writes(world)
    assert_settled(world)


@pytest.mark.thorough
def test_a_file_that_is_declared_later_is_recognized_too(world: World) -> None:
    [id] = begin(world, [("late.md", "late", {})], {"docs/first.md": "first"})
    apply(world)
    world.write("docs/late.md", "late")
    apply(world)
    assert recorded(world)["docs/late.md"] == (id, True)
    assert "POST /v1/files" not in writes(world)
    assert members(world)[id]["path"] == "manifests/docs/late.md"
    assert_settled(world)


@pytest.mark.thorough
def test_an_adopted_file_that_changes_is_replaced_and_stays(world: World) -> None:
    [id] = begin(world, [("a.md", "one", {})], {"docs/a.md": "one"})
    apply(world)
    world.write("docs/a.md", "two")
    assert f"{id} was adopted, so it stays at OpenAI" in world.run("plan").out
    apply(world)
    assert id not in members(world)
    assert world.client().files.retrieve(id).id == id
    assert_settled(world)


def test_other_uploads_are_refused(world: World) -> None:
    client = world.client()
    ids = {
        "size": client.files.create(file=("a.md", b"longer"), purpose="assistants").id,
        "purpose": client.files.create(file=("b.md", b"b"), purpose="user_data").id,
        "name": client.files.create(file=("x.md", b"c"), purpose="assistants").id,
    }
    for path, text in (("a.md", "a"), ("b.md", "b"), ("c.md", "c")):
        world.write(f"docs/{path}", text)
    to = zip("abc", ids.values(), strict=True)
    entries = "".join(f'  - to: file["manifests/docs/{name}.md"]\n    id: {id}\n' for name, id in to)
    world.write("notes.yaml", f"imports:\n{entries}{MANIFEST}")
    refused = world.run("apply", "--yes", "--grace", "0")
    assert_refused(
        world,
        refused,
        1,
        f"{ids['size']} has 6 bytes, and the file here has 1",
        f"{ids['purpose']} was uploaded for `user_data`",
        f"{ids['name']} is called `x.md` at OpenAI",
    )


@pytest.mark.thorough
def test_what_provision_added_to_an_adopted_store_stays_in_it_when_the_store_is_forgotten(world: World) -> None:
    [theirs] = begin(world, [("theirs.md", "theirs", {})], {"docs/ours.md": "ours"})
    apply(world)
    store, there = state_of(world)["records"][STORE.address]["id"], set(members(world))
    world.write("notes.yaml", "assistants: {}\n")
    assert "delete" not in world.run("plan").out
    apply(world)
    assert state_of(world)["records"] == {}
    client = world.client()
    assert {each.id for each in client.vector_stores.files.list(store)} == there
    assert {each.id for each in client.files.list()} == there
    assert theirs in there


@pytest.mark.thorough
def test_the_files_of_an_adopted_store_are_recognized_when_it_is_renamed(world: World) -> None:
    ids = begin(world, [("first.md", "first", {}), ("late.md", "late", {})], {"docs/first.md": "first"})
    apply(world)
    world.write("docs/late.md", "late")
    moved = f"moved: [{{from: {STORE.address}, to: vector_store.guide}}]\n"
    world.write("notes.yaml", moved + MANIFEST.replace("handbook:", "guide:"))
    apply(world)
    assert recorded(world) == {"docs/first.md": (ids[0], True), "docs/late.md": (ids[1], True)}
    assert "POST /v1/files" not in writes(world)
    assert_settled(world)


def test_a_member_whose_indexing_failed_is_attached_again_and_not_uploaded(world: World) -> None:
    restart(world, "--fail=indexing *.md server_error times=4")
    theirs = [("broken.md", "broken", {}), ("renamed.md", "known", {"sha256": digest("known")})]
    twice: list[tuple[str, str, dict[str, str]]] = [("twice.md", "twice", {}), ("twice.md", "twice", {})]
    local = {"docs/broken.md": "broken", "docs/known.md": "known", "docs/twice.md": "twice"}
    ids = begin(world, [*theirs, *twice], local)
    store = world.client().vector_stores.list().data[0].id
    assert {each.status for each in world.client().vector_stores.files.list(store)} == {"failed"}
    planned = world.run("plan", "-v")
    assert f"{ids[0]} in {STORE.address} has the same name and size; it is taken over" in planned.out, planned.said
    assert f"{ids[1]} in {STORE.address} has the same sha256; it is taken over" in planned.out
    assert planned.out.count(f"{STORE.address} could not index it, so it is attached there again") == 2
    assert "files: 3 to attach" in planned.out
    apply(world)
    assert writes(world).count("POST /v1/files") == 1
    files = recorded(world)
    assert (files["docs/broken.md"], files["docs/known.md"]) == ((ids[0], True), (ids[1], True))
    assert files["docs/twice.md"][1] is False
    status = {each.id: each.status for each in world.client().vector_stores.files.list(store)}
    assert [status[files[path][0]] for path in sorted(files)] == ["completed"] * 3
    assert_settled(world)
