"""What every backend keeps to: a new one is one more line in BACKENDS."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioner.address import Address
from provisioner.backends import Backend, LocalBackend
from provisioner.errors import Locked, NewerState, TornState
from provisioner.journal import Begin, Delta, End, Opening
from provisioner.state import Record, State
from tests.conftest import CHECKOUT

Make = Callable[[Path], Backend]

BACKENDS: dict[str, Make] = {"local": lambda folder: LocalBackend(folder / "state", "prod")}

TUTOR = Address("assistant", "tutor")
STATE = State("lineage", 1, records={TUTOR: Record(TUTOR, "assistant", "asst_1", {"name": "튜터"})})
OPENING = Opening("lineage", 1, "account", "library", "prod", 1.0)
BEGIN = Begin("op_1", TUTOR, "create", "assistant", "digest", 2.0, {"record": {"inputs": {"name": "튜터"}}})
END = End("op_1", Delta(record=STATE.records[TUTOR]))


@pytest.fixture(params=sorted(BACKENDS))
def make(request: pytest.FixtureRequest) -> Make:
    return BACKENDS[request.param]


@pytest.fixture
def backend(make: Make, tmp_path: Path) -> Backend:
    return make(tmp_path)


def test_a_new_one_holds_nothing(backend: Backend) -> None:
    assert backend.read() is None
    assert backend.read_journal() == []
    assert backend.holder() is None


def test_a_state_comes_back_equal_to_everyone(make: Make, tmp_path: Path) -> None:
    make(tmp_path).write(STATE)
    assert make(tmp_path).read() == STATE


def test_a_later_state_takes_the_place_of_the_one_before(backend: Backend) -> None:
    backend.write(STATE)
    later = State("lineage", 2)
    backend.write(later)
    assert backend.read() == later


def test_it_says_where_it_is(backend: Backend) -> None:
    assert "prod" in backend.describe()


def test_a_journal_is_there_until_it_is_cleared(make: Make, tmp_path: Path) -> None:
    backend = make(tmp_path)
    with backend.lock("apply"):
        journal = backend.open_journal(OPENING)
        journal.append(BEGIN)
        journal.append(END)
        journal.close()
    assert make(tmp_path).read_journal() == [OPENING, BEGIN, END]
    with backend.lock("apply"):
        backend.clear_journal()
    assert make(tmp_path).read_journal() == []


def test_a_journal_that_was_left_goes_on(backend: Backend) -> None:
    with backend.lock("apply"):
        first = backend.open_journal(OPENING)
        first.append(BEGIN)
        first.close()
        second = backend.open_journal(Opening("another", 9, "", "", "", 9.0))
        second.append(END)
        second.close()
    assert backend.read_journal() == [OPENING, BEGIN, END]


def test_clearing_no_journal_is_no_error(backend: Backend) -> None:
    with backend.lock("apply"):
        backend.clear_journal()


def test_a_held_lock_says_who_holds_it(make: Make, tmp_path: Path) -> None:
    with make(tmp_path).lock("apply"):
        holder = make(tmp_path).holder()
        assert holder is not None
        assert holder.command == "apply"
        with pytest.raises(Locked, match=r"`provision apply`\) since 20") as caught, make(tmp_path).lock("destroy"):
            pass
        assert caught.value.hint is not None
    assert make(tmp_path).holder() is None
    with make(tmp_path).lock("destroy"):
        pass


def test_a_lock_is_free_after_an_error(backend: Backend) -> None:
    with pytest.raises(ZeroDivisionError), backend.lock("apply"):
        raise ZeroDivisionError
    assert backend.holder() is None
    with backend.lock("apply"):
        pass


def test_two_environments_do_not_share_anything(tmp_path: Path) -> None:
    one, other = LocalBackend(tmp_path, "dev"), LocalBackend(tmp_path, "prod")
    with one.lock("apply"), other.lock("apply"):
        one.write(STATE)
        assert other.read() is None


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib, provisioner.backends as b\n"
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
