"""State, lock, journal and history of one environment, in a store that can compare and swap.

What is read under the lock is written under the version that was read, and before the first such write the lock is
looked at: it was still ours after the reading. Whoever takes over gives state and journal new versions, so from then
on the store itself refuses what the former holder sends, however late.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Event

from provisioner.core.errors import LostRace, StateError, TornState
from provisioner.state.backends.backend import Owner, superfluous
from provisioner.state.backends.blob import Slot
from provisioner.state.backends.blob_store import Store
from provisioner.state.backends.holder import parse as parse_holder
from provisioner.state.backends.lease import AGAIN, Lease, Terms
from provisioner.state.backends.remotejournal import Left, RemoteJournal, encode, read_left
from provisioner.state.backends.serialization import Notation
from provisioner.state.journal import Entry, Opening
from provisioner.state.records import State
from provisioner.state.sealing import UNSEALED, Seal
from provisioner.state.shape import read_serials

TERMS = Terms()
#: How often somebody who takes over tries to be faster than a former holder that still writes.
TRIES = 20


@dataclass(slots=True)
class RemoteBackend:
    """One environment in a store. `stop` is set when the lock is lost, and `tell` is told why.

    `lock_timeout` is how long a lock is waited for, in seconds.
    """

    store: Store
    environment: str
    terms: Terms = TERMS
    tell: Callable[[str], None] = lambda message: None
    lock_timeout: float = 0.0
    stop: Event = field(default_factory=Event)
    seal: Seal = UNSEALED
    _state: Slot = field(init=False)
    _left: Left | None = None
    _lease: Lease | None = None
    _checked: bool = False

    def __post_init__(self) -> None:
        self._state = Slot(self.store, f"{self.environment}/state.json")

    @property
    def journal_name(self) -> str:
        """The journal's blob."""
        return f"{self.environment}/journal"

    @property
    def lock_name(self) -> str:
        """The lock's blob."""
        return f"{self.environment}/lock"

    def describe(self) -> str:
        """The store and the environment in it."""
        return f"{self.store.describe()} ({self.environment})"

    def read(self) -> State | None:
        """The last state, or None where there is none. Raises TornState, NewerState, StateError."""
        self._checked = False
        data = self._state.read()
        state = None if data is None else _unwrap(data, self.describe())
        # Whoever takes a lock over where there is no state writes a first line and nothing else.
        return self._notation.parse(state, self.describe()) if state else None

    def write(self, state: State) -> None:
        """Writes the state in place of the one that was read, and keeps a copy. Raises LostRace, StateError."""
        self._check_lock()
        data = self._notation.dump(state)
        with _advising():
            self._state.write(_wrap(data))
        self._keep(state.serial, data)
        for serial in superfluous(self.history(), state.serial):
            self.store.delete(self._history_name(serial))

    def keep(self, state: State) -> None:
        """Puts a state into the history, in place of the one of its serial. Raises StateError."""
        self._keep(state.serial, self._notation.dump(state))

    @contextlib.contextmanager
    def lock(self, command: str) -> Iterator[None]:
        """Holds the lock, renewing it. Raises Locked where somebody else does, StateError."""
        lease = self._new_lease()
        lease.acquire(command, self.lock_timeout)
        with self._holding(lease):
            yield

    def holder(self) -> Owner | None:
        """Who holds the lock now, or None."""
        holder = parse_holder(Slot(self.store, self.lock_name).read())
        return None if holder is None else holder.owner

    def unlock(self, id: str) -> Owner:
        """Takes the lock `id` away; returns who held it. Raises StateError."""
        lease = self._new_lease()
        holder = lease.seize(id, "state unlock")
        with self._holding(lease):
            return holder.owner

    def read_journal(self) -> list[Entry]:
        """The entries that an earlier run left. Raises TornState, StateError."""
        self._checked = False
        self._left = read_left(self.store, self.journal_name)
        hint = "keep a copy of it, then run `provision plan` to see what is live"
        return self._notation.split(self._left.whole, f"the journal in {self.describe()}", hint)

    def open_journal(self, opening: Opening) -> RemoteJournal:
        """A journal with this first entry, or the one that was left, to go on with. Only under the lock."""
        left = self._journal()
        told = (self._lease.lose,) if self._lease else ()
        journal = RemoteJournal(left, self._notation, *told)
        if not left.whole:
            journal.append(opening)
        return journal

    def replace_journal(self, entries: Sequence[Entry]) -> None:
        """Puts a journal of these entries in place of the one that was left. Only under the lock."""
        self._rewrite_journal(self._notation.join(entries))

    def clear_journal(self) -> None:
        """Empties the journal: everything in it is in the state. Only under the lock."""
        self._rewrite_journal(b"")

    def history(self) -> list[int]:
        """The serials of the states that are kept, oldest first."""
        prefix = f"{self.environment}/history/"
        return read_serials(name.removeprefix(prefix).removesuffix(".json") for name in self.store.names(prefix))

    def read_former(self, serial: int) -> State:
        """A former state. Raises StateError where it is not kept."""
        blob = self.store.get(self._history_name(serial))
        if blob is None:
            raise StateError(f"the state of serial {serial} is not kept", hint="`provision state history` lists them")
        return self._notation.parse(blob.data, f"serial {serial} of {self.describe()}")

    def close(self) -> None:
        """Closes the store's connections."""
        self.store.close()

    @property
    def _notation(self) -> Notation:
        return Notation(self.environment, self.seal)

    def _new_lease(self) -> Lease:
        return Lease(self.store, self.lock_name, self.terms, self.tell, self.stop)

    @contextlib.contextmanager
    def _holding(self, lease: Lease) -> Iterator[None]:
        """What was read before the lock was ours is forgotten."""
        self._lease, self._left, self._checked = lease, None, False
        if lease.taken_over:
            self._fence_off(lease)
        try:
            yield
        finally:
            self._lease, self._left = None, None
            lease.release()

    def _fence_off(self, lease: Lease) -> None:
        """Gives state and journal new versions, so that whoever held the lock before can write neither.

        Where that cannot be done, the lock is left to end by itself: whoever takes it over then tries again.
        """
        try:
            _renew(lambda: self._state.write(_anew(self._state.read())))
            _renew(self._renew_journal)
        except BaseException:
            lease.abandon()
            raise

    def _renew_journal(self) -> None:
        left = read_left(self.store, self.journal_name)
        left.slot.write(encode(left.aside, left.lines))

    def _check_lock(self) -> None:
        """Before what was read is written over: the lock was ours until after the reading."""
        if self._lease is not None and not self._checked:
            self._lease.check()
            self._checked = True

    def _journal(self) -> Left:
        """The journal as it was last read or written under this lock."""
        if self._left is None:
            self.read_journal()
        assert self._left is not None
        self._check_lock()
        return self._left

    def _rewrite_journal(self, lines: bytes) -> None:
        left = self._journal()
        with _advising():
            left.slot.write(encode([], lines))
        former, left.aside, left.former, left.lines = left.aside, [], b"", lines
        for name in former:
            self.store.delete(name)

    def _keep(self, serial: int, data: bytes) -> None:
        """Puts a copy into the history. One of that serial is a former life's."""
        slot = Slot(self.store, self._history_name(serial))
        try:
            slot.write(data)
        except LostRace:
            slot.read()
            slot.write(data)

    def _history_name(self, serial: int) -> str:
        return f"{self.environment}/history/{serial:010d}.json"


def _renew(write: Callable[[], None]) -> None:
    """Reads and writes until nobody has written in between."""
    for _ in range(TRIES - 1):
        with contextlib.suppress(LostRace):
            return write()
    write()


@contextlib.contextmanager
def _advising() -> Iterator[None]:
    """Says what to do about a lost race."""
    try:
        yield
    except LostRace as error:
        raise LostRace(f"{error.message}; nothing was written", hint=AGAIN) from error


def _wrap(data: bytes) -> bytes:
    """A state's blob: a first line that is never the same again, then the state."""
    return json.dumps({"write": uuid.uuid4().hex}).encode() + b"\n" + data


def _anew(data: bytes | None) -> bytes:
    """The same blob, never the same again. One that is not ours is kept behind the first line."""
    first, _, rest = (data or b"").partition(b"\n")
    return _wrap(rest if first.startswith(b'{"write":') else data or b"")


def _unwrap(data: bytes, name: str) -> bytes:
    first, _, rest = data.partition(b"\n")
    try:
        json.loads(first)["write"]
        return rest
    except (ValueError, KeyError, TypeError) as error:
        raise TornState(
            f"{name} is not a state that provision wrote; it was left as it is",
            hint="look for a former one: provision state history",
        ) from error
