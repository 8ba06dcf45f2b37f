"""An apply that tests what it changes and rolls back what fails is killed at every call, to the API and to the state's
server; the same command, run again, leaves the release whose tests passed, and nothing to test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import product
from pathlib import Path

import pytest

from tests.chaos.declared import APPLY
from tests.chaos.keeping import Shelf
from tests.chaos.proxy import Junction, Rule
from tests.chaos.rules import Kill
from tests.chaos.sweeps import LOCK, MOMENTS, Bases
from tests.chaos.tally import Tally
from tests.chaos.world import Ended, World
from tests.chaos.worlds import new_world_in
from tests.warm.forks import KILLED

pytestmark = pytest.mark.thorough

WORDS = (*APPLY, "--test", "--rollback-on-failure", "--parallelism", "1")
GOOD, BAD = "당신은 CSV 파일을 읽는 비서입니다.", "Answer briefly."
SETTINGS = "project: test\nstate: ../state\ntarget: {target}\ndefaults: {{model: gpt-6-luna}}\n"
MANIFEST = f"""\
assistants:
  secretary:
    instructions: {GOOD}
    tools: [{{type: code_interpreter, container: {{files: [students.csv]}}}}]
  bystander: {{instructions: {GOOD}}}
tests:
  reads-the-file: {{assistant: secretary, input: 학생들의 나이를 알려 주세요., expect: {{contains: Alice 14}}}}
  answers: {{assistant: bystander, input: Hello., expect: {{contains: emulator}}}}
"""


def base(bases: Bases, target: str) -> World:
    """A project whose tests passed when it was applied, with a manifest that was changed for the worse since then."""
    key = f"tested, {target}"
    if key not in bases.made:
        world = bases.made[key] = new_world_in(bases.forks, bases.proxy, bases.folder / key)
        world.write("provision.yaml", SETTINGS.format(target=target))
        world.write("all.yaml", MANIFEST)
        world.write("students.csv", "name,age\nAlice,14\n")
        with world:
            ended = world.run(*WORDS)
            assert ended.code == 0, ended.said
        world.edit("all.yaml", f"    instructions: {GOOD}", f"    instructions: {BAD}")
    return bases.made[key]


def run_until_unlocked(world: World, *words: str) -> Ended:
    """Runs a command. A remote lock that the killed run held is taken away first, as the message says."""
    ended = world.run(*words)
    if found := LOCK.search(ended.err):
        assert world.run("state", "unlock", found[1]).code == 0
        ended = world.run(*words)
    return ended


def assert_rolled_back(world: World) -> None:
    """The same command completes the rollback: the secretary has the instructions whose tests passed, and nothing is
    left to apply or to test.
    """
    again = run_until_unlocked(world, *WORDS)
    assert again.code in (0, 4), again.said
    last = world.run(*WORDS)
    assert last.code == 0, last.said
    assert "Nothing to do" in last.out
    assert "is about what was applied." in last.err  # a password of the state's server is the word before
    assert not world.has_journal()
    tested = world.run("test", "--json")
    assert tested.code == 0, tested.said
    assert json.loads(tested.out)["summary"]["passed"] == 2
    assert GOOD in world.run("state", "show", "assistant.secretary").out


@contextmanager
def opened(world: World, shelf: Shelf | None) -> Iterator[tuple[World, Junction]]:
    """Starts the emulator of a world, whose state is on the shelf if there is one. Yields the world, and the junction
    whose calls are counted.
    """
    with ExitStack() as stack:
        if shelf is not None:
            world.keep(stack.enter_context(shelf.keep()))
        stack.enter_context(world)
        yield world, world.kept.spoiler if world.kept else world.proxy


def sweep(tally: Tally, original: World, folder: Path, moments: Sequence[str], shelf: Shelf | None = None) -> None:
    """Kills the run at each call to the API, or with a shelf at each call to the state's server."""
    with opened(original.copy(folder / "whole"), shelf) as (world, junction):
        junction.rule = Rule()
        ended = world.run(*WORDS)
        assert ended.code == 4, ended.said
        total = len(junction.exchanges)
        assert_rolled_back(world)
    for number, moment in tally.some(list(product(range(1, total + 1), moments)), 1):
        copy = original.copy(folder / f"{number}, {moment}")
        with tally.run(f"{moment} call {number} of {total}"), opened(copy, shelf) as (world, junction):
            kill = Kill(number, answered=moment == "after")
            assert world.run_and_kill(kill, *WORDS, at=junction) in (KILLED, 4)
            assert_rolled_back(world)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("target", ["responses", "assistants"])
def test_killed_at_every_call(bases: Bases, tmp_path: Path, target: str, moment: str, tally: Tally) -> None:
    tally.begin("killed in a tested apply that rolls back", target)
    sweep(tally, base(bases, target), tmp_path, (moment,))


@pytest.mark.parametrize("shelf", ["postgresql", "s3", "az", "git-daemon"], indirect=True)
def test_killed_at_every_call_to_the_store(bases: Bases, shelf: Shelf, tmp_path: Path, tally: Tally) -> None:
    tally.begin("killed in a tested apply that rolls back, at the state's server", f"state in {shelf.place.name}")
    sweep(tally, base(bases, "responses"), tmp_path, MOMENTS, shelf)
