"""A plan that people have reviewed: what is in it is done, what is not is not."""

from __future__ import annotations

import json
import re
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioner.state.records import digest
from tests.chaos.rules import Kill, Refuse, first
from tests.chaos.world import World
from tests.guards.steps import SETTINGS, apply, assert_refused, assert_settled, counts, put_state, state_of, writes
from tests.warm.forks import KILLED

pytestmark = pytest.mark.thorough

APPLIED = {"files": 2, "stores": 1, "agents": 1}


@pytest.fixture
def reviewed(world: World) -> Path:
    """The plan of everything, written down."""
    return write_plan(world)


def write_plan(world: World, *options: str) -> Path:
    path = world.root / "reviewed.plan"
    planned = world.run("plan", "--out", str(path), *options)
    assert planned.code == 0, planned.said
    assert f" apply {path}" in planned.err
    return path


def rewrite(path: Path, **fields: object) -> None:
    """Changes fields of a plan file as one does who can also work out its digest."""
    body = json.loads(path.read_text(encoding="utf-8"))
    body.pop("digest")
    body |= fields
    path.write_text(json.dumps({**body, "digest": digest(body)}), encoding="utf-8")


def test_what_was_reviewed_is_applied_without_a_question(world: World, reviewed: Path) -> None:
    assert writes(world) == []
    applied = world.run("apply", str(reviewed))
    assert applied.code == 0, applied.said
    assert counts(world) == APPLIED
    assert_settled(world)


def test_it_is_shown_as_it_was_made(world: World, reviewed: Path) -> None:
    planned = json.loads(world.run("plan", "--json").out)
    shown = world.run("show", str(reviewed))
    assert "+ vector_store.notes" in shown.out
    assert "Plan: 5 to create" in shown.out
    assert json.loads(world.run("show", str(reviewed), "--json").out)["changes"] == planned["changes"]


def test_applied_twice_it_has_nothing_left_to_do(world: World, reviewed: Path) -> None:
    assert world.run("apply", str(reviewed)).code == 0
    again = world.run("apply", str(reviewed))
    assert (again.code, writes(world)) == (0, [])


def test_a_plan_that_another_apply_has_partly_fulfilled_still_applies(world: World, reviewed: Path) -> None:
    apply(world, "--only", "vector_store.notes")
    applied = world.run("apply", str(reviewed))
    assert applied.code == 0, applied.said
    assert counts(world) == APPLIED
    assert_settled(world)


def test_a_plan_whose_apply_failed_half_way_still_applies(world: World, reviewed: Path) -> None:
    failed = world.run("apply", str(reviewed), rule=Refuse(first("POST", "/vector_stores"), 400))
    assert failed.code == 1
    assert counts(world) == {"files": 2, "agents": 1}
    assert world.run("apply", str(reviewed)).code == 0
    assert counts(world) == APPLIED
    assert_settled(world)


def test_a_plan_whose_apply_was_killed_still_applies(world: World, reviewed: Path) -> None:
    assert world.run_and_kill(Kill(6, answered=True), "apply", str(reviewed)) == KILLED
    assert world.run("apply", str(reviewed), "--grace", "0").code == 0
    assert counts(world) == APPLIED
    assert_settled(world)


def test_a_file_that_went_missing_makes_another_store(world: World, reviewed: Path) -> None:
    (world.root / "manifests/notes/b.txt").unlink()
    assert_refused(world, world.run("apply", str(reviewed)), 3, "not reviewed: vector_store.notes (create)")


def test_only_stays_only(world: World) -> None:
    reviewed = write_plan(world, "--only", "assistant.poet")
    assert world.run("apply", str(reviewed)).code == 0
    assert counts(world) == {"agents": 1}


def edit_instructions(world: World) -> str:
    world.edit("notes.yaml", "Rhyme.", "Rhyme well.")
    return "assistant.poet (update)"


def edit_a_file(world: World) -> str:
    world.write("notes/a.txt", "ALPHA")
    return 'file["manifests/notes/a.txt"] (replace)'


def add_an_assistant(world: World) -> str:
    world.write("more.yaml", "assistants: {critic: {instructions: Judge., target: agents}}")
    return "assistant.critic (create)"


def delete_behind_the_back(world: World) -> str:
    client = world.client()
    for agent in client.beta.agents.list():
        client.beta.agents.delete(agent.id)
    return "assistant.poet (create)"


def change_behind_the_back(world: World) -> str:
    client = world.client()
    for agent in client.beta.agents.list():
        client.beta.agents.update(agent.id, instructions="Do not rhyme.")
    return "assistant.poet (update)"


UNREVIEWED: list[Callable[[World], str]] = [
    edit_instructions,
    edit_a_file,
    add_an_assistant,
    delete_behind_the_back,
    change_behind_the_back,
]


@pytest.mark.parametrize("interfere", UNREVIEWED, ids=lambda each: each.__name__)
def test_what_was_not_reviewed_is_named_and_stops_everything(world: World, interfere: Callable[[World], str]) -> None:
    apply(world)
    world.write("third.yaml", "assistants: {third: {instructions: Count., target: agents}}")
    reviewed = write_plan(world)
    name = interfere(world)
    before = counts(world)
    ended = world.run("apply", str(reviewed))
    assert_refused(world, ended, 3, f"not reviewed: {name}", "nothing was changed", "provision plan --out FILE")
    assert "assistant.third" not in ended.said.rpartition("not reviewed:")[2]
    assert counts(world) == before


def test_an_edit_after_the_review_of_a_first_plan(world: World, reviewed: Path) -> None:
    edit_instructions(world)
    assert_refused(world, world.run("apply", str(reviewed)), 3, "not reviewed: assistant.poet (create)")
    assert counts(world) == {}


