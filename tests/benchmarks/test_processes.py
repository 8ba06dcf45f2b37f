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


def test_the_memory_of_the_measuring_process_is_not_counted(tmp_path: Path) -> None:
    ballast = b"x" * 200_000_000
    cost = measure([sys.executable, "-S", "-c", "print(1)"], tmp_path, {})
    assert len(ballast) > cost.memory > 1_000_000


BUSY = """
import time
content = b"x" * 100_000_000
end = time.process_time() + 0.2
while time.process_time() < end:
    pass
"""


def test_the_costs_are_those_of_the_command(tmp_path: Path) -> None:
    cost = measure([sys.executable, "-c", BUSY], tmp_path, {})
    assert cost.memory > 100_000_000
    assert cost.wall >= cost.cpu * 0.5 > 0.1


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ([sys.executable, "-c", "import sys; print('said'); sys.exit('wrong')"], "ended with 1:\nsaid\nwrong"),
        (["./no-such-program"], "was not started"),
    ],
)
def test_a_command_that_fails_is_reported_with_its_messages(tmp_path: Path, command: list[str], message: str) -> None:
    with pytest.raises(RuntimeError, match=message):
        measure(command, tmp_path, {})
