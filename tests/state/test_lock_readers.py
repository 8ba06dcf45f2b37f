"""Who holds a lock is read without taking it: a reader is never taken for an owner."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from provisioner.state.backends import LocalBackend
from provisioner.state.backends.filelock import read_owner

READERS = 4
READS = 500


def test_readers_at_the_same_time_find_a_free_lock_free(tmp_path: Path) -> None:
    path = tmp_path / "prod.lock"
    path.touch()
    with ThreadPoolExecutor(READERS) as pool:
        found = pool.map(lambda _: [read_owner(path) for _ in range(READS)], range(READERS))
        assert {owner for owners in found for owner in owners} == {None}


def test_readers_at_the_same_time_find_the_owner(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path, "prod")
    with backend.lock("apply"), ThreadPoolExecutor(READERS) as pool:
        found = pool.map(lambda _: [read_owner(backend.lock_path) for _ in range(READS)], range(READERS))
        assert {owner.command if owner else None for owners in found for owner in owners} == {"apply"}
