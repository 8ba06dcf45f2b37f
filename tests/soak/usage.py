"""What a process holds: memory, open descriptors and threads, and whether they grow from round to round."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

MEGABYTE = 2**20
#: The share of the rounds at the beginning that is not judged.
WARM_UP = 0.25
#: The memory at the end divided by the memory after the warm-up may be at most this.
MOST_GROWTH = 1.10
#: The number of rounds after the warm-up without which nothing can be said about growth.
FEWEST_ROUNDS = 9
HEADINGS = f"{'round':>6} {'seconds':>8} {'memory':>10} {'descriptors':>12} {'threads':>8} {'emulator':>10}"


@dataclass(frozen=True, slots=True)
class Usage:
    """What the process of the soak holds at the end of a round. `memory` and `server_memory` (that of the emulator) are
    in bytes, `elapsed` is in seconds since the beginning.
    """

    round: int
    elapsed: float
    memory: int
    descriptors: int
    threads: int
    server_memory: int


def measure(round: int, elapsed: float, server: int) -> Usage:
    """Returns what this process holds now. `server` is the process id of the emulator. Needs Linux's /proc."""
    own = Path("/proc/self")
    return Usage(
        round,
        elapsed,
        resident_memory(own),
        len(os.listdir(own / "fd")) - 1,  # The list itself has a descriptor.
        len(os.listdir(own / "task")),
        resident_memory(Path(f"/proc/{server}")),
    )


def resident_memory(process: Path) -> int:
    """Returns the resident memory of a process in bytes. `process` is its folder in /proc."""
    pages = int((process / "statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def after_warm_up(usages: Sequence[Usage]) -> Sequence[Usage]:
    """Returns the usages that are judged."""
    return usages[int(len(usages) * WARM_UP) :]


def find_growth(usages: Sequence[Usage]) -> list[str]:
    """Returns what has grown, as sentences.

    The medians of the memory in the first and the last third after the warm-up are compared. Descriptors and threads
    have grown if the fewest of the last third are more than the most of the first third.
    """
    judged = after_warm_up(usages)
    if len(judged) < FEWEST_ROUNDS:
        return [f"there were {len(judged)} rounds after the warm-up; {FEWEST_ROUNDS} are needed to see growth"]
    third = len(judged) // 3
    first, last = judged[:third], judged[-third:]
    problems = []
    before, after = (statistics.median(each.memory for each in part) for part in (first, last))
    if after > before * MOST_GROWTH:
        problems.append(
            f"the memory grew from {before / MEGABYTE:.1f} to {after / MEGABYTE:.1f} MB, which is "
            f"{after / before - 1:.0%}; at most {MOST_GROWTH - 1:.0%} is allowed"
        )
    counts: dict[str, Callable[[Usage], int]] = {
        "descriptors": lambda each: each.descriptors,
        "threads": lambda each: each.threads,
    }
    for name, count in counts.items():
        most, fewest = max(map(count, first)), min(map(count, last))
        if fewest > most:
            problems.append(f"the {name} grew from at most {most} to at least {fewest}")
    return problems


def table(usages: Sequence[Usage], rows: int = 12) -> list[str]:
    """Returns lines with the usage at some of the rounds, spread evenly."""
    step = max(1, -(-len(usages) // rows))
    chosen = [*usages[::step], *([usages[-1]] if (len(usages) - 1) % step else [])] if usages else []
    return [HEADINGS, *map(row, chosen)]


def row(usage: Usage) -> str:
    """Returns the line of the table for one round."""
    return (
        f"{usage.round:>6} {usage.elapsed:>8.0f} {usage.memory / MEGABYTE:>7.1f} MB {usage.descriptors:>12} "
        f"{usage.threads:>8} {usage.server_memory / MEGABYTE:>7.1f} MB"
    )
