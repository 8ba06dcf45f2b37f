"""The process is killed at every call of a rollback; rolling back again restores the release, and loses no other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.chaos.declared import APPLY, assert_as_declared, read_state
from tests.chaos.keeping import Shelf
from tests.chaos.sweeps import MOMENTS, Bases, Scene, Sweep, go_on
from tests.chaos.tally import Tally
from tests.chaos.world import World, read_account

#: The assistants that are rolled back, and what changes in their manifests after their first release.
EDITS = {
    "assistant.server-bot": ("assistants/server-bot.md", "친절하게", "간단하게"),
    "assistant.math-tutor": ("assistants.yaml", "python 코드", "python 프로그램"),
}
WORDS = ("rollback", *(f"{address}@1" for address in EDITS), *APPLY[1:])
UNPIN = ("rollback", "--release-pin")
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


def _rolled_back(bases: Bases, name: str) -> World:
    """The project after a rollback."""
    key = f"{name}, rolled back"
    if key not in bases.made:
        with _released_twice(bases, name).copy(bases.folder / key) as world:
            rolled = world.run(*WORDS)
            assert rolled.code == 0, rolled.said
        bases.made[key] = world
    return bases.made[key]


def _end_pins(world: World) -> None:
    """Ends the pins that the killed run has not ended. An apply completes the others."""
    pinned = [address for address in EDITS if "pinned to release" in world.run("state", "show", address).out]
    if pinned:
        go_on(world, *UNPIN, *pinned, *APPLY[1:])
    go_on(world, *APPLY)


def _assert_unpinned(world: World) -> None:
    """Both assistants have what their manifests say, as new releases, and no pin."""
    assert_as_declared(world)
    records = read_state(world)["records"]
    for address in EDITS:
        assert "pinned" not in records[address]
        history = json.loads(world.run("history", address, "--json").out)
        first, second, third, *others = (each["digest"] for each in history)
        assert (first, {second}) == (third, set(others)), history
        assert history[-1]["current"]
        assert [each["number"] for each in history] == list(range(1, len(history) + 1))


ROLLBACK = Scene("a rollback", WORDS, _released_twice, _assert_rolled_back)
UNPINNING = Scene("the end of a pin", (*UNPIN, *EDITS, *APPLY[1:]), _rolled_back, _assert_unpinned, _end_pins)
PLACES = ("postgresql", "s3", "az", "git-daemon")


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
@pytest.mark.parametrize("shelf", PLACES, indirect=True)
def test_killed_at_every_call_to_the_store_in_a_rollback(
    bases: Bases, shelf: Shelf, tmp_path: Path, tally: Tally
) -> None:
    tally.begin("killed in a rollback, at the state's server", f"state in {shelf.place.name}")
    for name in tally.some(TARGETS, 1):
        Sweep(ROLLBACK, bases, name, tmp_path / name, shelf, at_store=True).run(tally, "1")


@pytest.mark.thorough
@pytest.mark.parametrize("name", TARGETS)
def test_killed_at_every_call_when_a_pin_ends(bases: Bases, tmp_path: Path, name: str, tally: Tally) -> None:
    tally.begin("killed when a pin ends", name)
    Sweep(UNPINNING, bases, name, tmp_path).run(tally, "1")


@pytest.mark.thorough
@pytest.mark.parametrize("shelf", PLACES, indirect=True)
def test_killed_at_every_call_to_the_store_when_a_pin_ends(
    bases: Bases, shelf: Shelf, tmp_path: Path, tally: Tally
) -> None:
    tally.begin("killed when a pin ends, at the state's server", f"state in {shelf.place.name}")
    for name in tally.some(TARGETS, 1):
        Sweep(UNPINNING, bases, name, tmp_path / name, shelf, at_store=True).run(tally, "1")
