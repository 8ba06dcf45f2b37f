"""Measures provision at several sizes: `python -m benchmarks.scale --sizes S,M --networks even,tail,limits --write`."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.scale.operations import NETWORKS, Result, measure_operations, measure_scripts
from benchmarks.scale.page import write_page
from benchmarks.scale.processes import measure
from benchmarks.scale.sizes import SIZES

#: The sizes that run in some minutes.
DEFAULT_SIZES = "S,M"
#: The number of times that `import openai` is measured. The unit is their median.
IMPORTS = 5


def main() -> None:
    """Runs the benchmark, prints a line for each operation, and writes docs/performance.md if `--write` is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=DEFAULT_SIZES, help=f"of {', '.join(SIZES)} (default: {DEFAULT_SIZES})")
    parser.add_argument("--networks", default=",".join(NETWORKS), help=f"of {', '.join(NETWORKS)} (default: all)")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md and its picture")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="provision-benchmark-") as name:
        folder = Path(name)
        unit = measure_import(folder)
        print(f"import openai: {unit:.2f} s of CPU time")
        results = []
        for result in run(folder, options.sizes.split(","), options.networks.split(",")):
            print(line(result, unit), flush=True)
            results.append(result)
    if options.write:
        write_page(results, unit)


def run(folder: Path, sizes: list[str], networks: list[str]) -> Iterator[Result]:
    """Yields all results of these sizes and networks. Scripts are measured up to the size M, because the sequential
    script takes hours for L.
    """
    for size in sizes:
        for network in networks:
            yield from measure_operations(folder, SIZES[size], NETWORKS[network])
            if size in ("S", "M"):
                yield from measure_scripts(folder, SIZES[size], NETWORKS[network])
    print("Terraform with a community provider: skipped; `terraform` and a provider are not part of this benchmark")


def measure_import(folder: Path) -> float:
    """Returns the median CPU time of `import openai`, in seconds. It is the unit of the CPU column."""
    command = [sys.executable, "-c", "import openai"]
    return statistics.median(measure(command, folder, {}).cpu for _ in range(IMPORTS))


def line(result: Result, unit: float) -> str:
    """Returns one line about a result, for the terminal."""
    cost = result.cost
    bound = "" if result.bound is None else f"bound {result.bound:.2f} s"
    return (
        f"{result.size:3}{result.network:8}{result.operation:38}{cost.wall:9.2f} s {cost.cpu / unit:7.2f} units"
        f"{cost.memory / 1e6:8.0f} MB {result.calls.total:8,} calls  {bound}"
    )


if __name__ == "__main__":
    main()
