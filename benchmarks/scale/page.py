"""Writes docs/performance.md and its picture from the measured results."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from benchmarks.scale.operations import Breakdown, Result
from benchmarks.scale.plot import Curve, draw
from benchmarks.scale.profile import OTHER, PARTS
from benchmarks.scale.sizes import SIZES
from benchmarks.scale.terraform import missing_parts

CHECKOUT = Path(__file__).resolve().parents[2]
PAGE = CHECKOUT / "docs" / "performance.md"
PICTURE = CHECKOUT / "docs" / "images" / "performance.svg"
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
MEGABYTE = 1_000_000
#: What each network does, as the page says it.
NETWORKS = {
    "even": "every call takes 50 ms",
    "tail": "half of the calls take at most 50 ms, and one of a hundred takes 800 ms or more",
    "limits": "every call takes 50 ms, and OpenAI's documented limits apply, twenty times as fast",
}
#: The operations of other programs contain one of these words.
OTHERS = ("script", "Terraform")
#: The number of functions that the page names.
FUNCTIONS = 12
APPLIES = ("script with 16 threads", "sequential script", "Terraform: first apply")


def write_page(results: Sequence[Result], breakdowns: Sequence[Breakdown], simulated: Sequence[str] = ()) -> None:
    """Replaces the results in docs/performance.md, and the picture. `simulated` are the lines about the simulation."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    body = "\n".join((*_results(results), *simulated, *breakdown_lines(breakdowns)))
    PAGE.write_text(f"{before}{BEGIN}\n{body}\n{END}{after}", encoding="utf-8")
    PICTURE.write_text(draw(_curves(results)), encoding="utf-8")


def _results(results: Sequence[Result]) -> Iterator[str]:
    machine = f"{_machine()}, with Python {platform.python_version()}"
    yield f"Measured on {date.today()}, at commit `{_commit()}`, on {machine}."
    units = sorted(each.unit for each in results)
    took = f"{units[0]:.2f} to {units[-1]:.2f} s"
    yield f"The unit of CPU time, `python -c 'import openai'`, took {took} there. It was measured"
    yield "before and after each operation, because the speed of the machine changes."
    for network, says in NETWORKS.items():
        for size in SIZES.values():
            rows = [each for each in results if (each.network, each.size) == (network, size.name)]
            if rows:
                yield from ("", f"### {size.title}; {says}", "")
                yield from _table(rows)
    yield from ("", "### Compared with scripts and with Terraform", "")
    yield from _comparison(results)


def breakdown_lines(breakdowns: Sequence[Breakdown]) -> Iterator[str]:
    """Yields the lines of the tables that show where the CPU time of plans goes."""
    if not breakdowns:
        return
    columns = [(f"{each.size}, {name}", profile) for each in breakdowns for name, profile in each.profiles.items()]
    yield from ("", "### Where the CPU time of a plan without changes goes", "")
    yield "The share of each part, found by a sampling profiler:"
    yield ""
    yield f"| part | {' | '.join(name for name, _ in columns)} |"
    yield f"|---|{'---|' * len(columns)}"
    for part in (*PARTS, OTHER):
        yield f"| {part} | {' | '.join(f'{profile.share(part):.0%}' for _, profile in columns)} |"
    for name, profile in columns[-len(breakdowns[-1].profiles) :]:
        yield from ("", f"The functions that take most of the time themselves ({name}):", "")
        yield from (f"- {share:.1%} `{function}`" for function, share in profile.largest_functions(FUNCTIONS))
    yield from ("", "The CPU time in units of any program that compares the same project with the same account:", "")
    yield f"| step | {' | '.join(each.size for each in breakdowns)} |"
    yield f"|---|{'---|' * len(breakdowns)}"
    for step in breakdowns[0].least:
        yield f"| {step} | {' | '.join(f'{each.least[step] / each.unit:.2f}' for each in breakdowns)} |"
    sums = (f"{sum(each.least.values()) / each.unit:.2f}" for each in breakdowns)
    yield f"| together | {' | '.join(sums)} |"


def _table(rows: Iterable[Result]) -> Iterator[str]:
    yield "| operation | wall | lower bound | ratio | CPU | CPU in units | peak memory | calls | sent and received |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for row in rows:
        cost = row.cost
        bound = "–" if row.bound is None else f"{row.bound:.2f} s"
        # A program cannot be faster than its own CPU time either.
        ratio = "–" if row.bound is None else f"{cost.wall / max(row.bound, cost.cpu):.2f}"
        sent = "–" if cost.sent is None else f"{cost.sent / MEGABYTE:.1f} MB"
        times = f"{cost.wall:.2f} s | {bound} | {ratio} | {cost.cpu:.2f} s | {row.units:.2f}"
        amounts = f"{cost.memory / MEGABYTE:.0f} MB | {row.calls.total:,} | {sent}"
        yield f"| {row.operation} | {times} | {amounts} |"


def _comparison(results: Sequence[Result]) -> Iterator[str]:
    yield f"| size | network | first apply | {' | '.join(APPLIES)} | no-op plan | Terraform: no-op plan |"
    yield "|---|---|---|---|---|---|---|---|"
    by_name: Mapping[tuple[str, str, str], Result] = {(r.size, r.network, r.operation): r for r in results}
    for (size, network, operation), row in by_name.items():
        if operation != "first apply" or (size, network, APPLIES[0]) not in by_name:
            continue
        apply, plan = row.cost.wall, by_name[size, network, "no-op plan"].cost.wall
        applies = " | ".join(_compare(by_name.get((size, network, each)), apply) for each in APPLIES)
        planned = _compare(by_name.get((size, network, "Terraform: no-op plan")), plan)
        yield f"| {size} | {network} | {apply:.1f} s | {applies} | {plan:.1f} s | {planned} |"
    if missing := missing_parts():
        yield from (
            "",
            f"Terraform with a community provider was skipped: the machine has no {' and no '.join(missing)}.",
        )


def _compare(other: Result | None, ours: float) -> str:
    """Returns the wall time of another program, and how many times as long it is as `ours`, the time of provision."""
    if other is None:
        return "not measured"
    return f"{other.cost.wall:.1f} s ({other.cost.wall / ours:.2f} times as long)"


def _curves(results: Sequence[Result]) -> list[Curve]:
    """Returns one curve for each operation and each metric, over the number of resources."""
    found: list[Curve] = []
    rows = [each for each in results if each.network == "even" and not any(word in each.operation for word in OTHERS)]
    for operation in dict.fromkeys(each.operation for each in rows):
        own = [(SIZES[each.size], each) for each in rows if each.operation == operation]
        at = [size.assistants + size.stores + size.files for size, _ in own]
        values = {
            "wall time in seconds": [each.cost.wall for _, each in own],
            "calls": [float(each.calls.total) for _, each in own],
            "peak memory in MB": [each.cost.memory / MEGABYTE for _, each in own],
        }
        found += [Curve(metric, operation, tuple(zip(at, points, strict=True))) for metric, points in values.items()]
    return found


def _commit() -> str:
    command = ["git", "-C", str(CHECKOUT), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _machine() -> str:
    return f"{os.cpu_count()} cores ({platform.machine()}, {platform.system()})"
