"""An adoption that is killed is found again by its mark, and adopted again if it did not arrive; nothing is made."""

from __future__ import annotations

import pytest

from tests.adopt.objects import SAMPLES, Sample, read
from tests.chaos.rules import asks
from tests.chaos.world import World
from tests.guards.kills import kill_at
from tests.guards.steps import apply, assert_settled, state_of

pytestmark = pytest.mark.filterwarnings("ignore:deprecated")  # the SDK's word on the Assistants API

STORE, TEMPLATE = SAMPLES["vector_store"], SAMPLES["environment_template"]


def begin(world: World, sample: Sample) -> str:
    id = sample.make(world.client())
    world.write("notes.yaml", sample.import_of(id) + sample.manifest)
    return id


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("sample", [STORE, TEMPLATE], ids=["vector_store", "environment_template"])
@pytest.mark.parametrize("answered", [True, False], ids=["carried out", "never heard"])
def test_a_killed_adoption_is_finished(world: World, sample: Sample, answered: bool) -> None:
    id = begin(world, sample)
    kill_at(world, asks("POST", f"/{id}"), answered=answered)
    if answered:
        assert f"an earlier run was interrupted after it adopted {id}" in world.run("plan").said
        world.write("notes.yaml", sample.manifest)
    apply(world)
    record = state_of(world)["records"][sample.address]
    assert (record["id"], record["adopted"]) == (id, True)
    assert_settled(world)


@pytest.mark.thorough
def test_a_state_that_is_rebuilt_knows_what_was_adopted(world: World) -> None:
    id = begin(world, STORE)
    apply(world)
    world.state_file.unlink()
    for path in (world.root / "state").rglob("*"):
        if path.is_file():
            path.unlink()
    assert world.run("state", "rebuild").code == 0
    assert state_of(world)["records"][STORE.address]["adopted"] is True
    world.write("notes.yaml", "vector_stores: {}\n")
    apply(world)
    assert read(world, STORE, id)["id"] == id
