"""Measures how long a run of tests takes, on a server that takes as long as a model for every answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from benchmarks.commands import emulator
from benchmarks.figures import Figure

TESTS, IN_FLIGHT, LATENCY_MS = 200, 16, 1000
#: The longest time of the run, as a multiple of the time that the answers alone take.
MOST = 1.5


def write_tests(root: Path) -> None:
    """One assistant, and many tests of it that the emulator answers."""
    folder = root / "manifests"
    folder.mkdir(parents=True)
    (folder / "provision.yaml").write_text("project: bench\nstate: ../state\ndefaults: {model: gpt-6-luna}\n")
    lines = ["assistants:", "  clerk: {instructions: Be brief.}", "tests:"]
    for number in range(TESTS):
        lines.append(
            f"  test-{number}: {{assistant: clerk, input: Message {number}., expect: {{matches: '{number}'}}}}"
        )
    (folder / "all.yaml").write_text("\n".join(lines) + "\n")


def measure_tests(folder: Path) -> Iterator[Figure]:
    """200 tests, 16 at once: the run, and the whole command."""
    root = folder / "project"
    write_tests(root)
    with emulator(folder) as quick:
        quick.run(root, "apply", "--yes")
    with emulator(folder, latency_ms=LATENCY_MS) as slow:
        ended = slow.run(root, "test", "--json", "--parallelism", str(IN_FLIGHT))
    body = json.loads(ended.stdout)
    assert body["summary"]["passed"] == TESTS
    bound = TESTS / IN_FLIGHT * LATENCY_MS / 1000
    yield Figure(f"provision test: {TESTS} tests, {IN_FLIGHT} at once, {LATENCY_MS} ms latency", body["seconds"], "s")
    yield Figure(f"  as a multiple of the answers alone ({bound:.2f} s)", body["seconds"] / bound, "times", MOST)
    yield Figure("  the whole command", ended.seconds, "s")