def test_less_than_was_reviewed_may_be_done(world: World, reviewed: Path) -> None:
    world.edit("notes.yaml", "  poet: {instructions: Rhyme., target: agents}\n", "")
    assert world.run("apply", str(reviewed)).code == 0
    assert counts(world) == {"files": 2, "stores": 1}


def test_another_account(world: World, reviewed: Path) -> None:
    ended = world.run("apply", str(reviewed), env={"OPENAI_PROJECT_ID": "proj_other"})
    assert_refused(world, ended, 3, "the plan was made for account", "proj_other", "nothing was changed")


def test_another_project(world: World, reviewed: Path) -> None:
    world.write("provision.yaml", SETTINGS.replace("project: test", "project: other"))
    ended = world.run("apply", str(reviewed))
    assert_refused(world, ended, 3, "the plan was made for project test, and this is other")


def test_another_environment(world: World) -> None:
    world.write("provision.yaml", SETTINGS + "environments: {dev: {}, prod: {}}\n")
    reviewed = write_plan(world, "--env", "dev")
    ended = world.run("apply", str(reviewed), "--env", "prod")
    assert_refused(world, ended, 3, "the plan was made for environment dev, and this is prod")


def test_another_state(world: World) -> None:
    apply(world)
    world.edit("notes.yaml", "Rhyme.", "Rhyme well.")
    reviewed = write_plan(world)
    state = state_of(world)
    put_state(world, {**state, "lineage": "another"})
    assert_refused(world, world.run("apply", str(reviewed)), 3, "made from another state (its lineage differs)")


def test_a_protected_environment_still_wants_its_name(world: World) -> None:
    world.write("provision.yaml", SETTINGS + "environments: {prod: {protected: true}}\n")
    reviewed = write_plan(world, "--env", "prod")
    ended = world.run("apply", str(reviewed), "--env", "prod")
    assert_refused(world, ended, 3, "environment prod is protected", "--confirm prod")
    assert world.run("apply", str(reviewed), "--env", "prod", "--confirm", "prod").code == 0


def test_a_plan_with_blockers_is_refused_even_when_they_are_gone(world: World) -> None:
    world.edit("notes.yaml", "target: agents}", "target: agents, lifecycle: {protect: true}}")
    apply(world)
    world.edit("notes.yaml", "  poet: {instructions: Rhyme., target: agents, lifecycle: {protect: true}}\n", "")
    path = world.root / "reviewed.plan"
    assert world.run("plan", "--out", str(path)).code == 3
    ended = world.run("apply", str(path))
    assert_refused(world, ended, 3, "could not be applied when it was made")
    assert counts(world) == APPLIED


def test_a_plan_with_errors_is_refused(world: World, reviewed: Path) -> None:
    wrong = {"severity": "error", "message": "Impossible.", "place": None, "address": None}
    rewrite(reviewed, diagnostics=[wrong])
    assert_refused(world, world.run("apply", str(reviewed)), 3, "could not be applied when it was made")


def test_a_plan_that_is_too_old(world: World, reviewed: Path) -> None:
    rewrite(reviewed, created=time.time() - 3600)
    ended = world.run("apply", str(reviewed), "--max-age", "30")
    assert_refused(world, ended, 3, "the plan is 60 minutes old, and --max-age allows 30")
    assert world.run("apply", str(reviewed), "--max-age", "90").code == 0


def test_a_plan_that_was_edited_by_hand(world: World, reviewed: Path) -> None:
    text = reviewed.read_text(encoding="utf-8")
    reviewed.write_text(text.replace("Rhyme.", "Rob."), encoding="utf-8")
    for command in ("apply", "show"):
        ended = world.run(command, str(reviewed))
        assert_refused(world, ended, 3, "is not as provision wrote it: its digest does not fit", "make the plan anew")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'{"digest": 1}', b"\xff\xfe", b'{"format": 1', b"[" * 9999]
)
def test_a_file_that_is_no_plan(world: World, content: bytes) -> None:
    path = world.root / "torn.plan"
    path.write_bytes(content)
    for command in ("apply", "show"):
        assert_refused(world, world.run(command, str(path)), 1, "torn.plan", "provision plan --out FILE")


def test_a_plan_cut_off_anywhere(world: World, reviewed: Path) -> None:
    data = reviewed.read_bytes()
    for length in range(0, len(data) - 2, len(data) // 10):
        reviewed.write_bytes(data[:length])
        assert_refused(world, world.run("show", str(reviewed)), 1, "is not a plan that provision wrote")


def test_a_plan_of_a_later_version(world: World, reviewed: Path) -> None:
    rewrite(reviewed, format=99)
    assert_refused(world, world.run("apply", str(reviewed)), 1, "has format 99", "make the plan anew")


def test_a_plan_that_is_not_there(world: World) -> None:
    assert_refused(world, world.run("apply", "nowhere.plan"), 1, "nowhere.plan cannot be read")


def test_a_place_that_cannot_be_written(world: World) -> None:
    (world.root / "file").write_text("in the way", encoding="utf-8")
    ended = world.run("plan", "--out", str(world.root / "file" / "reviewed.plan"))
    assert_refused(world, ended, 1, "reviewed.plan cannot be written: Not a directory")


def test_it_is_its_owners_only_even_over_a_file_that_is_there(world: World) -> None:
    path = world.root / "reviewed.plan"
    path.touch()
    path.chmod(0o644)
    write_plan(world)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_digest_covers_every_field(reviewed: Path) -> None:
    body = json.loads(reviewed.read_text(encoding="utf-8"))
    claimed = body.pop("digest")
    assert re.fullmatch("[0-9a-f]{64}", claimed)
    assert digest(body) == claimed
