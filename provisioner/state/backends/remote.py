"""State, lock, journal and history of one environment, in a store with compare-and-swap.

Blobs that are read under the lock are written under the version that was read. Before the first such write the lock is
checked: it was still ours after the reading. A new owner gives state and journal new versions. From then on, the store
itself refuses writes of the former owner, however late they arrive.
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
from provisioner.state.backends.blob import VersionedBlob
from provisioner.state.backends.blob_store import BlobStore
from provisioner.state.backends.held_lock import AGAIN
from provisioner.state.backends.holder import parse as parse_holder
from provisioner.state.backends.lease import Lease, Terms
from provisioner.state.backends.remotejournal import Left, RemoteJournal, encode, read_left
from provisioner.state.backends.serialization import Serializer
from provisioner.state.journal import Entry, Opening
from provisioner.state.records import State
from provisioner.state.sealing import UNSEALED, Seal
from provisioner.state.shape import read_serials

TERMS = Terms()
#: How often a new owner tries to write faster than a former owner that still writes.
TRIES = 20


@dataclass(slots=True)
class RemoteBackend:
    """One environment in a store. When the lock is lost, `stop` is set, and `notify` is called with the reason.

    `lock_timeout` is the longest wait for the lock, in seconds.
    """

    store: BlobStore
    environment: str
    terms: Terms = TERMS
    notify: Callable[[str], None] = lambda message: None
    lock_timeout: float = 0.0
    stop: Event = field(default_factory=Event)
    seal: Seal = UNSEALED
    _state: VersionedBlob = field(init=False)
    _left: Left | None = None
    _lease: Lease | None = None
    _checked: bool = False

    def __post_init__(self) -> None:
        self._state = VersionedBlob(self.store, f"{self.environment}/state.json")

    @property
    def journal_name(self) -> str:
        """The name of the journal's blob."""
        return f"{self.environment}/journal"

    @property
    def lock_name(self) -> str:
        """The name of the lock's blob."""
        return f"{self.environment}/lock"

    def describe(self) -> str:
        """Returns the store and the environment in it."""
        return f"{self.store.describe()} ({self.environment})"

    def read(self) -> State | None:
        """Returns the last state, or None if there is none. Raises TornState, NewerState, StateError."""
        self._checked = False
        data = self._state.read()
        state = None if data is None else _unwrap(data, self.describe())
        # A new owner of the lock writes only a first line if there is no state.
        return self._serializer.parse(state, self.describe()) if state else None

    def write(self, state: State) -> None:
        """Replaces the state that was read, and adds a copy to the history. Raises LostRace, StateError."""
        self._check_lock()
        data = self._serializer.dump(state)
        with _advising():
            self._state.write(_wrap(data))
        self._keep(state.serial, data)
        for serial in superfluous(self.history(), state.serial):
            self.store.delete(self._history_name(serial))

    def keep(self, state: State) -> None:
        """Adds a state to the history, and replaces one with the same serial. Raises StateError."""
        self._keep(state.serial, self._serializer.dump(state))

    @contextlib.contextmanager
    def lock(self, command: str) -> Iterator[None]:
        """Holds the lock and renews it. Raises Locked if another process holds it, StateError."""
        lease = self._new_lease()
        lease.acquire(command, self.lock_timeout)
        with self._holding(lease):
            yield

    def holder(self) -> Owner | None:
        """Returns the owner of the lock, or None."""
        holder = parse_holder(VersionedBlob(self.store, self.lock_name).read())
        return None if holder is None else holder.owner

    def unlock(self, id: str) -> Owner:
        """Removes the lock `id`, and returns its owner. Raises StateError."""
        lease = self._new_lease()
        holder = lease.seize(id, "state unlock")
        with self._holding(lease):
            return holder.owner

    def read_journal(self) -> list[Entry]:
        """Returns the entries that an earlier run left. Raises TornState, StateError."""
        self._checked = False
        self._left = read_left(self.store, self.journal_name)
        hint = "keep a copy of it, then run `provision plan` to see what is live"
        return self._serializer.split(self._left.whole, f"the journal in {self.describe()}", hint)

    def open_journal(self, opening: Opening) -> RemoteJournal:
        """Returns a new journal with this first entry, or the existing one for further entries. Requires the lock."""
        left = self._journal()
        callbacks = (self._lease.lose,) if self._lease else ()
        journal = RemoteJournal(left, self._serializer, *callbacks)
        if not left.whole:
            journal.append(opening)
        return journal

    def replace_journal(self, entries: Sequence[Entry]) -> None:
        """Replaces the existing journal by one with these entries. Requires the lock."""
        self._rewrite_journal(self._serializer.join(entries))

    def clear_journal(self) -> None:
        """Empties the journal, after its entries were written to the state. Requires the lock."""
        self._rewrite_journal(b"")

    def history(self) -> list[int]:
        """Returns the serials of the states in the history, oldest first."""
        prefix = f"{self.environment}/history/"
        return read_serials(name.removeprefix(prefix).removesuffix(".json") for name in self.store.names(prefix))

    def read_former(self, serial: int) -> State:
        """Returns a state of the history. Raises StateError if it is not there."""
        blob = self.store.get(self._history_name(serial))
        if blob is None:
            raise StateError(f"the state of serial {serial} is not kept", hint="`provision state history` lists them")
        return self._serializer.parse(blob.data, f"serial {serial} of {self.describe()}")

    def close(self) -> None:
        """Closes the store's connections."""
        self.store.close()

    @property
    def _serializer(self) -> Serializer:
        return Serializer(self.environment, self.seal)

    def _new_lease(self) -> Lease:
        return Lease(self.store, self.lock_name, self.terms, self.notify, self.stop)

    @contextlib.contextmanager
    def _holding(self, lease: Lease) -> Iterator[None]:
        """Forgets what was read before the lock was acquired, and marks the lock as held during the block."""
        self._lease, self._left, self._checked = lease, None, False
        if lease.taken_over:
            self._fence_off(lease)
        try:
            yield
        finally:
            self._lease, self._left = None, None
            lease.release()

    def _fence_off(self, lease: Lease) -> None:
        """Gives state and journal new versions, so that the former owner of the lock can write neither.

        If that fails, the lock is left to expire, and its next owner tries again.
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
        """Checks, before the first overwriting, that the lock was ours until after the reading."""
        if self._lease is not None and not self._checked:
            self._lease.check()
            self._checked = True

    def _journal(self) -> Left:
        """Returns the journal as it was last read or written under this lock."""
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
        """Writes a copy of the state into the history.

        If the history already has a copy with this serial number, left by an earlier state, it is overwritten.
        """
        slot = VersionedBlob(self.store, self._history_name(serial))
        try:
            slot.write(data)
        except LostRace:
            slot.read()
            slot.write(data)

    def _history_name(self, serial: int) -> str:
        return f"{self.environment}/history/{serial:010d}.json"


def _renew(write: Callable[[], None]) -> None:
    """Reads and writes until no other process has written in between."""
    for _ in range(TRIES - 1):
        with contextlib.suppress(LostRace):
            return write()
    write()


@contextlib.contextmanager
def _advising() -> Iterator[None]:
    """Adds advice to the error of a lost race."""
    try:
        yield
    except LostRace as error:
        raise LostRace(f"{error.message}; nothing was written", hint=AGAIN) from error


def _wrap(data: bytes) -> bytes:
    """Returns a state's blob: a unique first line, then the state."""
    return json.dumps({"write": uuid.uuid4().hex}).encode() + b"\n" + data


def _anew(data: bytes | None) -> bytes:
    """Returns a unique blob with the same content. A blob in another format is kept after the first line."""
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
