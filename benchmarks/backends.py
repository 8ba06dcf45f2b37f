"""What a remote state costs: a first apply and a plan over S3 and PostgreSQL that are 20 ms away, and in a folder.

The servers are those of the tests (`tests/backends/places.py`), behind a line that makes them far. They share this
machine with the tool and the emulator, so the same is measured over a line without length, and the processor time
of the servers is told.
"""

from __future__ import annotations

import os
import statistics
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from benchmarks.commands import emulator
from benchmarks.distance import Line, distance
from benchmarks.figures import Figure
from benchmarks.projects import write_library
from tests.backends.places import Place, postgresql, s3

ROUNDS = 5
STORES, FILES = 20, 50
#: Milliseconds to the API, and to the backend and back.
API_MS = 50
AWAY_MS = 20
#: An apply may take so many times as long as in a folder, and a plan may ask so often.
RATIO = 1.15
CALLS = 3
SETTINGS = "project: benchmark\nstate: {state}\ndefaults: {{model: m}}\nenvironments: {{{environment}: {{}}}}\n"


@dataclass(slots=True)
class Figures:
    """What the rounds of one contestant gave: wall seconds, the server's processor seconds, calls to the backend."""

    seconds: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    plan_calls: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Contestant:
    """A backend that takes part. `line` leads to `place`; a folder has neither."""

    name: str
    place: Place | None = None
    line: Line | None = None
    figures: Figures = field(default_factory=Figures)

    def settle(self) -> tuple[str, Mapping[str, str]]:
        """Room for a new state, and what it takes to get there."""
        if self.place is None or self.line is None:
            return "../state", {}
        here, there = f"127.0.0.1:{self.place.port}", f"127.0.0.1:{self.line.port}"
        variables = {name: value.replace(here, there) for name, value in self.place.env.items()}
        return self.place.fresh().replace(here, there), variables

    def take_calls(self) -> int:
        """The calls since this was last asked."""
        if self.line is None:
            return 0
        calls, self.line.calls = self.line.calls, 0
        return calls


def measure_backends(folder: Path) -> Iterator[Figure]:
    """Folder, S3, PostgreSQL, folder, S3, … so that whatever else happens on the machine happens to all."""
    folder.chmod(0o755)  # PostgreSQL is nobody in particular, and has to come through to its folder
    with ExitStack() as running:
        contestants = [Contestant("a folder")]
        for name, start in (("S3", s3), ("PostgreSQL", postgresql)):
            try:
                place = _start(running, start, folder / name)
            except (pytest.skip.Exception, pytest.fail.Exception, AssertionError) as missing:
                yield Figure(f"first apply over {name}: {missing}")
                continue
            for away in (AWAY_MS, 0):
                line = running.enter_context(distance(place.port, away / 1000))
                contestants.append(Contestant(f"{name}, {away} ms away", place, line))
        for number in range(ROUNDS):
            for contestant in contestants:
                _measure(folder / f"{contestant.name} {number}", contestant)
        yield from _compare(contestants)


def _start(running: ExitStack, start: Callable[[Path], AbstractContextManager[Place]], folder: Path) -> Place:
    folder.mkdir()
    return running.enter_context(start(folder))


def _measure(folder: Path, contestant: Contestant) -> None:
    """A first apply on an account of its own, and a plan with nothing to do."""
    state, variables = contestant.settle()
    environment = f"e{uuid.uuid4().hex[:10]}"
    root = folder / "project"
    write_library(root, stores=STORES, files=FILES, settings=SETTINGS.format(state=state, environment=environment))
    figures, busy = contestant.figures, _busy(contestant.place)
    with emulator(folder, latency_ms=API_MS) as server:
        contestant.take_calls()
        figures.seconds.append(server.run(root, "apply", "--yes", "--env", environment, **variables).seconds)
        figures.busy.append(_busy(contestant.place) - busy)
        figures.calls.append(contestant.take_calls())
        server.run(root, "plan", "--detailed-exitcode", "--env", environment, **variables)
        figures.plan_calls.append(contestant.take_calls())


def _compare(contestants: list[Contestant]) -> Iterator[Figure]:
    first, *others = contestants
    yield Figure(f"first apply: {STORES} stores of {FILES} files, {API_MS} ms latency, {first.name}", *_told(first))
    for each in others:
        far = each.line is not None and each.line.round_trip > 0
        ratios = [mine / its for mine, its in zip(each.figures.seconds, first.figures.seconds, strict=True)]
        yield Figure(f"  {each.name}", *_told(each))
        yield Figure("    as a multiple of a folder", statistics.median(ratios), "times", RATIO if far else None)
        yield Figure("    processor time of its server", statistics.median(each.figures.busy), "s")
        yield Figure("    calls to the backend", statistics.median(each.figures.calls), "calls")
        yield Figure("    and of a plan with nothing to do", max(each.figures.plan_calls), "calls", CALLS)


def _told(contestant: Contestant) -> tuple[float, str]:
    """The median, and all rounds in their order."""
    rounds = contestant.figures.seconds
    return statistics.median(rounds), f"s ({' '.join(f'{seconds:.1f}' for seconds in rounds)})"


def _busy(place: Place | None) -> float:
    """Processor seconds of a server so far, with its children's that have ended; 0 where nobody tells."""
    if place is None or place.process is None:
        return 0.0
    try:
        words = Path(f"/proc/{place.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")
