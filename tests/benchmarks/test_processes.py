"""What the benchmark measures of a process."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.scale.processes import UNCOMPILED, measure

PROGRAM = "import os, sys; print(os.environ.get('OWN'), sys.dont_write_bytecode)"


def test_a_command_keeps_its_compiled_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(UNCOMPILED, "1")
    cost = measure([sys.executable, "-c", PROGRAM], tmp_path, {"OWN": "set"})
    assert cost.output.split() == ["set", "False"]
