"""Measures provision at several sizes: `python -m benchmarks.scale S/even M/even M/limits --write`."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.scale import terraform
from benchmarks.scale.operations import (
    NETWORKS,
    Breakdown,
    Result,
    measure_operations,
    measure_scripts,
    measure_terraform,
)
from benchmarks.scale.page import breakdown_lines, write_page
from benchmarks.scale.simulated import simulation_lines
from benchmarks.scale.sizes import SIZES

#: What is measured if the command names nothing: what ends within an hour.
DEFAULT_RUNS = tuple(f"{size}/{network}" for size in ("S", "M") for network in NETWORKS)


def main() -> None:
    """Runs the benchmark and prints a line for each operation. If `--write` is given, also simulates a project of a
    million files, and writes docs/performance.md.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    known = [f"{size}/{network}" for size in SIZES for network in NETWORKS]
    default = " ".join(DEFAULT_RUNS)
    parser.add_argument("runs", nargs="*", metavar="SIZE/NETWORK", help=f"of {' '.join(known)} (default: {default})")
    parser.add_argument(
        "--write",
        action="store_true",
        help="simulate a project of a million files too, and write docs/performance.md and its picture",
    )
    options = parser.parse_args()
    if unknown := [each for each in options.runs if each not in known]:
        parser.error(f"no such size and network: {' '.join(unknown)}")
    with tempfile.TemporaryDirectory(prefix="provision-benchmark-") as name:
        folder = Path(name)
        results: list[Result] = []
        breakdowns: list[Breakdown] = []
        for each in options.runs or DEFAULT_RUNS:
            for found in run(folder, each):
                if isinstance(found, Breakdown):
                    breakdowns.append(found)
                else:
                    print(line(found), flush=True)
                    results.append(found)
            if options.write:
                write_page(results, breakdowns)
        for row in breakdown_lines(breakdowns):
            print(row)
        if options.write:
            print("simulating a project of a million files, which takes some minutes", flush=True)
            simulated = list(simulation_lines(results, SIZES["XL"]))
            write_page(results, breakdowns, simulated)
            for row in simulated:
                print(row)
    if missing := terraform.missing_parts():
        print(f"Terraform with a community provider: skipped; this machine has no {' and no '.join(missing)}")


def run(folder: Path, name: str) -> Iterator[Result | Breakdown]:
    """Yields the results of the run `name`, such as `M/even`. Scripts and Terraform are measured up to the size M,
    because the sequential script takes hours for L.
    """
    size, _, network = name.partition("/")
    yield from measure_operations(folder, SIZES[size], NETWORKS[network])
    if size in ("S", "M"):
        yield from measure_scripts(folder, SIZES[size], NETWORKS[network])
        if (provider := terraform.find_provider()) and not terraform.missing_parts():
            yield from measure_terraform(folder, SIZES[size], NETWORKS[network], provider)


def line(result: Result) -> str:
    """Returns one line about a result, for the terminal."""
    cost = result.cost
    bound = "" if result.bound is None else f"bound {result.bound:.2f} s"
    return (
        f"{result.size:3}{result.network:8}{result.operation:38}{cost.wall:9.2f} s {result.units:7.2f} units"
        f"{cost.memory / 1e6:8.0f} MB {result.calls.total:8,} calls  {bound}"
    )


if __name__ == "__main__":
    main()
