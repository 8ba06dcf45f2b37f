"""Files on a real disk: who may read them, what a full disk and a failing rename leave, how many flushes it takes."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from provisioner.core.address import Address
from provisioner.core.errors import StateError, TornState
from provisioner.state.backends import LocalBackend
from provisioner.state.journal import Begin, Opening
from provisioner.state.operations import Creating
from provisioner.state.records import Record, State, dump
from tests.conftest import CHECKOUT

OPENING = Opening("lineage", 1, "account", "library", "prod", 1.0)
WRITERS = 8


def begin(number: int) -> Begin:
    address = Address("file", f"{number}.md")
    return Begin(f"op_{number}", address, "file", "digest", 1.0, Creating(Record(address, "file", "", {})))


@pytest.fixture
def backend(tmp_path: Path) -> LocalBackend:
    return LocalBackend(tmp_path / "state", "prod")


def test_only_the_owner_may_read_what_is_kept(backend: LocalBackend) -> None:
    with backend.lock("apply"):
        backend.write(State("lineage"))
        backend.open_journal(OPENING).close()
    assert files(backend) == {"prod.json", "prod.journal", "prod.lock", "prod.history/0.json"}
    assert {stat.S_IMODE((backend.folder / name).stat().st_mode) for name in files(backend)} == {0o600}


def files(backend: LocalBackend) -> set[str]:
    """Every file of a backend, by its path in the folder."""
    return {path.relative_to(backend.folder).as_posix() for path in backend.folder.rglob("*") if path.is_file()}


def test_a_failing_rename_leaves_the_old_state_and_nothing_else(
    backend: LocalBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.write(State("lineage", 1))

    def refuse(*paths: object, **folders: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(StateError, match=r"cannot be written: Input/output error"):
        backend.write(State("lineage", 2))
    assert backend.read() == State("lineage", 1)
    assert files(backend) == {"prod.json", "prod.history/1.json"}


FULL_DISK = """
import pathlib, resource, sys
from provisioner.core.address import Address
from provisioner.core.errors import StateError
from provisioner.state.backends import LocalBackend
from provisioner.state.journal import Begin, Opening
from provisioner.state.operations import Deleting
from provisioner.state.records import State

backend = LocalBackend(pathlib.Path(sys.argv[1]), "prod")
journal = backend.open_journal(Opening("lineage", 1, "", "", "", 1.0))
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
for write in (
    lambda: backend.write(State("lineage", 2, account="x" * 10_000)),
    lambda: journal.append(Begin("op_1", Address("file", "x" * 10_000), "file", "digest", 1.0, Deleting())),
):
    try:
        write()
    except StateError as error:
        print(error.message, "|", error.hint)
"""


def test_a_full_disk_leaves_what_was_there_and_says_so(backend: LocalBackend) -> None:
    backend.write(State("lineage", 1))
    ended = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(backend.folder)],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=True,
    )
    state, journal = ended.stdout.splitlines()
    assert "2.json cannot be written" in state
    assert "prod.journal cannot be written" in journal
    assert "disk" in state.partition("|")[2]
    assert "disk" in journal.partition("|")[2]
    assert backend.read() == State("lineage", 1)
    assert backend.read_journal() == [Opening("lineage", 1, "", "", "", 1.0)]
    assert files(backend) == {"prod.json", "prod.journal", "prod.history/1.json"}


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    backend = LocalBackend(tmp_path / "file" / "state", "prod")
    with pytest.raises(StateError, match="cannot be written"):
        backend.write(State("lineage"))
    with pytest.raises(StateError, match="cannot be written"), backend.lock("apply"):
        pass


def test_many_writers_lose_nothing_and_do_not_mix(backend: LocalBackend) -> None:
    backend.folder.mkdir()
    journal = backend.open_journal(OPENING)
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda number: journal.append(begin(number)), range(200)))
    journal.close()
    opening, *entries = backend.read_journal()
    assert opening == OPENING
    assert sorted(entries, key=str) == sorted(map(begin, range(200)), key=str)


def test_writers_who_wait_share_one_flush(backend: LocalBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    backend.folder.mkdir()
    journal = backend.open_journal(OPENING)
    flushes = 0

    def flush(handle: int) -> None:
        nonlocal flushes
        flushes += 1
        for _ in range(5_000):  # a slow disk: everybody else has written by now
            if lines(backend.journal_path) == 1 + WRITERS:
                return
            time.sleep(0.001)

    monkeypatch.setattr(os, "fdatasync", flush)
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda number: journal.append(begin(number)), range(WRITERS)))
    journal.close()
    assert flushes <= 2


def lines(path: Path) -> int:
    return path.read_bytes().count(b"\n")


@pytest.mark.parametrize("rest", [b'{"entry": "beg', b"\xff\xfe", b"{}"])
def test_a_torn_last_line_is_left_out_and_cut_off(backend: LocalBackend, rest: bytes) -> None:
    backend.folder.mkdir()
    backend.open_journal(OPENING).close()
    with backend.journal_path.open("ab") as file:
        file.write(rest)
    assert backend.read_journal() == [OPENING]
    journal = backend.open_journal(Opening("other", 2, "", "", "", 2.0))
    journal.append(begin(1))
    journal.close()
    assert backend.read_journal() == [OPENING, begin(1)]


def test_a_journal_that_was_cut_before_its_first_line_begins_anew(backend: LocalBackend) -> None:
    backend.folder.mkdir()
    backend.journal_path.write_bytes(b'{"entry": "op')
    assert backend.read_journal() == []
    backend.open_journal(OPENING).close()
    assert backend.read_journal() == [OPENING]


NO_ENTRIES = ["{", "[]", "{}", '{"entry": "other"}', '{"entry": "end"}', "\N{REPLACEMENT CHARACTER}"]


@pytest.mark.parametrize("line", NO_ENTRIES)
def test_a_torn_line_in_the_middle_is_no_journal(backend: LocalBackend, line: str) -> None:
    backend.folder.mkdir()
    text = json.dumps(OPENING.to_json()) + f"\n{line}\n" + json.dumps(begin(1).to_json()) + "\n"
    backend.journal_path.write_text(text, encoding="utf-8")
    with pytest.raises(TornState, match="line 2 of"):
        backend.read_journal()
    assert backend.journal_path.read_text(encoding="utf-8") == text


def test_a_state_is_written_with_the_text_that_dump_gives(backend: LocalBackend) -> None:
    backend.write(State("lineage", account="계정"))
    assert backend.state_path.read_text(encoding="utf-8") == dump(State("lineage", account="계정"))
