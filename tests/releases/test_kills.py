"""A run is killed before each of its writes; no release is lost, and none is invented."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest

from provisioner.core.address import Address
from provisioner.engine.restoring import NO_ROLLBACKS
from tests.plan.account import Fault, Mode
from tests.releases.bench import TUTOR, Bench, to, tutor

TEMPLATE = "    environment: {{setup_commands: [echo {}]}}\n"


def _world(folder: Path, target: str) -> Bench:
    """A project in which two contents were applied."""
    bench = Bench(folder, target)
    for text in ("one", "two"):
        bench.write(_manifest(text, target))
        bench.settle()
    return bench


def _manifest(text: str, target: str) -> str:
    return tutor(text, TEMPLATE.format(text) if target == "agents" else "")


def _instructions(bench: Bench) -> str:
    return str(bench.record().inputs["instructions"])


@pytest.mark.thorough
@pytest.mark.parametrize("target", ["responses", "agents", "assistants"])
def test_a_rollback_that_is_killed_anywhere_is_finished_by_the_next(tmp_path: Path, target: str) -> None:
    bench = _world(tmp_path / "whole", target)
    bench.settle(to(1))
    total, calls = bench.writes, bench.account.writes
    assert total > 3
    deaths = [(each, None) for each in range(1, total + 1)]
    modes: tuple[Mode, ...] = ("killed before", "killed after", "lost", "unavailable", "refused")
    faults = [(None, Fault(step, mode)) for step, mode in itertools.product(range(calls), modes)]
    for number, (last, fault) in enumerate([*deaths, *faults]):
        bench = _world(tmp_path / str(number), target)
        bench.run(to(1), last=last, fault=fault)
        # Whatever the killed run did, a plain apply goes on with the rollback, or the manifest still counts.
        rolled = bench.record().pinned is not None
        if number % 2:
            bench.settle()
        if not (rolled and number % 2):
            bench.settle(to(1))
        assert _instructions(bench) == "one", (last, fault)
        assert bench.record().pinned is not None
        texts = bench.texts()
        assert texts[0] == "one"
        assert texts[-1] == "one"
        assert bench.releases_of()[-1].restores == 1, (last, fault)
        assert texts.count("two") == 1, (last, fault, texts)
        assert len(texts) in (3, 4), (last, fault, texts)
        shutil.rmtree(tmp_path / str(number))


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("target", ["responses", "agents", "assistants"])
def test_an_apply_that_is_killed_anywhere_loses_and_invents_no_release(tmp_path: Path, target: str) -> None:
    bench = _world(tmp_path / "whole", target)
    bench.write(_manifest("three", target))
    bench.settle()
    total = bench.writes
    for last in range(1, total + 1):
        bench = _world(tmp_path / str(last), target)
        bench.write(_manifest("three", target))
        bench.run(last=last)
        applied = _instructions(bench)
        bench.write(_manifest("four", target))
        bench.settle()
        wanted = ["one", "two", *(["three"] if applied == "three" else []), "four"]
        texts = [text for text, _ in itertools.groupby(bench.texts())]
        assert texts == wanted, last
        numbers = [each.number for each in bench.releases_of()]
        assert numbers == list(range(1, len(numbers) + 1))
        needed = bench.releases().index.needed()
        assert {bench.releases().index.text_name(each) for each in needed} <= bench.stored()


NAME = "    name: T\n"
COACH = Address("assistant", "coach")


def _rename(bench: Bench, text: str) -> None:
    moved = "moved: [{from: assistant.tutor, to: assistant.coach}]\n"
    bench.write(tutor(text, NAME).replace("tutor:", "coach:") + moved)


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("target", ["responses", "agents", "assistants"])
@pytest.mark.parametrize("pinned", [False, True])
def test_a_rename_that_is_killed_anywhere_keeps_the_releases_and_the_pin(
    tmp_path: Path, target: str, pinned: bool
) -> None:
    def world(folder: Path) -> Bench:
        bench = Bench(folder, target)
        for text in ("one", "two"):
            bench.write(tutor(text, NAME))
            bench.settle()
        if pinned:
            bench.settle(to(1))
        _rename(bench, "two" if pinned else "three")
        return bench

    bench = world(tmp_path / "whole")
    bench.settle()
    wanted = ["one", "two", "one" if pinned else "three"]
    assert bench.texts(COACH) == wanted
    for last in range(1, bench.writes + 1):
        bench = world(tmp_path / str(last))
        bench.run(last=last)
        bench.settle()
        assert bench.texts(COACH) == wanted, last
        assert [each.number for each in bench.releases_of(COACH)] == [1, 2, 3]
        assert (bench.record(COACH).pinned is not None) is pinned
        assert bench.texts(TUTOR) == (wanted if pinned else wanted[:2])


@pytest.mark.thorough
@pytest.mark.parametrize("target", ["responses", "agents", "assistants"])
def test_the_release_of_a_pin_that_is_killed_anywhere_is_finished(tmp_path: Path, target: str) -> None:
    bench = _world(tmp_path / "whole", target)
    bench.settle(to(1))
    bench.settle(to(None))
    for last in range(1, bench.writes + 1):
        bench = _world(tmp_path / str(last), target)
        bench.settle(to(1))
        bench.run(to(None), last=last)
        bench.settle(to(None) if bench.record().pinned else NO_ROLLBACKS)
        assert bench.texts() == ["one", "two", "one", "two"], last
        assert bench.record().pinned is None


def test_a_killed_run_leaves_its_release_in_the_list(definitions: Bench) -> None:
    definitions.write(tutor("one"))
    definitions.settle()
    definitions.write(tutor("two"))
    assert definitions.run(last=3) is None
    definitions.write(tutor("three"))
    definitions.settle()
    assert TUTOR in definitions.releases().index.releases
    assert Address("assistant", "coach") not in definitions.releases().index.releases
