"""Implements a backend in a store with compare-and-swap, which contains the state, the lock, the journal and the
history of one environment of the project.

A write names the version that was read under the lock. Before the first write, the process checks that it still holds
the lock under which it read the state. A new owner that takes the lock from a former owner writes state and journal
again, so that they get new versions. From then on, the store itself refuses the writes of the former owner, even if
they arrive late.
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
from provisioner.state.backends.remote_releases import RemoteReleases
from provisioner.state.backends.remotejournal import RemoteJournal, StoredJournal, encode, read_stored_journal
from provisioner.state.backends.serialization import Serializer
from provisioner.state.journal import Entry, Opening
from provisioner.state.records import State
from provisioner.state.sealing import UNSEALED, Seal
from provisioner.state.shape import read_serials

TERMS = Terms()
#: The most attempts of a write by a new owner of the lock, if the former owner writes at the same time.
TRIES = 20


@dataclass(slots=True)
class RemoteBackend:
    """The backend of one environment of a project, in a store. `store` is this store. When the lock is lost, `stop` is
    set, and `notify` is called with the reason.

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
    _left: StoredJournal | None = None
    _lease: Lease | None = None
    _checked: bool = False
    _releases: RemoteReleases | None = None

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
        """Returns the location of the store and the name of the environment of the project, for messages."""
        return f"{self.store.describe()} ({self.environment})"

    def read(self) -> State | None:
        """Returns the current state, or None if no state exists. Raises TornState if the state is damaged, NewerState
        if a later version of provision wrote it, and StateError if it cannot be read.
        """
        self._checked = False
        data = self._state.read()
        state = None if data is None else _unwrap(data, self.describe())
        # A new owner of the lock writes only a first line if there is no state.
        return self._serializer.parse(state, self.describe()) if state else None

    def write(self, state: State) -> None:
        """Writes `state` in place of the state that was last read, and adds a copy of it to the history. Raises
        LostRace if another process has written the state or acquired the lock, and StateError if the store cannot be
        used.
        """
        self._check_lock()
        data = self._serializer.dump(state)
        with _advising():
            self._state.write(_wrap(data))
        self._keep(state.serial, data)
        for serial in superfluous(self.history(), state.serial):
            self.store.delete(self._history_name(serial))

    def keep(self, state: State) -> None:
        """Adds a copy of `state` to the history of former states. A state with the same serial in the history is
        overwritten. Raises StateError if the store cannot be used.
        """
        self._keep(state.serial, self._serializer.dump(state))

    @contextlib.contextmanager
    def lock(self, command: str) -> Iterator[None]:
        """Returns a context manager that holds and renews the lock during the `with` block. `command` is the command of
        this process, which the lock names to other users. Raises Locked if another process holds the lock, and
        StateError if the store cannot be used.
        """
        lease = self._new_lease()
        lease.acquire(command, self.lock_timeout)
        with self._holding(lease):
            yield

    def holder(self) -> Owner | None:
        """Returns the owner of the lock, or None if the lock is free."""
        holder = parse_holder(VersionedBlob(self.store, self.lock_name).read())
        return None if holder is None else holder.owner

    def unlock(self, id: str) -> Owner:
        """Removes the lock with this id, and returns its owner. Raises StateError if the lock is free, has another id,
        or was just renewed.
        """
        lease = self._new_lease()
        holder = lease.seize(id, "state unlock")
        with self._holding(lease):
            return holder.owner

    def read_journal(self) -> list[Entry]:
        """Returns the entries that an earlier run left in the journal. Raises TornState if the journal is damaged, and
        StateError if the store cannot be used.
        """
        self._checked = False
        self._left = read_stored_journal(self.store, self.journal_name)
        hint = "keep a copy of it, then run `provision plan` to see what is live"
        return self._serializer.split(self._left.whole, f"the journal in {self.describe()}", hint)

    def open_journal(self, opening: Opening) -> RemoteJournal:
        """Opens the journal for writing. A new journal starts with the entry `opening`; an existing journal is
        continued. The caller must hold the lock.
        """
        left = self._journal()
        callbacks = (self._lease.lose,) if self._lease else ()
        journal = RemoteJournal(left, self._serializer, *callbacks)
        if not left.whole:
            journal.append(opening)
        return journal

    def replace_journal(self, entries: Sequence[Entry]) -> None:
        """Replaces the existing journal by a journal with the entries `entries`. The caller must hold the lock."""
        self._rewrite_journal(self._serializer.join(entries))

    def clear_journal(self) -> None:
        """Empties the journal. Its entries must already be in the state. The caller must hold the lock."""
        self._rewrite_journal(b"")

    def history(self) -> list[int]:
        """Returns the serials of the former states that the history contains as copies, beginning with the oldest
        state.
        """
        prefix = f"{self.environment}/history/"
        return read_serials(name.removeprefix(prefix).removesuffix(".json") for name in self.store.names(prefix))

    def read_former(self, serial: int) -> State:
        """Returns the former state with the serial `serial` from the history. Raises StateError if the history does not
        contain this state.
        """
        blob = self.store.get(self._history_name(serial))
        if blob is None:
            raise StateError(f"the state of serial {serial} is not kept", hint="`provision state history` lists them")
        return self._serializer.parse(blob.data, f"serial {serial} of {self.describe()}")

    def former_digest(self, serial: int) -> None:
        """Always returns None, because the texts in the store are compressed or encrypted."""

    @property
    def releases(self) -> RemoteReleases:
        """The texts of the releases in this backend: the contents that were applied to assistants, and their index."""
        if self._releases is None:
            self._releases = RemoteReleases(self.store, self.environment, self._serializer, self._confirm_lock)
        return self._releases

    def close(self) -> None:
        """Closes the connections to the store."""
        self.store.close()

    @property
    def _serializer(self) -> Serializer:
        return Serializer(self.environment, self.seal, is_compressing=True)

    def _new_lease(self) -> Lease:
        return Lease(self.store, self.lock_name, self.terms, self.notify, self.stop)

    @contextlib.contextmanager
    def _holding(self, lease: Lease) -> Iterator[None]:
        """Returns a context manager. During the `with` block, this backend uses `lease` as its lock. At the end, the
        lock is released. A journal that was read before the block is read again. If the lock was taken from a former
        owner, the writes of that owner are prevented first.
        """
        self._lease, self._left, self._checked = lease, None, False
        if lease.taken_over:
            self._fence_off(lease)
        try:
            yield
        finally:
            self._lease, self._left = None, None
            lease.release()

    def _fence_off(self, lease: Lease) -> None:
        """Prevents the former owner of the lock `lease` from writing the state and the journal. For this, writes both
        again with the same content, so that they get new versions. The store refuses a later write of the former owner,
        because this write names an old version.

        If a write fails, the lock is neither released nor renewed. The next owner of the expired lock tries again.
        """
        try:
            _renew(lambda: self._state.write(_anew(self._state.read())))
            _renew(self._renew_journal)
        except BaseException:
            lease.abandon()
            raise

    def _renew_journal(self) -> None:
        left = read_stored_journal(self.store, self.journal_name)
        left.slot.write(encode(left.aside, left.lines))

    def _check_lock(self) -> None:
        """Checks the lock before the first write after the state or the journal was read. Raises LostRace if this
        process lost the lock while it read the state or the journal.
        """
        if self._lease is not None and not self._checked:
            self._lease.check()
            self._checked = True

    def _confirm_lock(self) -> None:
        """Raises LostRace if this process does not hold the lock at this moment. Does nothing if this backend has not
        acquired the lock.
        """
        if self._lease is not None:
            self._lease.check()

    def _journal(self) -> StoredJournal:
        """Checks the lock, and returns the journal as it was last read or written under this lock."""
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
        """Writes `data`, a copy of the state with the serial number `serial`, into the history.

        A copy with this serial number that an earlier state left in the history is overwritten.
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
    """Calls `write`, which reads and writes a blob. If `write` raises LostRace because another process wrote the blob
    in between, calls it again. Makes at most TRIES calls.
    """
    for _ in range(TRIES - 1):
        with contextlib.suppress(LostRace):
            return write()
    write()


@contextlib.contextmanager
def _advising() -> Iterator[None]:
    """Returns a context manager that adds advice for the user to each LostRace error that the `with` block raises."""
    try:
        yield
    except LostRace as error:
        raise LostRace(f"{error.message}; nothing was written", hint=AGAIN) from error


def _wrap(data: bytes) -> bytes:
    """Returns the bytes of a blob that contains the state `data`: a first line that is unique, then the state."""
    return json.dumps({"write": uuid.uuid4().hex}).encode() + b"\n" + data


def _anew(data: bytes | None) -> bytes:
    """Returns the bytes of a state's blob in a new version: the same state as in `data`, with a new unique first line.
    If `data` already begins with such a line, the new line replaces it.
    """
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
