"""What a folder's backend does once the file that it has locked is no longer the one with that name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from provisioner.core.errors import LostRace
from provisioner.state.backends import LocalBackend
from provisioner.state.backends.held_lock import Holding
from provisioner.state.journal import End, Opening
from provisioner.state.records import State

OPENING = Opening("lineage", 1, "account", "library", "prod", 1.0)


def delete(path: Path) -> None:
    path.unlink()


def replace(path: Path) -> None:
    other = path.with_suffix(".other")
    other.write_bytes(b"")
    os.replace(other, path)


@pytest.mark.parametrize("lose", [delete, replace])
def test_nothing_is_written_once_the_lock_is_lost(tmp_path: Path, lose: Callable[[Path], None]) -> None:
    stop, told = Event(), list[str]()
    backend = LocalBackend(tmp_path, "prod", holding=Holding(stop, told.append))
    backend.write(State("lineage", 1))
    with backend.lock("apply"):
        backend.read()
        journal = backend.open_journal(OPENING)
        lose(backend.lock_path)
        attempts: list[Callable[[], object]] = [
            lambda: journal.append(End("op_1")),
            lambda: backend.write(State("lineage", 2)),
            lambda: backend.keep(State("lineage", 2)),
            lambda: backend.replace_journal([OPENING]),
            backend.clear_journal,
        ]
        for write in attempts:
            with pytest.raises(LostRace, match="nothing was written"):
                write()
        journal.close()
    assert stop.is_set()
    assert len(told) == 1
    assert (backend.read(), backend.history()) == (State("lineage", 1), [1])
    assert backend.read_journal() == [OPENING]


def test_a_journal_that_was_deleted_is_not_written(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path, "prod")
    with backend.lock("apply"):
        journal = backend.open_journal(OPENING)
        backend.journal_path.unlink()
        with pytest.raises(LostRace, match="the journal's file was deleted"):
            journal.append(End("op_1"))
        journal.close()


def test_a_state_that_was_written_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path, "prod")
    backend.write(State("lineage", 1))
    with backend.lock("apply"):
        backend.read()
        LocalBackend(tmp_path, "prod").write(State("lineage", 2, account="theirs"))
        with pytest.raises(LostRace, match="somebody else has written the state"):
            backend.write(State("lineage", 2, account="ours"))
    assert backend.read() == State("lineage", 2, account="theirs")


def test_a_lock_that_was_lost_is_taken_anew_by_the_next(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path, "prod")
    with backend.lock("apply"):
        backend.lock_path.unlink()
    with backend.lock("apply"):
        backend.write(State("lineage", 1))
        backend.write(State("lineage", 2))
    assert backend.read() == State("lineage", 2)
