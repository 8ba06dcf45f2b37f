"""What must not be taken over is an error of the plan, at the place of the import, and nothing is written."""

from __future__ import annotations

import pytest

from tests.chaos.rules import asks
from tests.chaos.world import World
from tests.guards.kills import kill_at
from tests.guards.steps import apply, assert_refused, state_of

pytestmark = pytest.mark.filterwarnings("ignore:deprecated")  # the SDK's word on the Assistants API


def imports(*pairs: tuple[str, str]) -> str:
    return "imports:\n" + "".join(f"  - {{to: {to}, id: {id}}}\n" for to, id in pairs)


def test_every_object_that_must_stay_as_it_is_is_named(world: World) -> None:
    world.write("notes.yaml", "vector_stores: {kept: {}}\n")
    apply(world)
    kept = state_of(world)["records"]["vector_store.kept"]["id"]
    stores = world.client().vector_stores
    marked = {"provision_owner": "shop/prod/vector_store.a", "provision_lineage": "1234/op_1"}
    elsewhere = {"provision_owner": "test/default/vector_store.b", "provision_lineage": "1234/op_1"}
    ids = [
        ("vector_store.theirs", stores.create(metadata=dict(marked)).id),
        ("vector_store.former", stores.create(metadata=dict(elsewhere)).id),
        ("vector_store.full", stores.create(metadata={f"key-{number}": "x" for number in range(15)}).id),
        ("vector_store.gone", "vs_0000"),
    ]
    ids.append(("vector_store.second", kept))
    names = "".join(f"  {to.partition('.')[2]}: {{}}\n" for to, _ in ids)
    world.write("notes.yaml", f"{imports(*ids)}vector_stores:\n  kept: {{}}\n{names}")
    refused = world.run("apply", "--yes", "--grace", "0")
    assert_refused(
        world,
        refused,
        1,
        "manifests/notes.yaml:2:31: error: vector_store.theirs: its mark says that it belongs to shop/prod/",
        "another state of this project (lineage 1234)",
        "would have 17 metadata keys",
        "there is no vector store vs_0000 in this account",
        f"{kept} is recorded as vector_store.kept already",
    )
    assert "0 to adopt" not in refused.said


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


@pytest.mark.thorough
def test_what_an_interrupted_run_made_is_not_imported_elsewhere(world: World) -> None:
    world.write("notes.yaml", "vector_stores: {a: {name: a}}\n")
    kill_at(world, asks("POST", "/vector_stores"), answered=True)
    [made] = world.client().vector_stores.list()
    world.write("notes.yaml", imports(("vector_store.b", made.id)) + "vector_stores: {a: {name: a}, b: {name: b}}\n")
    refused = world.run("apply", "--yes", "--grace", "0")
    message = f"{made.id} may be what an interrupted run made for vector_store.a (manifests/notes.yaml:3:17)"
    assert_refused(world, refused, 1, message, "run `provision apply`, which finishes that run")
    world.write("notes.yaml", "vector_stores: {a: {name: a}, b: {name: b}}\n")
    apply(world)
    assert state_of(world)["records"]["vector_store.a"]["id"] == made.id


def test_objects_are_read_from_lists_that_are_read_anyway(world: World) -> None:
    stores = world.client().vector_stores
    ids = [(f"vector_store.s{number}", stores.create(name=f"s{number}").id) for number in range(12)]
    names = "".join(f"  {to.partition('.')[2]}: {{}}\n" for to, _ in ids)
    world.write("notes.yaml", f"{imports(*ids)}vector_stores:\n{names}")
    planned = world.run("plan")
    assert "12 to adopt" in planned.out, planned.said
    paths = [each.path for each in world.proxy.exchanges]
    assert not [path for path in paths if path in {f"/v1/vector_stores/{id}" for _, id in ids}]
