"""The part of docs/performance.md about a simulated project, and about how exact the simulation is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.scale.jobs import OPERATIONS, all_calls, longest_chain
from benchmarks.scale.operations import NETWORKS, Network, Result
from benchmarks.scale.simulation import simulate
from benchmarks.scale.sizes import SIZES, Size

#: The networks of the simulated project, with what the page says of them. OpenAI's limits have their real speed.
SIMULATED = {
    "every call takes 50 ms": NETWORKS["even"],
    "a long tail": NETWORKS["tail"],
    "OpenAI's limits": Network("limits", 0.05, rates=1.0),
}
#: The sizes that are compared with the measurement, and that show what a call costs. In a smaller project, the start of
#: Python takes most of the time.
COMPARED = ("M", "L")
GIGABYTE = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Growth:
    """How the peak memory of an operation grows: `base` in bytes, and `per_file` in bytes for each file."""

    base: float
    per_file: float

    def at(self, files: int) -> float:
        """Returns the peak memory in bytes of a project with this number of files."""
        return self.base + self.per_file * files


@dataclass(frozen=True, slots=True)
class Costs:
    """What operations cost, measured on the even network, by the name of the operation. `cpu` is the CPU time in
    seconds for each call, at the largest measured size. `memory` is how the memory grows between the two largest sizes.
    """

    cpu: dict[str, float]
    memory: dict[str, Growth]


def measured_costs(results: Sequence[Result]) -> Costs:
    """Returns the measured costs of the operations that can be simulated."""
    costs = Costs({}, {})
    for operation in OPERATIONS:
        rows = [each for each in results if (each.network, each.operation) == ("even", operation)]
        rows = [each for each in rows if each.size in COMPARED]
        rows.sort(key=lambda each: SIZES[each.size].files)
        if rows:
            costs.cpu[operation] = rows[-1].cost.cpu / rows[-1].calls.total
        if len(rows) > 1:
            small, large = rows[-2:]
            files = SIZES[large.size].files - SIZES[small.size].files
            per_file = (large.cost.memory - small.cost.memory) / files
            base = large.cost.memory - per_file * SIZES[large.size].files
            costs.memory[operation] = Growth(base, per_file)
    return costs


def simulation_lines(results: Sequence[Result], size: Size) -> Iterator[str]:
    """Yields the lines about a project of this size. `results` are the measured operations on smaller projects."""
    costs = measured_costs(results)
    yield from ("", "### A million files, simulated", "")
    yield f"{size.title}. One wall time is that of a program"
    yield "that needs no CPU time. The other one is that of a program that needs as much CPU time for each call as"
    yield "`provision` in the largest measured project. The CPU times of two calls do not overlap."
    yield from ("", "| operation | network | calls | refused | lower bound | wall | ratio | wall with CPU time |")
    yield "|---|---|---|---|---|---|---|---|"
    for operation, phases in OPERATIONS.items():
        for name, network in SIMULATED.items():
            free = simulate(phases(size), network)
            bound = network.bound(all_calls(phases(size)), longest_chain(phases(size)))
            cells = [operation, name, f"{free.calls.total:,}", f"{free.refused:,}", duration(bound)]
            cells += [duration(free.wall), f"{free.wall / bound:.2f}"]
            with_cpu = simulate(phases(size), network, cpu=costs.cpu[operation]) if operation in costs.cpu else None
            cells.append(duration(with_cpu.wall) if with_cpu else "–")
            yield f"| {' | '.join(cells)} |"
    if costs.memory:
        yield from (
            "",
            "The peak memory, if it grows with each further file as it does between the measured sizes:",
            "",
        )
        yield from (f"- {name}: {growth.at(size.files) / GIGABYTE:.1f} GB" for name, growth in costs.memory.items())
    yield from ("", "The simulation of the measured projects, with the measured CPU time for each call:", "")
    yield from _comparison(results)


def _comparison(results: Sequence[Result]) -> Iterator[str]:
    yield "| size | network | operation | calls: measured | simulated | wall: measured | simulated |"
    yield "|---|---|---|---|---|---|---|"
    for row in results:
        if row.size in COMPARED and row.operation in OPERATIONS:
            cpu = row.cost.cpu / row.calls.total
            found = simulate(OPERATIONS[row.operation](SIZES[row.size]), NETWORKS[row.network], cpu=cpu)
            calls = f"{row.calls.total:,} | {found.calls.total:,}"
            walls = f"{row.cost.wall:.2f} s | {found.wall:.2f} s"
            yield f"| {row.size} | {row.network} | {row.operation} | {calls} | {walls} |"


def duration(seconds: float) -> str:
    """Returns a time as text, such as `0.55 s`, `53.4 min` or `16.7 h`. From one second on, it has three digits."""
    if seconds < 100:
        return f"{_three_digits(seconds)} s"
    return f"{_three_digits(seconds / 60)} min" if seconds < 6000 else f"{_three_digits(seconds / 3600)} h"


def _three_digits(value: float) -> str:
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}"
