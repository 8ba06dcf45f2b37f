"""A journal is compacted while it grows: it loses what no longer counts, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.core.address import Address
from provisioner.core.errors import StateError
from provisioner.engine.ledger import Ledger
from provisioner.state.backends import Backend, journal_size
from provisioner.state.backends.journal_size import MOST_TIMES, JournalSize
from provisioner.state.backends.local import LocalBackend
from provisioner.state.backends.remote import RemoteBackend
from provisioner.state.backends.serialization import Serializer
from provisioner.state.folding import fold
from provisioner.state.journal import Begin, Delta, End, Entry, deltas, open_operations
from provisioner.state.operations import Updating
from provisioner.state.records import Record, State, dump
from provisioner.state.sealing import UNSEALED, Seal
from tests.backends.counting_store import CountingStore
from tests.backends.samples import OPENING
from tests.state.strategies import entries, states

FEWEST = 4_000
STORE = Address("vector_store", "hamlet")
SEALS = {"plain": UNSEALED, "sealed": Seal("the first key of the team")}


@pytest.fixture(params=["folder", "remote", "sealed"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Backend]:
    """Opens the same backend again and again, as processes that follow each other."""
    store = CountingStore()
    if request.param == "folder":
        return lambda: LocalBackend(tmp_path, "prod")
    return lambda: RemoteBackend(store, "prod", seal=SEALS["sealed" if request.param == "sealed" else "plain"])


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_size, "FEWEST_BYTES", FEWEST)


def record(number: int, address: Address = STORE) -> Record:
    return Record(address, address.kind, f"vs_{number}", {"name": f"name {number}"})


def pair(number: int) -> list[Entry]:
    """An operation that changes the same record as all others."""
    intent = Updating({"name": f"name {number}"})
    begin = Begin(f"op_{number}", STORE, "vector_store", "digest", 2.0, intent)
    return [begin, End(begin.operation, Delta(record=record(number)))]


def size_of(backend: Backend) -> int:
    if isinstance(backend, LocalBackend):
        return backend.journal_path.stat().st_size
    assert isinstance(backend, RemoteBackend)
    assert isinstance(backend.store, CountingStore)
    return sum(len(blob.data) for name, blob in backend.store.blobs.items() if "/journal" in name)


@settings(max_examples=12)
@given(states, st.lists(entries, max_size=14))
def test_the_lines_that_count_give_the_same_state_and_the_same_open_operations(state: State, found: list[Any]) -> None:
    compare_what_counts(state, found)


@pytest.mark.thorough
@pytest.mark.timeout(600)
@settings(max_examples=300)
@given(states, st.lists(entries, max_size=14))
def test_the_lines_that_count_do_so_in_many_journals(state: State, found: list[Any]) -> None:
    compare_what_counts(state, found)


def compare_what_counts(state: State, found: list[Any]) -> None:
    """Compares what a journal of the entries `found` says after and before the lines that do not count are removed."""
    serializer, size = Serializer("prod", UNSEALED), JournalSize()
    lines = [serializer.format(each) for each in found]
    for entry, line in zip(found, lines, strict=True):
        size.add(entry, len(line))
    selected = size.select(b"".join(lines))
    assert len(selected) == size.counted_bytes
    left = serializer.split(selected.removesuffix(b"\n"), "it", "")
    assert dump(fold(state, deltas(left))) == dump(fold(state, deltas(found)))
    assert open_operations(left) == open_operations(found)
    size.compact()
    assert size.select(selected) == selected


def test_a_release_number_is_not_forgotten_when_the_record_is_of_another_type() -> None:
    tutor = Address("assistant", "tutor")
    found = [
        End("op_1", Delta(record=Record(tutor, "definition", "tutor@3", {"model": "a"}, release=3))),
        End("op_2", Delta(record=Record(tutor, "assistant", "asst_1", {"model": "a"}))),
        End("op_3", Delta(record=Record(tutor, "assistant", "asst_1", {"model": "b"}))),
    ]
    serializer, size = Serializer("prod", UNSEALED), JournalSize()
    for entry in found:
        size.add(entry, len(serializer.format(entry)))
    left = serializer.split(size.select(serializer.join(found)).removesuffix(b"\n"), "it", "")
    assert left == [found[0], found[2]]
    assert fold(State("lineage"), deltas(left)).releases["tutor"].number == 3


def test_a_growing_journal_stays_small_and_is_read_by_the_next_run(opened: Callable[[], Backend]) -> None:
    backend = opened()
    waiting = Begin("op_open", STORE, "vector_store", "digest", 2.0, Updating({}))
    with backend.lock("apply"):
        journal = backend.open_journal(OPENING)
        journal.append(waiting)
        largest = 0
        for number in range(100):
            for entry in pair(number):
                journal.append(entry)
            largest = max(largest, size_of(backend))
        journal.close()
        assert largest < FEWEST + 3_000
    found = opened().read_journal()
    assert found[0] == OPENING
    assert open_operations(found) == [waiting]
    assert fold(State("lineage"), deltas(found)).records == {STORE: record(99)}
    with backend.lock("apply"):
        backend.clear_journal()
        assert backend.read_journal() == []
    if isinstance(backend, RemoteBackend):
        assert [name for name in backend.store.names("prod/") if "journal." in name] == []


def test_a_journal_that_was_left_is_compacted_by_the_run_that_continues_it(opened: Callable[[], Backend]) -> None:
    for first in range(0, 40, 4):
        backend = opened()
        with backend.lock("apply"):
            journal = backend.open_journal(OPENING)
            for number in range(first, first + 4):
                for entry in pair(number):
                    journal.append(entry)
            journal.close()
    assert size_of(opened()) < FEWEST + 3_000
    assert fold(State("lineage"), deltas(opened().read_journal())).records == {STORE: record(39)}


@pytest.mark.parametrize("failing", range(6))
def test_a_compaction_that_fails_at_any_request_loses_nothing(failing: int) -> None:
    """The store fails once in the write that compacts. What was durable is still there, and the next write goes on."""
    store = CountingStore()
    backend = RemoteBackend(store, "prod")
    journal = backend.open_journal(OPENING)
    number = 0
    while not journal.size.is_excessive:
        for entry in pair(number):
            journal.append(entry)
        number += 1
    left = failing
    put, get = store.put, store.get

    def fail() -> None:
        nonlocal left
        left -= 1
        if left == -1:
            raise StateError("the store does not answer")

    def put_or_fail(name: str, data: bytes, expect: str | None) -> str:
        fail()
        return put(name, data, expect)

    def get_or_fail(name: str) -> Any:
        fail()
        return get(name)

    store.put, store.get = put_or_fail, get_or_fail  # type: ignore[method-assign]
    for each in range(number, number + 5):
        for entry in pair(each):
            try:
                journal.append(entry)
            except StateError:
                journal.append(pair(each + 100)[0])
    found = RemoteBackend(store, "prod").read_journal()
    assert fold(State("lineage"), deltas(found)).records == {STORE: record(number + 4)}


def test_the_bytes_that_are_written_grow_like_the_entries() -> None:
    """Compaction rewrites lines; together these are a fixed multiple of what is appended, however long the run is."""
    written = []
    for count in (100, 200, 400, 800):
        store = CountingStore()
        journal = RemoteBackend(store, "prod").open_journal(OPENING)
        for number in range(count):
            for entry in pair(number):
                journal.append(entry)
        written.append(sum(size for _, name, size in store.calls if name.startswith("prod/journal.")))
    for smaller, larger in pairwise(written):
        assert larger <= 2.2 * smaller
    assert written[0] > 0


def test_one_change_costs_one_pair_of_entries_however_large_the_state_is(tmp_path: Path) -> None:
    costs = set()
    for count in (500, 1000, 2000, 4000):
        records = {
            address: Record(address, "file", f"file-{number}", {"filename": "a.md"})
            for number in range(count)
            if (address := Address("file", f"{number:04}.md"))
        }
        backend = LocalBackend(tmp_path / str(count), "prod")
        with backend.lock("apply"):
            backend.write(State("lineage", 1, records=records))
            journal = backend.open_journal(OPENING)
            before = size_of(backend)
            state = backend.state_path.stat()
            ledger = Ledger(State("lineage", 1, records=records), journal)
            ledger.write(Updating({"name": "x"}), STORE, "vector_store", {}, lambda: record(1), Delta)
            costs.add((size_of(backend) - before) // 8)
            assert len(backend.read_journal()) == 3
            after = backend.state_path.stat()
            assert (state.st_ino, state.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
            journal.close()
    assert max(costs) - min(costs) <= 1  # the time has up to 18 digits


def test_a_journal_without_superfluous_lines_is_never_rewritten() -> None:
    store = CountingStore()
    journal = RemoteBackend(store, "prod").open_journal(OPENING)
    for number in range(200):
        address = Address("vector_store", f"s{number}")
        journal.append(End(f"op_{number}", Delta(record=record(number, address))))
    assert not [name for method, name, _ in store.calls if method == "delete"]
    assert journal.size.all_bytes == journal.size.counted_bytes
    assert MOST_TIMES > 1
