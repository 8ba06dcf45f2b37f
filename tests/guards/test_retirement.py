"""Objects that were replaced and are kept for a time: what they use stays, and no reviewed plan is stopped."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.rules import asks
from tests.chaos.world import World, read_account
from tests.guards.kills import kill_at
from tests.guards.steps import apply, assert_settled, counts, put_state, state_of, writes

KEPT = "lifecycle: {retire_after: 3600}"
CODER = f"""\
assistants:
  coder: {{target: agents, instructions: Count., environment: {{files: [notes/a.txt]}}, {KEPT}}}
"""
SHOWN = "is kept as long as the replaced object or the release that uses it"


def end_time(world: World) -> None:
    """Lets the time be over in which retired objects, and what former releases use, are kept."""
    state = state_of(world)
    for entry in state["retired"]:
        entry["since"] -= 7200
    put_state(world, state)
    for index in world.state_file.parent.glob("default.releases/index*"):
        text = index.read_text(encoding="utf-8")
        index.write_text(re.sub(r'"held_until": [\d.]+', '"held_until": 1', text), encoding="utf-8")


def retired(world: World) -> dict[str, Any]:
    """What is retired, by address."""
    return {entry["address"]: entry for entry in state_of(world)["retired"]}


@pytest.fixture
def coder(world: World) -> World:
    """An agent with an environment, kept for an hour, moves to `responses`, where it has none."""
    world.rewrite({"provision.yaml": (world.root / "manifests/provision.yaml").read_text(), "coder.yaml": CODER})
    world.write("notes/a.txt", "alpha")
    apply(world)
    return world


def move(world: World) -> None:
    text = f"assistants: {{coder: {{instructions: Count., {KEPT}}}}}"
    world.write("coder.yaml", text)


@pytest.mark.thorough
def test_an_agent_that_is_kept_keeps_its_template_and_its_files(coder: World) -> None:
    before = counts(coder)
    move(coder)
    planned = coder.run("plan")
    assert planned.out.count(SHOWN) == 2
    applied = apply(coder)
    assert applied.said.count("which uses it") == 2
    assert counts(coder) == before == {"files": 1, "agents": 1, "templates": 1}
    assert set(state_of(coder)["records"]) == {"assistant.coder"}
    assert set(retired(coder)) == {"assistant.coder", "environment.coder", 'file["manifests/notes/a.txt"]'}
    assert_settled(coder)
    apply(coder)
    assert writes(coder) == []


@pytest.mark.thorough
def test_they_leave_together_when_their_time_is_over(coder: World) -> None:
    move(coder)
    apply(coder)
    end_time(coder)
    apply(coder)
    assert [each.rpartition("/")[0] for each in writes(coder)] == [
        "DELETE /v1/agents",
        "DELETE /v1/agents/environments/templates",
        "DELETE /v1/files",
    ]
    assert counts(coder) == {}
    assert_settled(coder)


@pytest.mark.thorough
def test_destroy_waits_for_no_time(coder: World) -> None:
    move(coder)
    apply(coder)
    assert coder.run("destroy", "--yes").code == 0
    assert read_account(coder).ids() == set()


@pytest.mark.thorough
def test_a_kill_in_the_middle_loses_nothing_of_it(coder: World) -> None:
    move(coder)
    coder.write("more.yaml", "assistants: {poet: {instructions: Rhyme., target: agents}}")
    kill_at(coder, asks("POST", "/agents"))
    apply(coder)
    assert counts(coder) == {"files": 1, "agents": 2, "templates": 1}
    assert {"assistant.coder", "environment.coder"} <= set(retired(coder))


def test_without_a_time_all_of_it_goes_at_once(world: World) -> None:
    world.rewrite({"provision.yaml": (world.root / "manifests/provision.yaml").read_text()})
    world.write("notes/a.txt", "alpha")
    world.write("coder.yaml", CODER.replace(f", {KEPT}", ""))
    apply(world)
    world.write("coder.yaml", "assistants: {coder: {instructions: Count.}}")
    apply(world)
    assert counts(world) == {}


@pytest.mark.thorough
def test_a_store_that_is_kept_keeps_its_files(world: World) -> None:
    world.edit("notes.yaml", 'files: ["notes/*.txt"]', f'files: ["notes/*.txt"], {KEPT}')
    apply(world)
    world.edit("notes.yaml", 'files: ["notes/*.txt"]', 'files: ["notes/a.txt"], description: One.')
    world.write("notes/a.txt", "ALPHA")
    apply(world)
    assert counts(world) == {"files": 3, "stores": 2, "agents": 1}
    old = retired(world)["vector_store.notes"]["id"]
    assert len(list(world.client().vector_stores.files.list(old))) == 2
    assert_settled(world)
    end_time(world)
    apply(world)
    assert counts(world) == {"files": 1, "stores": 1, "agents": 1}
    assert_settled(world)


@pytest.mark.thorough
def test_a_store_is_kept_with_the_assistant_that_is_kept(world: World) -> None:
    kept = f"instructions: Read., target: assistants, {KEPT}"
    world.edit("notes.yaml", "instructions: Read.", kept.replace(", ", "\n    "))
    apply(world)
    tools = "tools: [{type: file_search, vector_stores: [notes]}]"
    world.edit("notes.yaml", "target: assistants", "target: responses")
    world.edit("notes.yaml", tools, "tools: []")
    world.edit("notes.yaml", '  notes: {files: ["notes/*.txt"]}', "  other: {name: other}")
    apply(world)
    assert counts(world) == {"files": 2, "stores": 2, "agents": 1, "assistants": 1}
    assert_settled(world)
    end_time(world)
    apply(world)
    assert counts(world) == {"stores": 1, "agents": 1}


# Reviewed plans


def write_plan(world: World) -> Path:
    path = world.root / "reviewed.plan"
    assert world.run("plan", "--out", str(path)).code == 0
    return path


@pytest.mark.thorough
def test_a_time_that_comes_after_the_review_stops_no_plan(world: World) -> None:
    world.write("alpha.yaml", f"files: {{alpha: {{path: notes/a.txt, {KEPT}}}}}")
    apply(world)
    world.write("notes/a.txt", "omega")
    apply(world)
    old = retired(world)["file.alpha"]["id"]
    world.edit("notes.yaml", "Rhyme.", "Rhyme well.")
    path = write_plan(world)
    end_time(world)
    applied = world.run("apply", str(path))
    assert applied.code == 0, applied.said
    assert "not deleted by this plan: file.alpha (delete)" in applied.said
    assert len(writes(world)) == 1
    assert retired(world)["file.alpha"]["id"] == old
    apply(world)
    assert writes(world) == [f"DELETE /v1/files/{old}"]
    assert_settled(world)


@pytest.mark.thorough
def test_what_is_kept_for_another_stops_no_plan_either(coder: World) -> None:
    move(coder)
    apply(coder)
    coder.write("more.yaml", "assistants: {poet: {instructions: Rhyme.}}")
    path = write_plan(coder)
    end_time(coder)
    assert coder.run("apply", str(path)).code == 0
    assert writes(coder) == []
    apply(coder)
    assert counts(coder) == {}


@pytest.mark.thorough
def test_a_plan_that_is_about_nothing_else_is_applied_and_does_nothing(coder: World) -> None:
    move(coder)
    apply(coder)
    path = write_plan(coder)
    end_time(coder)
    applied = coder.run("apply", str(path), env={"CI": "true"})
    assert (applied.code, writes(coder)) == (0, [])


@pytest.mark.thorough
def test_a_deletion_that_was_reviewed_is_done(coder: World) -> None:
    move(coder)
    apply(coder)
    end_time(coder)
    path = write_plan(coder)
    assert coder.run("apply", str(path)).code == 0
    assert counts(coder) == {}


@pytest.mark.thorough
def test_a_file_that_names_another_replaced_object_deletes_nothing(coder: World) -> None:
    move(coder)
    apply(coder)
    end_time(coder)
    path = write_plan(coder)
    body: Mapping[str, Any] = json.loads(path.read_text())
    shown = [change for change in body["changes"] if change["address"] == "assistant.coder"]
    assert [change["action"] for change in shown] == ["delete"]
    state = state_of(coder)
    (entry,) = [entry for entry in state["retired"] if entry["address"] == "assistant.coder"]
    entry["id"] = "agent_another"
    put_state(coder, state)
    assert coder.run("apply", str(path)).code == 0
    assert "agent_another" not in " ".join(writes(coder))
