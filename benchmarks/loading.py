"""Measures `load`: in a new interpreter, and in one that has loaded already."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure
from provisioner.core.address import Address
from provisioner.state.records import Record, State, dump

RUNS = 40
#: The number of assistants in the state, and of calls in an interpreter that has loaded already.
ASSISTANTS, CALLS = 20, 1_000
COLD = "from provisioner import load; load('bot-1')"
WARM = f"""
import time
from provisioner import load
load('bot-1')
begun = time.perf_counter()
for _ in range({CALLS}): load('bot-1')
print((time.perf_counter() - begun) / {CALLS})
"""


def measure_loading(folder: Path) -> Iterator[Figure]:
    """A state of twenty definitions, in a folder. A new interpreter is measured by its processor time, in the quickest
    of its runs, because other programs on the machine can only make a run slower.
    """
    root = folder / "project"
    write_project(root)
    bare = quickest("pass", root)
    yield Figure("python -c pass, processor time", bare * 1000, "ms")
    cold = quickest(COLD, root)
    yield Figure("load in a new interpreter, processor time beyond its start", (cold - bare) * 1000, "ms", 40)
    warm = subprocess.run([sys.executable, "-c", WARM], cwd=root, capture_output=True, text=True, check=True).stdout
    yield Figure("load, again", float(warm) * 1000, "ms", 1)


def quickest(code: str, folder: Path) -> float:
    """The shortest processor time of an interpreter that runs this code, in seconds."""
    seconds = []
    for _ in range(RUNS):
        process = subprocess.Popen([sys.executable, "-c", code], cwd=folder)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        seconds.append(usage.ru_utime + usage.ru_stime)
    return min(seconds)


def write_project(root: Path) -> None:
    """Writes a project with its state."""
    (root / "manifests").mkdir(parents=True)
    (root / "state").mkdir()
    settings = "project: library\ntarget: responses # or agents\nstate: ../state\ndefaults:\n  model: gpt-6-luna\n"
    (root / "manifests/provision.yaml").write_text(settings, encoding="utf-8")
    tools = [{"type": "file_search", "vector_store_ids": ["vs_1"], "max_num_results": 8}]
    records = {}
    for number in range(ASSISTANTS):
        address = Address("assistant", f"bot-{number}")
        inputs = {"model": "gpt-6-luna", "instructions": "Answer in verse. " * 100, "tools": tools}
        records[address] = Record(address, "definition", f"library/default/{address}", inputs, release=1)
    state = State("lineage", 1, "account", "library", "default", records)
    (root / "state/default.json").write_text(dump(state), encoding="utf-8")
