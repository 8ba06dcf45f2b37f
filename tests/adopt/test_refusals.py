"""What must not be taken over is an error of the plan, at the place of the import, and nothing is written."""

from __future__ import annotations

import pytest

from tests.chaos.world import World
from tests.guards.steps import apply, assert_refused

pytestmark = pytest.mark.filterwarnings("ignore:deprecated")  # the SDK's word on the Assistants API


def imports(*pairs: tuple[str, str]) -> str:
    return "imports:\n" + "".join(f"  - {{to: {to}, id: {id}}}\n" for to, id in pairs)


def test_without_a_look_nothing_is_adopted(world: World) -> None:
    id = world.client().vector_stores.create(name="a").id
    world.write("notes.yaml", imports(("vector_store.a", id)) + "vector_stores: {a: {name: a}}\n")
    assert_refused(world, world.run("plan", "--no-refresh"), 1, "plan without --no-refresh")


def test_an_import_of_what_is_recorded_has_no_effect(world: World) -> None:
    id = world.client().vector_stores.create(name="a").id
    world.write("notes.yaml", "vector_stores: {a: {name: a}}\n")
    apply(world)
    world.write("notes.yaml", imports(("vector_store.a", id)) + "vector_stores: {a: {name: a}}\n")
    planned = world.run("plan", "--detailed-exitcode")
    assert planned.code == 0
    assert f"warning: the import of {id} has no effect, because vector_store.a is recorded as vs_" in planned.said


def test_the_name_of_a_template_is_no_mark(world: World) -> None:
    id = world.client().beta.agents.environments.templates.create(name="ours/old op").id
    text = "assistants: {coder: {instructions: Code., target: agents, environment: {packages: {python: [a]}}}}\n"
    world.write("notes.yaml", imports(("environment.coder", id)) + text)
    assert f"{id} exists already and is taken over" in world.run("plan").out
