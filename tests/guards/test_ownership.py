"""What is not ours stays, whatever is applied or destroyed; what is protected stays, too."""

from __future__ import annotations

import pytest

from tests.chaos.world import World, read_account
from tests.guards.steps import apply, assert_refused, assert_settled, counts, put_state, state_of, writes


def make_others(world: World) -> set[str]:
    """Objects that others made, alike to ours in name, content and model. Returns their ids."""
    client = world.client()
    file = client.files.create(file=("a.txt", b"alpha"), purpose="assistants")
    store = client.vector_stores.create(name="notes", metadata={"team": "theirs"})
    agents = client.beta.agents
    template = agents.environments.templates.create(name="coder")
    agent = agents.create(model="gpt-6-luna", name="poet", instructions="Rhyme.")
    return {file.id, store.id, template.id, agent.id}


@pytest.mark.thorough
def test_what_others_made_outlives_everything(world: World) -> None:
    others = make_others(world)
    apply(world)
    assert others < read_account(world).ids()
    assert_settled(world)
    world.edit("notes.yaml", "Rhyme.", "Rhyme well.")
    world.write("notes/a.txt", "gamma")
    apply(world)
    assert world.run("destroy", "--yes").code == 0
    assert read_account(world).ids() == others


@pytest.mark.thorough
def test_a_member_that_others_attached_stays_attached(world: World) -> None:
    apply(world)
    client = world.client()
    theirs = client.files.create(file=("theirs.txt", b"theirs"), purpose="assistants").id
    store = next(iter(client.vector_stores.list())).id
    client.vector_stores.files.create_and_poll(theirs, vector_store_id=store)
    world.write("notes/a.txt", "gamma")
    applied = apply(world)
    assert f"holds a file that nobody declared ({theirs}): left alone" in applied.said
    assert theirs in {member.id for member in client.vector_stores.files.list(store)}
    assert world.run("destroy", "--yes").code == 0
    assert set(read_account(world).ids()) == {theirs}


@pytest.mark.thorough
def test_metadata_of_others_is_kept(world: World) -> None:
    apply(world)
    client = world.client()
    store = next(iter(client.vector_stores.list()))
    client.vector_stores.update(store.id, metadata={**(store.metadata or {}), "team": "theirs"})
    world.edit("notes.yaml", "notes: {files:", "notes: {metadata: {topic: notes}, files:")
    apply(world)
    found = client.vector_stores.retrieve(store.id).metadata or {}
    assert (found["team"], found["topic"]) == ("theirs", "notes")
    assert_settled(world)


@pytest.mark.thorough
def test_a_project_beside_it_is_another_owner(world: World) -> None:
    apply(world)
    ours = read_account(world).ids()
    world.state_file.rename(world.root / "ours.json")
    world.edit("provision.yaml", "project: test", "project: other")
    apply(world)
    assert len(read_account(world).ids()) == 2 * len(ours)
    assert world.run("destroy", "--yes").code == 0
    assert read_account(world).ids() == ours


@pytest.mark.thorough
def test_what_is_adopted_is_forgotten_instead_of_deleted(world: World) -> None:
    apply(world)
    state = state_of(world)
    state["records"]["assistant.poet"]["adopted"] = True
    put_state(world, state)
    ended = world.run("destroy", "--yes")
    assert ended.code == 0, ended.said
    assert "it was adopted, so it stays at OpenAI" in ended.said
    assert counts(world) == {"agents": 1}
    assert state_of(world)["records"] == {}


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("command", ["plan", "apply", "destroy"])
def test_one_protected_object_stops_everything_else_too(world: World, command: str) -> None:
    world.edit("notes.yaml", 'files: ["notes/*.txt"]}', 'files: ["notes/*.txt"], lifecycle: {protect: true}}')
    apply(world)
    world.write("notes.yaml", "assistants: {new: {instructions: New., target: agents}}")
    before = counts(world)
    ended = world.run(command, *([] if command == "plan" else ["--yes"]))
    assert_refused(world, ended, 3, "vector_store.notes is protected and would be deleted", "protect: false")
    assert counts(world) == before


def test_a_protected_file_cannot_be_lost_with_its_store(world: World) -> None:
    world.write("alpha.yaml", "files: {alpha: {path: notes/a.txt, lifecycle: {protect: true}}}")
    world.write("notes.yaml", "vector_stores: {notes: {files: [{file: alpha}]}}")
    apply(world)
    world.write("alpha.yaml", "")
    world.write("notes.yaml", "vector_stores: {notes: {}}")
    assert_refused(world, world.run("apply", "--yes"), 3, "file.alpha is protected and would be deleted")
    assert writes(world) == []
