"""Live objects with our mark, and no state: lost, not written yet, or left in another place."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.chaos.proxy import Exchange, Rule
from tests.chaos.rules import Hold, asks, first
from tests.chaos.world import World
from tests.guards.kills import APPLY
from tests.guards.steps import SETTINGS, apply, assert_refused, assert_settled, counts, writes

LOST = "there is no state, but objects of test/default are live"
KINDS = {
    "agents": "assistants: {poet: {instructions: Rhyme., target: agents}}",
    "assistants": "assistants: {poet: {instructions: Rhyme., target: assistants}}",
    "stores": "vector_stores: {notes: {name: notes}}",
    "templates": "assistants: {poet: {target: agents, environment: {packages: {python: [numpy]}}}}",
}


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("kind", KINDS)
def test_destroy_looks_for_every_type(world: World, kind: str) -> None:
    world.rewrite({"provision.yaml": SETTINGS, "one.yaml": KINDS[kind]})
    apply(world)
    if kind == "templates":
        client = world.client()
        for agent in client.beta.agents.list():
            client.beta.agents.delete(agent.id)
    shutil.rmtree(world.root / "state")
    before = counts(world)
    assert kind in before
    assert_refused(world, world.run("destroy", "--yes"), 3, LOST, "provision state rebuild")
    assert counts(world) == before


def test_destroy_of_nothing_is_nothing_to_do(world: World) -> None:
    client = world.client()
    client.vector_stores.create(name="theirs", metadata={"provision_owner": "test/default-not/vector_store.x"})
    client.beta.agents.create(model="gpt-6-luna", name="theirs")
    ended = world.run("destroy", "--yes")
    assert (ended.code, writes(world)) == (0, [])
    assert "Nothing to do" in ended.out


def test_a_type_that_the_server_does_not_have_stops_no_destroy(world: World) -> None:
    assert world.emulator is not None
    world.emulator.kill()
    flags = ["--fail=* /assistants* 404", "--fail=GET /agents* 400"]
    world.emulator = world.forks.start("emulator", ["--data", str(world.data), *flags], world.home, world.environment())
    world.proxy.upstream = world.emulator.hear()
    assert world.run("destroy", "--yes").code == 0


class Both(Rule):
    """Two requests are held back, each until its own release."""

    def __init__(self, *rules: Rule) -> None:
        self.rules = rules

    def before(self, exchange: Exchange) -> bool:
        for rule in self.rules:
            rule.before(exchange)
        return False

    def after(self, exchange: Exchange) -> None:
        for rule in self.rules:
            rule.after(exchange)

    def end(self) -> None:
        for rule in self.rules:
            rule.end()


def test_a_plan_that_saw_a_first_apply_end_reads_its_state(world: World) -> None:
    hold = Hold(first("GET", "/vector_stores"))
    plan = world.start_and_hold(hold, "plan", "--detailed-exitcode")
    applying = world.start(*APPLY)
    assert applying.wait() == 0, applying.said()
    hold.release.set()
    planned = world.finish(plan)
    assert planned.code == 0, planned.said
    assert "Nothing to do" in planned.out
    assert "rebuild" not in planned.said


@pytest.mark.thorough
def test_a_plan_in_the_middle_of_a_first_apply_is_a_view_of_it(world: World) -> None:
    look, write = Hold(first("GET", "/vector_stores")), Hold(asks("POST", "/file_batches"), carried_out=True)
    world.proxy.rule = Both(look, write)
    plan = world.start("plan")
    assert look.reached.wait(60)
    applying = world.start(*APPLY)
    assert write.reached.wait(60)
    look.release.set()
    assert plan.wait() == 0, plan.said()
    assert "this is a preview, because another process is running" in plan.said()
    assert "rebuild" not in plan.said()
    write.release.set()
    assert applying.wait() == 0, applying.said()
    world.proxy.wait_until_idle()
    assert_settled(world)


def test_a_lock_that_nobody_holds_any_more_does_not_hide_a_lost_state(world: World) -> None:
    apply(world)
    for path in (world.root / "state").iterdir():
        if path.suffix != ".lock":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for command in (("plan",), APPLY):
        assert_refused(world, world.run(*command), 3, LOST, "provision state migrate", "provision state rebuild")


ENVIRONMENTS = "environments: {dev: {}, prod: {}, far: {state: ../elsewhere}}\n"


@pytest.fixture
def moved(world: World) -> Path:
    """Three environments, one of which keeps its state elsewhere; where they are to be moved to."""
    world.write("provision.yaml", SETTINGS + ENVIRONMENTS)
    for name in ("dev", "prod", "far"):
        apply(world, "--env", name)
    return world.root / "moved"


@pytest.mark.thorough
def test_a_migration_names_the_environments_that_it_left(world: World, moved: Path) -> None:
    first_one = world.run("state", "migrate", str(moved), "--env", "dev")
    assert first_one.code == 0, first_one.said
    assert f" state migrate {moved} --env prod" in first_one.said
    assert "--env far" not in first_one.said
    assert "--env dev" not in first_one.said
    second = world.run("state", "migrate", str(moved), "--env", "prod")
    assert second.code == 0, second.said
    assert "--env" not in second.said
    world.edit("provision.yaml", "state: ../state", "state: ../moved")
    for name in ("dev", "prod", "far"):
        assert world.run("plan", "--detailed-exitcode", "--env", name).code == 0


@pytest.mark.thorough
def test_a_migration_names_them_as_json_too(world: World, moved: Path) -> None:
    ran = world.run("state", "migrate", str(moved), "--env", "dev", "--json")
    assert ran.code == 0, ran.said
    body = json.loads(ran.out)
    assert (body["state"], body["serial"]) == (str(moved), 1)
    (left,) = body["left"]
    assert left["environment"] == "prod"
    assert left["command"].startswith("provision ")
    assert left["command"].endswith(f" state migrate {moved} --env prod")
    last = world.run("state", "migrate", str(moved), "--env", "prod", "--json")
    assert json.loads(last.out)["left"] == []


@pytest.mark.thorough
def test_what_an_interrupted_run_left_is_named_too(world: World, moved: Path) -> None:
    (world.root / "state/prod.json").rename(world.root / "state/prod.journal")
    first_one = world.run("state", "migrate", str(moved), "--env", "dev")
    assert first_one.code == 0, first_one.said
    assert "--env prod" in first_one.said
