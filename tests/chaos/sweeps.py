"""Sweeps: a command is run again and again, and killed at another call each time; then it is run to its end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

from tests.chaos.adopted_projects import ADOPTED
from tests.chaos.declared import APPLY, assert_as_declared, assert_converges, assert_nothing_is_left
from tests.chaos.keeping import Shelf
from tests.chaos.projects import (
    TARGETS,
    change_example,
    change_twenty,
    rename_example,
    rename_twenty,
    write_example,
    write_twenty,
)
from tests.chaos.proxy import Junction, Proxy, Rule
from tests.chaos.rules import Kill
from tests.chaos.sized_projects import SIZED
from tests.chaos.tally import Tally
from tests.chaos.world import World
from tests.chaos.worlds import new_world_in
from tests.warm.forks import KILLED, Forks

Write = Callable[[World], None]

#: Target (or project), what is written first, how it changes, and how its resources are renamed.
PROJECTS: dict[str, tuple[Write, Write, Write]] = {
    **{target: (partial(write_example, target=target), change_example, rename_example) for target in TARGETS},
    "twenty": (write_twenty, change_twenty, rename_twenty),
}
#: The same, with projects that adopt what others made, and with projects of the benchmarks' sizes.
WRITERS: dict[str, tuple[Write, ...]] = {**PROJECTS, **ADOPTED, **SIZED}
#: One call at a time, so that every call is met; and many, so that others are under way.
PARALLELISM = ("16", "1")
#: When a call's process is killed: before the call arrives, or after it is done and before that is heard.
MOMENTS = ("before", "after")
#: How somebody who comes too early is told which lock is in the way.
LOCK = re.compile(r"the state is locked by .+ \(lock ([0-9a-f]{12})\)")


@dataclass(frozen=True, slots=True)
class Bases:
    """Projects that are applied already, each made once: worlds to copy, not to open."""

    forks: Forks
    proxy: Proxy
    folder: Path
    made: dict[str, World]

    def written(self, name: str) -> World:
        """The project, not applied yet."""
        key = f"{name}, written"
        if key not in self.made:
            self.made[key] = new_world_in(self.forks, self.proxy, self.folder / key)
            WRITERS[name][0](self.made[key])
        return self.made[key]

    def applied(self, name: str) -> World:
        """The project as it was applied first."""
        if name not in self.made:
            with self.written(name).copy(self.folder / name) as world:
                assert_converges(world)
            self.made[name] = world
        return self.made[name]

    def changed(self, name: str) -> World:
        """The same, with manifests that have changed since."""
        key = f"{name}, changed"
        if key not in self.made:
            self.made[key] = self.applied(name).copy(self.folder / key)
            WRITERS[name][1](self.made[key])
        return self.made[key]

    def renamed(self, name: str) -> World:
        """The project after its first apply, with manifests in which resources have other names."""
        key = f"{name}, renamed"
        if key not in self.made:
            self.made[key] = self.applied(name).copy(self.folder / key)
            WRITERS[name][2](self.made[key])
        return self.made[key]


@dataclass(frozen=True, slots=True)
class Scene:
    """What is killed: a command, the world that it finds, and how that should be in the end. `finish` goes on
    after the kill, if the same command cannot.
    """

    title: str
    words: tuple[str, ...]
    base: Callable[[Bases, str], World]
    judge: Callable[[World], None]
    finish: Callable[[World], None] | None = None


SCENES = {
    "first": Scene("a first apply", APPLY, Bases.written, assert_as_declared),
    "changes": Scene("an apply that changes", APPLY, Bases.changed, assert_as_declared),
    "renames": Scene("an apply that renames", APPLY, Bases.renamed, assert_as_declared),
    "goes": Scene("a destroy", ("destroy", *APPLY[1:]), Bases.applied, assert_nothing_is_left),
}


@dataclass(slots=True)
class Sweep:
    """One scene of one project, in `folder`. The state is on the shelf, or in a folder of the project.

    `at_store`: the calls at which it is killed are those to the state's server, not those to the API. `most`: at most
    so many kills are made, chosen at random, also in a whole run.
    """

    scene: Scene
    bases: Bases
    name: str
    folder: Path
    shelf: Shelf | None = None
    at_store: bool = False
    most: int | None = None
    _worlds: int = 0

    def run(self, tally: Tally, parallelism: str, moments: Sequence[str] = MOMENTS) -> None:
        """Kills a run at each call: before it arrives, and after it is done and before that is heard."""
        words = (*self.scene.words, "--parallelism", parallelism)
        with self.world() as world:
            total = self._count(world, words)
        places = list(product(range(1, total + 1), moments))
        if self.most is not None and len(places) > self.most:
            places = sorted(tally.dice.sample(places, self.most))
        for number, moment in tally.some(places, 1):
            label = f"{moment} call {number} of {total}, parallelism {parallelism}"
            with tally.run(label), self.world() as world:
                kill = Kill(number, answered=moment == "after")
                assert world.run_and_kill(kill, *words, at=self._junction(world)) in (KILLED, 0)
                if self.scene.finish is None:
                    go_on(world, *self.scene.words)
                else:
                    self.scene.finish(world)
                self.scene.judge(world)

    @contextmanager
    def world(self) -> Iterator[World]:
        """A world as the scene begins, with the emulator running."""
        self._worlds += 1
        with ExitStack() as stack:
            world = self.scene.base(self.bases, self.name).copy(self.folder / str(self._worlds))
            if self.shelf is not None:
                world.keep(stack.enter_context(self.shelf.keep()))
            yield stack.enter_context(world)

    def _junction(self, world: World) -> Junction:
        return world.kept.spoiler if self.at_store and world.kept else world.proxy

    def _count(self, world: World, words: tuple[str, ...]) -> int:
        """How many calls a run makes that nobody disturbs."""
        junction = self._junction(world)
        junction.rule = Rule()
        ended = world.run(*words)
        assert ended.code == 0, ended.said
        return len(junction.exchanges)


def go_on(world: World, *words: str) -> None:
    """The same command to its end. A remote lock that the killed one held is taken away, as the message says."""
    ended = world.run(*words)
    if found := LOCK.search(ended.err):
        assert ended.code == 1
        assert f"provision state unlock {found[1]}" in ended.err
        unlocked = world.run("state", "unlock", found[1])
        assert unlocked.code == 0, unlocked.said
        ended = world.run(*words)
    assert ended.code == 0, ended.said
