"""Measures what users wait for, and prints a table. Writes only into a temporary folder. See `make bench-details`."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.backends import measure_backends
from benchmarks.commands import CHECKOUT, emulator, median, provision, run
from benchmarks.emulator import measure_emulator
from benchmarks.figures import Figure
from benchmarks.first_token import measure_first_token
from benchmarks.loading import measure_loading
from benchmarks.projects import write_library, write_prose
from benchmarks.rendering import measure_rendering
from benchmarks.responses import measure_responses
from benchmarks.testing import measure_tests

RUNS = 20


def measure_plan(folder: Path) -> Iterator[Figure]:
    """A plan that finds nothing to do, on a server that takes 50 ms for every answer."""
    root = folder / "project"
    write_library(root, stores=100, files=20, assistants=200)
    with emulator(folder) as quick:
        quick.run(root, "apply", "--yes")
    with emulator(folder, latency_ms=50) as slow:
        before = slow.requests()
        plan = slow.run(root, "plan", "--detailed-exitcode")
        calls = slow.requests() - before
    yield Figure("no-op plan: 200 assistants, 100 stores, 2,000 files, 50 ms latency", plan.seconds, "s", 3)
    yield Figure("  its API calls", calls, "calls", 130)


def measure_apply(folder: Path) -> Iterator[Figure]:
    """The first apply of many small files."""
    root = folder / "project"
    write_library(root, stores=20, files=50)
    with emulator(folder) as server:
        seconds = server.run(root, "apply", "--yes").seconds
    yield Figure("first apply: 1,000 files in 20 stores", seconds, "s")
    yield Figure("  its uploads a second", 1_000 / seconds, "uploads/s")


def measure_start(folder: Path) -> Iterator[Figure]:
    """What it takes to answer without doing anything."""
    bare = median([sys.executable, "-c", "import click"], folder, RUNS)
    version = median([*provision(), "--version"], folder, RUNS)
    yield Figure("python -c 'import click'", bare * 1000, "ms")
    yield Figure("provision --version", version * 1000, "ms")
    yield Figure("  as a multiple of `import click`", version / bare, "times", 1.6)
    yield Figure("provision --help", median([*provision(), "--help"], folder, RUNS) * 1000, "ms")
    validate = [*provision(), "-C", str(CHECKOUT), "validate"]
    yield Figure("provision validate, on the example", median(validate, folder, RUNS // 4) * 1000, "ms")


def measure_load(folder: Path) -> Iterator[Figure]:
    """Manifests of three megabytes."""
    size = write_prose(folder, assistants=300, bytes_in_all=3_000_000)
    begun = time.perf_counter()
    run([*provision(), "validate"], folder)
    yield Figure(f"validate 300 assistants in {size / 1e6:.1f} MB of YAML", time.perf_counter() - begun, "s", 2)


MEASUREMENTS: tuple[Callable[[Path], Iterator[Figure]], ...] = (
    measure_start,
    measure_load,
    measure_loading,
    measure_plan,
    measure_apply,
    measure_backends,
    measure_rendering,
    measure_first_token,
    measure_responses,
    measure_emulator,
    measure_tests,
)


def main() -> None:
    """Prints the rows of all measurements, or of those whose names are given: `run.py backends`."""
    chosen = sys.argv[1:]
    print(f"{'':72} {'measured':>12} {'':9}  target")
    for measure in MEASUREMENTS:
        if chosen and measure.__name__.removeprefix("measure_") not in chosen:
            continue
        with tempfile.TemporaryDirectory(prefix="provision-benchmark-") as folder:
            for figure in measure(Path(folder)):
                print(figure, flush=True)


if __name__ == "__main__":
    main()
