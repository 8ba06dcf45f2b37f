"""The part of docs/performance.md about a simulated project, and about how exact the simulation is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.scale.jobs import OPERATIONS, longest_chain
from benchmarks.scale.operations import NETWORKS, Network, Result
from benchmarks.scale.simulation import simulate
from benchmarks.scale.sizes import SIZES, Size

#: The networks of the simulated project, with what the page says of them. OpenAI's limits have their real speed.
SIMULATED = {
    "every call takes 50 ms": NETWORKS["even"],
    "a long tail": NETWORKS["tail"],
    "OpenAI's limits": Network("limits", 0.05, rates=1.0),
}
#: The sizes that are compared with the measurement. In a smaller project, the start of Python takes most of the time.
COMPARED = ("M", "L")
GIGABYTE = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Costs:
    """What a file costs, measured on the even network. `cpu` is the CPU time in seconds for each call by operation, at
    the largest measured size. `memory` is the growth of the peak memory in bytes for each file between two sizes.
    """

    cpu: dict[str, float]
    memory: dict[str, float]


def measured_costs(results: Sequence[Result]) -> Costs:
    """Returns the measured costs of the operations that can be simulated."""
    costs = Costs({}, {})
    for operation in OPERATIONS:
        rows = [each for each in results if (each.network, each.operation) == ("even", operation)]
        rows.sort(key=lambda each: SIZES[each.size].files)
        if rows:
            costs.cpu[operation] = rows[-1].cost.cpu / rows[-1].calls.total
        if len(rows) > 1:
            small, large = rows[-2:]
            files = SIZES[large.size].files - SIZES[small.size].files
            costs.memory[operation] = (large.cost.memory - small.cost.memory) / files
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
            bound = network.bound(free.calls, longest_chain(phases(size)))
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
        yield from (f"- {name}: {each * size.files / GIGABYTE:.1f} GB" for name, each in costs.memory.items())
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
    """Returns a time as text, with three digits or more: `0.55 s`, `53.4 min` or `16.7 h`."""
    if seconds < 100:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
