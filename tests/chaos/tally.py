"""How many runs of a scenario were made and how many ended as they should, and the table that says so in the end."""

from __future__ import annotations

import random
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")

PROPERTY = "chaos"
"""The user property of a test's report that carries a line of the table."""

HEADINGS = ("scenario", "target", "runs", "converged", "seconds")


@dataclass(slots=True)
class Tally:
    """The runs of one test. `whole`: everything is tried, not some of it, which `dice` choose."""

    whole: bool
    dice: random.Random
    scenario: str = ""
    target: str = ""
    runs: int = 0
    well: int = 0
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def begin(self, scenario: str, target: str) -> None:
        """Names the line of the table."""
        self.scenario, self.target = scenario, target

    def some(self, places: Sequence[T], few: int) -> Sequence[T]:
        """All of them in a whole run; otherwise a few, always the same ones for a line of the table and a test."""
        if self.whole or len(places) <= few:
            return places
        return [places[number] for number in sorted(self.dice.sample(range(len(places)), few))]

    @contextmanager
    def run(self, label: str) -> Iterator[None]:
        """One run. What fails is kept, so that the others are still made."""
        try:
            with self.counted():
                yield
        except Exception:
            self.failures.append(f"{label}:\n{traceback.format_exc()}")

    @contextmanager
    def counted(self) -> Iterator[None]:
        """One run, whose failure is somebody else's to report."""
        begun = time.monotonic()
        try:
            yield
            self.well += 1
        finally:
            self.runs += 1
            self.seconds += time.monotonic() - begun

    def settle(self) -> None:
        """Raises AssertionError where a run did not end as it should."""
        assert not self.failures, f"{len(self.failures)} of {self.runs} failed\n" + "\n".join(self.failures)

    def line(self) -> list[Any]:
        """What a report carries."""
        return [self.scenario, self.target, self.runs, self.well, self.seconds]


def table(lines: Iterable[Sequence[Any]]) -> list[str]:
    """The lines of one scenario and target put together, below the headings."""
    sums: dict[tuple[str, str], list[float]] = {}
    for scenario, target, *numbers in lines:
        before = sums.get((scenario, target), [0, 0, 0.0])
        sums[scenario, target] = [have + more for have, more in zip(before, numbers, strict=True)]
    rows = [HEADINGS]
    rows += [(*key, f"{runs:.0f}", f"{well:.0f}", f"{seconds:.1f}") for key, (runs, well, seconds) in sums.items()]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return [_aligned(row, widths) for row in rows]


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    texts = [text.ljust(width) for text, width in zip(row[:2], widths[:2], strict=True)]
    numbers = [text.rjust(width) for text, width in zip(row[2:], widths[2:], strict=True)]
    return "  ".join([*texts, *numbers]).rstrip()
