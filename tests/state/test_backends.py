"""What only a folder does: its lock ends with its process, and its files can be torn by others.

What every backend keeps to is in tests/backends.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from provisioner.core.errors import NewerState, StateError, TornState
from provisioner.state.backends import LocalBackend
from provisioner.state.records import State
from tests.conftest import CHECKOUT


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib, provisioner.state.backends as b\n"
        "with b.LocalBackend(pathlib.Path(sys.argv[1]), 'prod').lock('apply'):\n"
        "    print('held', flush=True); sys.stdin.read()\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    backend = LocalBackend(tmp_path, "prod")
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        holder = backend.holder()
        assert holder is not None
        assert holder.pid == child.pid
    finally:
        child.kill()
        child.communicate()
    assert backend.holder() is None
    with backend.lock("apply"):
        pass


@pytest.mark.parametrize(("text", "error"), [("{", TornState), ('{"format": 99}', NewerState)])
def test_a_state_that_cannot_be_used_is_left_as_it_is(tmp_path: Path, text: str, error: type[Exception]) -> None:
    backend = LocalBackend(tmp_path, "prod")
    backend.state_path.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=r"prod\.json"):
        backend.read()
    assert backend.state_path.read_text(encoding="utf-8") == text


def test_a_state_that_is_no_text_is_torn(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path, "prod")
    backend.state_path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TornState):
        backend.read()


def test_there_is_nothing_to_unlock(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="ends with its process"):
        LocalBackend(tmp_path, "prod").unlock("abc")


@pytest.mark.thorough
def test_the_history_keeps_the_last_50_and_a_former_life_goes_first(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path, "prod")
    for serial in range(100, 145):
        backend.write(State("former", serial))
    for serial in range(1, 11):
        backend.write(State("lineage", serial))
    assert backend.history() == [*range(1, 11), *range(105, 145)]
