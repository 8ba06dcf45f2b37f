"""The process is killed at every call of a rollback; rolling back again restores the release, and loses no other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.chaos.declared import APPLY, read_state
from tests.chaos.keeping import Shelf
from tests.chaos.sweeps import MOMENTS, Bases, Scene, Sweep
from tests.chaos.tally import Tally
from tests.chaos.world import World, read_account

#: The assistants that are rolled back, and what changes in their manifests after their first release.
EDITS = {
    "assistant.server-bot": ("assistants/server-bot.md", "친절하게", "간단하게"),
    "assistant.math-tutor": ("assistants.yaml", "python 코드", "python 프로그램"),
}
WORDS = ("rollback", *(f"{address}@1" for address in EDITS), *APPLY[1:])
TARGETS = ("responses", "agents", "assistants")


def _released_twice(bases: Bases, name: str) -> World:
    """The project after two applies with different instructions."""
    key = f"{name}, released twice"
    if key not in bases.made:
        with bases.applied(name).copy(bases.folder / key) as world:
            for path, old, new in EDITS.values():
                world.edit(path, old, new)
            applied = world.run(*APPLY)
            assert applied.code == 0, applied.said
        bases.made[key] = world
    return bases.made[key]


def _assert_rolled_back(world: World) -> None:
    """Both assistants have their first release again, and are pinned; no release is lost, and none is invented."""
    planned = world.run("plan", "--detailed-exitcode")
    assert planned.code == 0, planned.said
    assert not world.has_journal()
    records = read_state(world)["records"]
    recorded = {record["id"] for record in records.values() if record["type"] != "definition"}
    assert recorded == read_account(world).ids()
    for address in EDITS:
        assert records[address]["pinned"]["release"] == 1
        history = json.loads(world.run("history", address, "--json").out)
        first, second, *others = (each["digest"] for each in history)
        assert first != second
        assert others
        assert set(others) == {first}, history
        assert history[-1]["restores"] == 1
        assert history[-1]["current"]
        assert [each["number"] for each in history] == list(range(1, len(history) + 1))


ROLLBACK = Scene("a rollback", WORDS, _released_twice, _assert_rolled_back)


#: A short run has one kill of one target.
CASES = [
    pytest.param(name, moment, marks=() if (name, moment) == ("agents", "after") else pytest.mark.thorough)
    for name in TARGETS
    for moment in MOMENTS
]


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "moment"), CASES)
def test_killed_at_every_call_of_a_rollback(bases: Bases, tmp_path: Path, name: str, moment: str, tally: Tally) -> None:
    tally.begin("killed in a rollback", name)
    Sweep(ROLLBACK, bases, name, tmp_path).run(tally, "1", (moment,))


@pytest.mark.thorough
@pytest.mark.parametrize("shelf", ["postgresql", "s3"], indirect=True)
def test_killed_at_every_call_to_the_store_in_a_rollback(
    bases: Bases, shelf: Shelf, tmp_path: Path, tally: Tally
) -> None:
    tally.begin("killed in a rollback, at the state's server", f"state in {shelf.place.name}")
    for name in tally.some(TARGETS, 1):
        Sweep(ROLLBACK, bases, name, tmp_path / name, shelf, at_store=True).run(tally, "1")
