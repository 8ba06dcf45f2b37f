"""Uploads that manifests name by id, because nobody has their content any more: they are used and never deleted."""

from __future__ import annotations

import pytest

from tests.chaos.world import World
from tests.guards.steps import apply, assert_refused, assert_settled, state_of, writes

MANIFEST = """\
vector_stores:
  old:
    files: [{{id: {member}, attributes: {{year: 1999}}}}]
assistants:
  reader:
    instructions: Read.
    tools:
      - {{type: file_search, vector_stores: [old]}}
      - {{type: code_interpreter, container: {{files: [{{id: {table}}}]}}}}
  coder: {{instructions: Code., target: agents, environment: {{files: [{{id: {table}, mount: table.txt}}]}}}}
"""


@pytest.mark.thorough
def test_uploads_are_used_by_id_and_never_deleted(world: World) -> None:
    client = world.client()
    member = client.files.create(file=("old.txt", b"old"), purpose="assistants").id
    table = client.files.create(file=("table.txt", b"1"), purpose="user_data").id
    world.write("notes.yaml", MANIFEST.format(member=member, table=table))
    apply(world)
    store = state_of(world)["records"]["vector_store.old"]["id"]
    [there] = client.vector_stores.files.list(store)
    assert (there.id, there.attributes) == (member, {"year": 1999})
    assert_settled(world)
    world.edit("notes.yaml", "year: 1999", "year: 2000")
    apply(world)
    assert writes(world) == [f"POST /v1/vector_stores/{store}/files/{member}"]
    world.write("notes.yaml", "assistants: {}\n")
    apply(world)
    assert {each.id for each in client.files.list()} == {member, table}


def test_wrong_uploads_are_errors_at_their_places(world: World) -> None:
    batch = world.client().files.create(file=("a.jsonl", b"{}"), purpose="batch").id
    world.write("notes.yaml", f"vector_stores:\n  old: {{files: [{{id: file-gone}}, {{id: {batch}}}]}}\n")
    assert_refused(
        world,
        world.run("apply", "--yes", "--grace", "0"),
        1,
        "manifests/notes.yaml:2:22: error: vector_store.old: there is no file file-gone in this account",
        f"{batch} was uploaded for `batch`",
    )
    world.write("notes.yaml", "vector_stores:\n  old: {files: [{id: vs_1}, {id: a b}]}\n")
    refused = world.run("plan")
    assert "manifests/notes.yaml:2:22: error: `vs_1` is an id of the type vector store" in refused.said
    assert "`a b` is no id of the type file" in refused.said
