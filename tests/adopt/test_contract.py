"""The contract of every type whose objects can be imported: it is taken over in place, and nothing else is touched."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.core.objecttype import FILE, SKILL, TYPES
from tests.adopt.objects import SAMPLES, THEIRS, Sample, read
from tests.chaos.world import World
from tests.guards.steps import apply, assert_settled, counts, state_of

pytestmark = pytest.mark.filterwarnings("ignore:deprecated")  # the SDK's word on the Assistants API

EVERY = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)


def test_every_importable_type_has_a_sample() -> None:
    assert {*SAMPLES, FILE.name, SKILL.name} == {each.name for each in TYPES.values() if each.is_importable}


def start(world: World, sample: Sample, *, edited: bool = False) -> str:
    """Others make the object; the manifests import it, as it is or with a difference."""
    id = sample.make(world.client())
    manifest = sample.manifest.replace(*sample.edit) if edited else sample.manifest
    world.write("notes.yaml", sample.import_of(id) + manifest)
    return id


def record_of(world: World, sample: Sample) -> dict[str, Any]:
    record: dict[str, Any] = state_of(world)["records"][sample.address]
    return record


@pytest.mark.first_case_is_quick
@EVERY
def test_what_matches_is_adopted_unchanged(world: World, sample: Sample) -> None:
    id = start(world, sample)
    before, there = read(world, sample, id), counts(world)
    planned = world.run("plan", "--detailed-exitcode")
    assert planned.code == 2, planned.said
    assert f"{id} exists already and is taken over" in planned.out
    apply(world)
    after = read(world, sample, id)
    ours = (
        {"metadata", "name", "updated_at"} if sample.address.startswith("environment") else {"metadata", "updated_at"}
    )
    assert {k: v for k, v in after.items() if k not in ours} == {k: v for k, v in before.items() if k not in ours}
    if "metadata" in before:
        assert after["metadata"]["team"] == THEIRS["team"]
        assert after["metadata"]["provision_owner"] == f"test/default/{sample.address}"
    assert counts(world).items() >= there.items()
    assert record_of(world, sample)["id"] == id
    assert record_of(world, sample)["adopted"] is True
    assert_settled(world)


@pytest.mark.first_case_is_quick
@EVERY
def test_what_differs_is_shown_and_updated(world: World, sample: Sample) -> None:
    id = start(world, sample, edited=True)
    name, value = sample.changed
    planned = world.run("plan")
    assert f"{name} differs from the manifest" in planned.out, planned.said
    apply(world)
    assert read(world, sample, id)[name] == value
    assert_settled(world)


@pytest.mark.first_case_is_quick
@EVERY
def test_what_leaves_is_forgotten_and_stays(world: World, sample: Sample) -> None:
    id = start(world, sample)
    before = read(world, sample, id)
    apply(world)
    world.write("notes.yaml", "assistants: {}\n")
    planned = world.run("plan")
    assert "it was adopted, so it stays at OpenAI; its mark is removed" in planned.out, planned.said
    apply(world)
    after = read(world, sample, id)
    assert after["name"] == before["name"]
    if "metadata" in before:
        assert not [key for key in after["metadata"] if key.startswith("provision_")]
        assert after["metadata"].items() >= before["metadata"].items()
    assert sample.address not in state_of(world)["records"]
