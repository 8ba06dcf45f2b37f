"""Writes that a killed run sent and did not hear of: they are its own doing, whatever the manifests say by now."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.chaos.proxy import Exchange
from tests.chaos.rules import Chooses, Refuse, asks
from tests.chaos.world import World
from tests.guards.kills import APPLY, after_a_write, kill_at
from tests.guards.steps import apply, assert_settled


@pytest.mark.thorough
def test_an_update_that_arrived_is_undone_where_the_manifest_goes_back(world: World) -> None:
    apply(world)
    world.edit("notes.yaml", "Rhyme.", "Rhyme well.")
    kill_at(world, asks("POST"))
    world.edit("notes.yaml", "Rhyme well.", "Rhyme.")
    apply(world)
    assert [agent.instructions for agent in world.client().beta.agents.list()] == ["Rhyme."]
    assert_settled(world)


@pytest.mark.thorough
def test_a_field_that_a_killed_run_added_goes_where_the_manifest_goes_back(world: World) -> None:
    apply(world)
    world.edit("notes.yaml", "target: agents}", "target: agents, service_tier: flex}")
    kill_at(world, asks("POST"))
    world.edit("notes.yaml", "target: agents, service_tier: flex}", "target: agents}")
    apply(world)
    assert [agent.service_tier for agent in world.client().beta.agents.list()] == ["auto"]
    assert_settled(world)


@pytest.mark.thorough
def test_metadata_that_a_killed_run_added_goes_where_the_manifest_goes_back(world: World) -> None:
    apply(world)
    world.edit("notes.yaml", "notes: {files:", "notes: {metadata: {topic: notes}, files:")
    kill_at(world, asks("POST"))
    world.edit("notes.yaml", "notes: {metadata: {topic: notes}, files:", "notes: {files:")
    apply(world)
    assert "topic" not in (next(iter(world.client().vector_stores.list())).metadata or {})
    assert_settled(world)


@pytest.mark.thorough
def test_what_others_changed_meanwhile_is_still_theirs(world: World) -> None:
    """A killed update of one field says nothing of another, which somebody else has changed."""
    world.edit("notes.yaml", "target: agents}", "target: agents, name: Poet}")
    apply(world)
    world.edit("notes.yaml", "Rhyme.", "Rhyme well.")
    kill_at(world, asks("POST"), answered=False)
    client = world.client()
    agent = next(iter(client.beta.agents.list()))
    client.beta.agents.update(agent.id, name="Bard")
    world.run(*APPLY, "--overwrite-drift")
    found = next(iter(client.beta.agents.list()))
    assert (found.name, found.instructions) == ("Poet", "Rhyme well.")
    assert_settled(world)


def move_a_note(world: World) -> Chooses:
    """It is described anew, and then the run is killed."""
    (world.root / "manifests/notes/a.txt").rename(world.root / "manifests/notes/c.txt")
    return after_a_write(asks("GET", "/files"))


def attaches(exchange: Exchange) -> bool:
    """Whether a file is attached to a store, in any form: a batch that is refused is sent again in another."""
    in_store = "/vector_stores/" in exchange.path
    return exchange.method == "POST" and in_store and exchange.path.endswith(("/file_batches", "/files"))


def chunk_a_note(world: World) -> Chooses:
    """It is detached, and not attached again."""
    chunking = "{type: static, static: {max_chunk_size_tokens: 200, chunk_overlap_tokens: 100}}"
    world.edit("notes.yaml", '"notes/*.txt"', f'"notes/*.txt", {{path: notes/a.txt, chunking_strategy: {chunking}}}')
    return attaches


def take_two_notes_out(world: World) -> Chooses:
    """One is detached, the other is not."""
    for name in ("a", "b"):
        (world.root / f"manifests/notes/{name}.txt").unlink()
    world.write("notes/d.txt", "delta")
    return after_a_write(lambda exchange: exchange.method == "DELETE" and exchange.path.count("/") > 3)


CHANGES = [move_a_note, chunk_a_note, take_two_notes_out]


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("change", CHANGES, ids=lambda each: each.__name__)
def test_what_a_killed_run_did_to_members_is_no_drift(world: World, change: Callable[[World], Chooses]) -> None:
    """A write to a member is answered and ended, and the run is killed before the store is recorded with it."""
    apply(world)
    kill_at(world, change(world), answered=False)
    apply(world)
    assert_settled(world)


@pytest.mark.thorough
@pytest.mark.parametrize("change", CHANGES, ids=lambda each: each.__name__)
def test_what_a_failed_run_did_to_members_is_no_drift(world: World, change: Callable[[World], Chooses]) -> None:
    """The same, where the run goes on to its end."""
    apply(world)
    failed = world.run(*APPLY, rule=Refuse(change(world), 400))
    assert failed.code == 1, failed.said
    apply(world)
    assert_settled(world)


@pytest.mark.thorough
def test_a_member_that_a_killed_run_attached_leaves_where_the_manifest_goes_back(world: World) -> None:
    """The file itself stays, since another store holds it."""
    world.write("more.yaml", "vector_stores: {more: {files: [more/c.txt]}}")
    world.write("more/c.txt", "gamma")
    apply(world)
    world.edit("notes.yaml", '"notes/*.txt"', '"notes/*.txt", more/c.txt')
    kill_at(world, after_a_write(asks("GET", "/files")))
    world.edit("notes.yaml", '"notes/*.txt", more/c.txt', '"notes/*.txt"')
    apply(world)
    client = world.client()
    held = {store.name: len(list(client.vector_stores.files.list(store.id))) for store in client.vector_stores.list()}
    assert held == {"notes": 2, "more": 1}
    assert_settled(world)
