"""The contract of every type: a renamed resource keeps its object, whatever else changes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chaos.world import World
from tests.guards.steps import apply, assert_settled, counts, state_of, writes
from tests.rename.samples import SAMPLES, Sample

pytestmark = pytest.mark.filterwarnings("ignore:deprecated")  # the SDK's word on the Assistants API

EVERY = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)


def records(world: World) -> dict[str, Any]:
    found: dict[str, Any] = state_of(world)["records"]
    return found


def identity(record: dict[str, Any]) -> Any:
    """What must stay: the id, or for a definition, whose id contains its name, its release."""
    return record.get("release") or record["id"]


@EVERY
@pytest.mark.parametrize("named", [True, False], ids=["by moved", "by itself"])
def test_a_renamed_resource_keeps_its_object(world: World, sample: Sample, named: bool) -> None:
    world.write("notes.yaml", sample.before())
    apply(world)
    before, live = records(world), counts(world)
    world.write("notes.yaml", (sample.moved() if named else "") + sample.after())
    planned = world.run("plan", "--detailed-exitcode")
    assert planned.code == 2, planned.said
    assert f"moved from {sample.kind}.old" in planned.out
    assert "delete" not in planned.out
    apply(world)
    after = records(world)
    assert not [each for each in writes(world) if each.startswith("DELETE")]
    assert counts(world) == live
    old, new = f"{sample.kind}.old", f"{sample.kind}.new"
    assert old not in after
    assert identity(after[new]) == identity(before[old])
    assert "marked" not in after[new]
    if "metadata" in after[new]["echo"]:
        assert after[new]["echo"]["metadata"]["provision_owner"] == f"test/default/{new}"
    if sample.derived:
        assert after[new]["echo"][sample.derived] == "new"
    assert_settled(world)


@EVERY
def test_a_rename_together_with_an_edit_keeps_the_object(world: World, sample: Sample) -> None:
    world.write("notes.yaml", sample.before())
    apply(world)
    before = records(world)[f"{sample.kind}.old"]
    world.write("notes.yaml", sample.moved() + sample.after(edited=True))
    apply(world)
    after = records(world)[f"{sample.kind}.new"]
    if sample.kind == "file":
        assert after["id"] != before["id"]  # another content is another upload
    elif "release" in before:
        assert after["release"] == before["release"] + 1
    else:
        assert after["id"] == before["id"]
    assert_settled(world)
