"""Adopting a store with many files: how many calls that takes. A whole run (`--whole`) tries a thousand files."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from provisioner.planning.diff.completion import MOST_COMPLETED, MOST_COMPLETED_OF_MANY
from tests.adopt.objects import SAMPLES
from tests.chaos.world import World
from tests.guards.steps import apply, assert_settled, writes

STORE = SAMPLES["vector_store"]
#: The most calls of an apply that adopts the store, besides the uploads of new files.
MOST_CALLS = 40
#: The call that changes the attributes of one file of a store.
DESCRIBE = re.compile(r"POST /v1/vector_stores/[^/]+/files/[^/]+")


def begin(world: World, count: int, known: int) -> None:
    """Others have a store with `count` files, of which `known` are here too; as many files are here."""
    client = world.client()

    def upload(number: int) -> str:
        name = f"theirs-{number}.md" if number >= known else f"page-{number}.md"
        return client.files.create(file=(name, f"page {number}".encode()), purpose="assistants").id

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(upload, range(count)))
    store = STORE.make(client)
    for start in range(0, count, 500):
        client.vector_stores.file_batches.create_and_poll(store, file_ids=ids[start : start + 500])
    for number in range(count):
        name = f"ours-{number}.md" if number >= known else f"page-{number}.md"
        world.write(f"docs/{name}", f"page {number}")
    world.write("notes.yaml", STORE.import_of(store) + 'vector_stores:\n  handbook: {files: ["docs/*.md"]}\n')


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_nine_tenths_of_the_files_are_recognized(
    world: World, whole: bool, record_property: Callable[[str, object], None]
) -> None:
    count, known = (1_000, 900) if whole else (150, 135)
    begin(world, count, known)
    planned = world.run("plan")
    assert f"{count - known} create, {known} adopt" in planned.out, planned.said
    left = known - min(MOST_COMPLETED_OF_MANY, known - MOST_COMPLETED - 1)
    assert f"files: {known} of {count} are in it already, and are neither uploaded nor indexed again" in planned.out
    assert f"files: {left} stay without the attributes that provision adds" in planned.out
    apply(world)
    calls = [f"{each.method} {each.path}" for each in world.proxy.exchanges]
    uploads = [call for call in calls if call == "POST /v1/files"]
    assert len(uploads) == count - known
    described = [call for call in calls if DESCRIBE.fullmatch(call)]
    assert len(described) == known - left
    record_property("calls besides uploads", len(calls) - len(uploads))
    assert len(calls) - len(uploads) <= MOST_CALLS, [call for call in calls if call not in uploads]
    assert_settled(world)
    assert writes(world) == []
