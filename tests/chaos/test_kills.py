"""The process is killed at every call to the API; applying again leaves the account as declared, nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.chaos.declared import APPLY, assert_converges, assert_nothing_is_left
from tests.chaos.forks import KILLED
from tests.chaos.projects import TARGETS, change_example, change_twenty, write_example, write_twenty
from tests.chaos.rules import Kill
from tests.chaos.tally import Tally
from tests.chaos.world import World
from tests.chaos.worlds import NewWorld

Write = Callable[[World], None]

#: Target (or project), what is written first, and how it changes.
PROJECTS: dict[str, tuple[Write, Write]] = {
    **{target: (partial(write_example, target=target), change_example) for target in TARGETS},
    "twenty": (write_twenty, change_twenty),
}
#: How many places of each sweep the short run tries.
FEW = 2


@pytest.fixture(params=PROJECTS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("answered", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("parallelism", ["1", "16"])
def test_killed_during_the_first_apply(
    new_world: NewWorld, name: str, parallelism: str, answered: bool, tally: Tally
) -> None:
    write, _ = PROJECTS[name]
    tally.begin("killed in a first apply", name)
    arguments = (*APPLY, "--parallelism", parallelism)
    with new_world() as world:
        write(world)
        total = count_calls(world, arguments)
    for number in tally.some(range(1, total + 1), FEW):
        with tally.run(f"call {number} of {total}"), new_world() as world:
            write(world)
            assert world.run_and_kill(Kill(number, answered), *arguments) in (KILLED, 0)
            assert_converges(world)


@pytest.mark.parametrize("answered", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("parallelism", ["1", "16"])
def test_killed_while_things_change(
    new_world: NewWorld, tmp_path: Path, name: str, parallelism: str, answered: bool, tally: Tally
) -> None:
    write, change = PROJECTS[name]
    tally.begin("killed in an apply that changes", name)
    arguments = (*APPLY, "--parallelism", parallelism)
    with new_world() as first:
        write(first)
        assert_converges(first)
    change(first)
    with first.copy(tmp_path / "count") as world:
        total = count_calls(world, arguments)
    for number in tally.some(range(1, total + 1), FEW):
        with tally.run(f"call {number} of {total}"), first.copy(tmp_path / str(number)) as world:
            assert world.run_and_kill(Kill(number, answered), *arguments) in (KILLED, 0)
            assert_converges(world)


@pytest.mark.parametrize("answered", [False, True], ids=["before", "after"])
def test_killed_while_everything_goes(
    new_world: NewWorld, tmp_path: Path, name: str, answered: bool, tally: Tally
) -> None:
    write, _ = PROJECTS[name]
    tally.begin("killed in a destroy", name)
    arguments = ("destroy", *APPLY[1:])
    with new_world() as first:
        write(first)
        assert_converges(first)
    with first.copy(tmp_path / "count") as world:
        total = count_calls(world, arguments)
    for number in tally.some(range(1, total + 1), 1):
        with tally.run(f"call {number} of {total}"), first.copy(tmp_path / str(number)) as world:
            assert world.run_and_kill(Kill(number, answered), *arguments) in (KILLED, 0)
            again = world.run(*arguments)
            assert again.code == 0, again.said
            assert_nothing_is_left(world)


def count_calls(world: World, arguments: tuple[str, ...]) -> int:
    """How many requests a run makes that nobody disturbs."""
    ended = world.run(*arguments)
    assert ended.code == 0, ended.said
    return len(world.proxy.exchanges)
