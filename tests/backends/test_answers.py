"""Answers that get lost, writes that arrive late, and how many writes a journal takes: on a store in memory."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock

import pytest
from msgspec.structs import replace

from provisioner.core.errors import LostRace, StateError
from provisioner.state.backends.blob_store import Blob
from provisioner.state.backends.lease import Lease
from provisioner.state.backends.remote import RemoteBackend
from provisioner.state.records import State
from tests.backends.samples import BEGIN, END, OPENING, STATE, TERMS, begin, serial

THREADS = 16


@dataclass(slots=True)
class Memory:
    """A store in memory that counts calls; `seconds` is how long a write takes.

    `rule` is called with a write's name and the write itself, and may do it late, or never, or raise after it.
    """

    blobs: dict[str, Blob] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    rule: Callable[[str, Callable[[], str]], str] = lambda name, write: write()
    seconds: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def describe(self) -> str:
        return "memory"

    def get(self, name: str) -> Blob | None:
        with self._lock:
            self.calls["get"] += 1
            return self.blobs.get(name)

    def put(self, name: str, data: bytes, expect: str | None) -> str:
        def write() -> str:
            time.sleep(self.seconds)
            with self._lock:
                there = self.blobs.get(name)
                if (there.version if there else None) != expect:
                    raise LostRace(name)
                self.blobs[name] = Blob(data, uuid.uuid4().hex)
                return self.blobs[name].version

        self.calls["put"] += 1
        return self.rule(name, write)

    def delete(self, name: str) -> None:
        self.calls["delete"] += 1
        self.blobs.pop(name, None)

    def put_all(self, blobs: Mapping[str, bytes]) -> None:
        self.calls["put_all"] += 1
        self.blobs |= {name: Blob(data, uuid.uuid4().hex) for name, data in blobs.items()}

    def delete_all(self, names: Sequence[str]) -> None:
        self.calls["delete_all"] += 1
        for name in names:
            self.blobs.pop(name, None)

    def names(self, prefix: str) -> list[str]:
        self.calls["names"] += 1
        return sorted(name for name in self.blobs if name.startswith(prefix))

    def close(self) -> None:
        """There is nothing to close."""


def answer_lost(name: str, write: Callable[[], str]) -> str:
    write()
    raise StateError("no answer")


def heard_twice(name: str, write: Callable[[], str]) -> str:
    write()
    return write()


def not_arrived(name: str, write: Callable[[], str]) -> str:
    raise StateError("no connection")


@pytest.mark.parametrize("rule", [answer_lost, heard_twice])
def test_a_write_whose_answer_is_lost_is_done(rule: Callable[[str, Callable[[], str]], str]) -> None:
    store = Memory(rule=rule)
    backend = RemoteBackend(store, "prod", TERMS)
    with backend.lock("apply"):
        journal = backend.open_journal(OPENING)
        journal.append(BEGIN)
        journal.append(END)
        assert backend.read_journal() == [OPENING, BEGIN, END]
        backend.write(STATE)
        backend.write(serial(2))
        backend.clear_journal()
    assert not backend.stop.is_set()
    assert backend.read() == serial(2)
    assert backend.holder() is None


def test_a_write_that_arrives_after_it_was_given_up_is_gone_on_from() -> None:
    store = Memory()
    late: list[Callable[[], str]] = []
    backend = RemoteBackend(store, "prod", TERMS)
    journal = backend.open_journal(OPENING)

    def delay(name: str, write: Callable[[], str]) -> str:
        late.append(write)
        raise StateError("no answer")

    store.rule = delay
    with pytest.raises(StateError, match="no answer"):
        journal.append(BEGIN)
    store.rule = lambda name, write: write()
    late[0]()
    journal.append(END)
    assert backend.read_journal() == [OPENING, BEGIN, END]


def test_a_write_that_somebody_else_was_faster_with_is_lost_however_the_answer() -> None:
    store = Memory()
    backend, other = (RemoteBackend(store, "prod", TERMS) for _ in range(2))
    backend.read(), other.read()
    other.write(STATE)
    store.rule = not_arrived
    with pytest.raises(StateError):
        backend.write(serial(5))
    assert other.read() == STATE


def test_many_waiting_entries_are_one_write_and_none_is_lost() -> None:
    store = Memory(seconds=0.005)
    backend = RemoteBackend(store, "prod", TERMS)
    journal = backend.open_journal(OPENING)
    store.calls.clear()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda number: journal.append(begin(number)), range(THREADS * 20)))
    assert len(backend.read_journal()) == 1 + THREADS * 20
    assert store.calls["put"] <= THREADS * 20 / 4


def test_a_large_journal_is_put_aside_read_back_whole_and_taken_away() -> None:
    store = Memory()
    backend = RemoteBackend(store, "prod", TERMS)
    journal = backend.open_journal(OPENING)
    entries = [begin(number, size=60_000) for number in range(30)]
    for entry in entries:
        journal.append(entry)
    assert max(len(blob.data) for blob in store.blobs.values()) < 400_000
    assert len(store.names("prod/journal.")) >= 3
    assert RemoteBackend(store, "prod").read_journal() == [OPENING, *entries]
    again = RemoteBackend(store, "prod").open_journal(OPENING)
    again.append(END)
    assert RemoteBackend(store, "prod").read_journal() == [OPENING, *entries, END]
    RemoteBackend(store, "prod").clear_journal()
    assert store.names("prod/") == ["prod/journal"]


def test_a_part_that_is_missing_is_said() -> None:
    store = Memory()
    backend = RemoteBackend(store, "prod", TERMS)
    journal = backend.open_journal(OPENING)
    for number in range(6):
        journal.append(begin(number, size=60_000))
    store.delete(store.names("prod/journal.")[0])
    with pytest.raises(StateError, match="a part of prod/journal is missing"):
        backend.read_journal()


def test_calls_of_a_plan_and_of_an_apply_are_few() -> None:
    """What docs/state.md says of costs."""
    store = Memory()
    backend = RemoteBackend(store, "prod")
    backend.read_journal(), backend.read(), backend.holder()
    assert store.calls == {"get": 3}
    store.calls.clear()
    with backend.lock("apply"):
        backend.read_journal(), backend.read()
        journal = backend.open_journal(OPENING)
        journal.append(BEGIN)
        backend.write(STATE)
        journal.close()
        backend.clear_journal()
    # The lock: 2 writes and 2 reads; the journal: 3 and 1; the state: 1 and 1; the history: 1, and its list.
    assert store.calls == {"get": 4, "put": 7, "names": 1}


def test_a_takeover_that_cannot_fence_off_leaves_the_lock_to_the_next() -> None:
    store = Memory()
    terms = replace(TERMS, life=0.3)
    dead = Lease(store, "prod/lock", terms)
    dead.acquire("apply", 0)
    dead.abandon()
    backend = RemoteBackend(store, "prod", terms, lock_timeout=30)

    def refuse_state(name: str, write: Callable[[], str]) -> str:
        if name == "prod/state.json":
            raise StateError("no right to write")
        return write()

    store.rule = refuse_state
    with pytest.raises(StateError, match="no right"), backend.lock("apply"):
        pass
    store.rule = lambda name, write: write()
    assert backend.holder() is not None
    with backend.lock("apply"):
        assert backend.read() is None
        assert "prod/state.json" in store.blobs


def test_the_history_keeps_the_last_50() -> None:
    backend = RemoteBackend(Memory(), "prod", TERMS)
    for number in range(1, 61):
        backend.write(serial(number))
    assert backend.history() == list(range(11, 61))
    assert backend.read_former(30) == serial(30)
    with pytest.raises(StateError, match="not kept"):
        backend.read_former(5)


def test_a_lock_that_cannot_be_given_back_is_told_and_fails_nothing() -> None:
    store = Memory()
    told: list[str] = []
    backend = RemoteBackend(store, "prod", TERMS, notify=told.append)
    with backend.lock("apply"):
        backend.write(STATE)
        store.rule = not_arrived
    assert "could not be given back, and ends in" in told[-1]


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("arrives", [True, False], ids=["answer lost", "not arrived"])
def test_a_store_that_fails_at_any_write_leaves_the_old_state_or_the_new_and_the_journal(arrives: bool) -> None:
    """From the failing write on the store is gone, and so is the process. The next one finds all that it needs."""
    terms = replace(TERMS, life=0.1, look=0.01)
    for number in range(1, 8):
        store = Memory()
        RemoteBackend(store, "prod", terms).write(STATE)
        puts = 0

        def fail(name: str, write: Callable[[], str], number: int = number) -> str:
            nonlocal puts
            puts += 1
            if puts == number and arrives:
                write()
            if puts >= number:
                raise StateError("gone")
            return write()

        store.rule = fail
        with suppress(StateError):
            work_on(RemoteBackend(store, "prod", terms), serial(2))
        store.rule = lambda name, write: write()
        after = RemoteBackend(store, "prod", terms, lock_timeout=30)
        with after.lock("apply"):
            state, journal = after.read(), after.read_journal()
            assert state in (STATE, serial(2))
            assert journal in ([], [OPENING], [OPENING, BEGIN])
            assert state == serial(2) or number < 6
        work_on(after, serial(3))
        assert after.read() == serial(3)
        assert after.read_journal() == []


def work_on(backend: RemoteBackend, state: State) -> None:
    """What an apply does."""
    with backend.lock("apply"):
        backend.read_journal()
        backend.read()
        journal = backend.open_journal(OPENING)
        journal.append(BEGIN)
        backend.write(state)
        journal.close()
        backend.clear_journal()
