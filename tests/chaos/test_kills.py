"""The process is killed at every call to the API; applying again leaves the account as declared, nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.chaos.declared import APPLY, assert_converges, assert_nothing_is_left
from tests.chaos.forks import KILLED, Forks
from tests.chaos.projects import TARGETS, change_example, change_twenty, write_example, write_twenty
from tests.chaos.proxy import Proxy
from tests.chaos.rules import Kill
from tests.chaos.tally import Tally
from tests.chaos.world import World
from tests.chaos.worlds import NewWorld, new_world_in

Write = Callable[[World], None]

#: Target (or project), what is written first, and how it changes.
PROJECTS: dict[str, tuple[Write, Write]] = {
    **{target: (partial(write_example, target=target), change_example) for target in TARGETS},
    "twenty": (write_twenty, change_twenty),
}
#: One call at a time, so that every call is met; and many, so that others are under way.
PARALLELISM = ("16", "1")
DESTROY = ("destroy", *APPLY[1:])


@dataclass(frozen=True, slots=True)
class Bases:
    """Projects that are applied already, each made once: worlds to copy, not to open."""

    forks: Forks
    proxy: Proxy
    folder: Path
    made: dict[str, World]

    def applied(self, name: str) -> World:
        """The project as it was applied first."""
        if name not in self.made:
            with new_world_in(self.forks, self.proxy, self.folder / name) as world:
                PROJECTS[name][0](world)
                assert_converges(world)
            self.made[name] = world
        return self.made[name]

    def changed(self, name: str) -> World:
        """The same, with manifests that have changed since."""
        key = f"{name}, changed"
        if key not in self.made:
            self.made[key] = self.applied(name).copy(self.folder / key)
            PROJECTS[name][1](self.made[key])
        return self.made[key]


@pytest.fixture(scope="session")
def bases(forks: Forks, proxy: Proxy, tmp_path_factory: pytest.TempPathFactory) -> Bases:
    return Bases(forks, proxy, tmp_path_factory.mktemp("bases"), {})


@pytest.fixture(params=PROJECTS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


answered = pytest.mark.parametrize("answered", [False, True], ids=["before", "after"])


@answered
def test_killed_during_the_first_apply(new_world: NewWorld, name: str, answered: bool, tally: Tally) -> None:
    write, _ = PROJECTS[name]
    tally.begin("killed in a first apply", name)
    for parallelism in tally.some(PARALLELISM, 1):
        arguments = (*APPLY, "--parallelism", parallelism)
        with new_world() as world:
            write(world)
            total = count_calls(world, arguments)
        for number in tally.some(range(1, total + 1), 1):
            with tally.run(f"call {number} of {total}"), new_world() as world:
                write(world)
                assert world.run_and_kill(Kill(number, answered), *arguments) in (KILLED, 0)
                assert_converges(world)


@answered
def test_killed_while_things_change(bases: Bases, tmp_path: Path, name: str, answered: bool, tally: Tally) -> None:
    tally.begin("killed in an apply that changes", name)
    for parallelism in tally.some(PARALLELISM, 1):
        arguments = (*APPLY, "--parallelism", parallelism)
        with bases.changed(name).copy(tmp_path / f"{parallelism}-0") as world:
            total = count_calls(world, arguments)
        for number in tally.some(range(1, total + 1), 1):
            copy = tmp_path / f"{parallelism}-{number}"
            with tally.run(f"call {number} of {total}"), bases.changed(name).copy(copy) as world:
                assert world.run_and_kill(Kill(number, answered), *arguments) in (KILLED, 0)
                assert_converges(world)


@answered
def test_killed_while_everything_goes(bases: Bases, tmp_path: Path, name: str, answered: bool, tally: Tally) -> None:
    tally.begin("killed in a destroy", name)
    with bases.applied(name).copy(tmp_path / "0") as world:
        total = count_calls(world, DESTROY)
    for number in tally.some(range(1, total + 1), 1):
        with tally.run(f"call {number} of {total}"), bases.applied(name).copy(tmp_path / str(number)) as world:
            assert world.run_and_kill(Kill(number, answered), *DESTROY) in (KILLED, 0)
            again = world.run(*DESTROY)
            assert again.code == 0, again.said
            assert_nothing_is_left(world)


def count_calls(world: World, arguments: Sequence[str]) -> int:
    """How many requests a run makes that nobody disturbs."""
    ended = world.run(*arguments)
    assert ended.code == 0, ended.said
    return len(world.proxy.exchanges)
