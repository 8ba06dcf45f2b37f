"""State, lock, journal and history of one environment, in a store that can compare and swap."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Event

from provisioner.backends.backend import KEPT, Owner
from provisioner.backends.journalfile import format_entry
from provisioner.backends.lease import Lease, Terms, read_holder, unlock
from provisioner.backends.remotejournal import RemoteJournal, encode, read_lines
from provisioner.backends.store import Store
from provisioner.errors import LostRace, ProvisionError, StateError, TornState
from provisioner.journal import Entry, Opening, parse_entry
from provisioner.state import State, dump, parse

FENCE = "fence"
TERMS = Terms()


@dataclass(slots=True)
class RemoteBackend:
    """One environment in a store. Between `read` and `write` nobody else can have written, or the write is refused."""

    store: Store
    environment: str
    terms: Terms = TERMS
    tell: Callable[[str], None] = lambda message: None
    lock_timeout: float = 0.0
    stop: Event = field(default_factory=Event)
    _state_version: str | None = None
    _fence: int = 0
    _journal_version: str | None = None

    @property
    def state_name(self) -> str:
        """The state's blob."""
        return f"{self.environment}/state.json"

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
        blob = self.store.get(self.state_name)
        if blob is None:
            self._state_version = None
            return None
        self._state_version = blob.version
        self._fence, text = _unwrap(blob.data, self.describe())
        return parse(text, self.describe()) if text else None

    def write(self, state: State) -> None:
        """Writes the state in place of the one that was read, and keeps a copy. Raises LostRace, StateError."""
        data = dump(state).encode(errors="backslashreplace")
        self._swap(data)
        name = self._history_name(state.serial)
        with contextlib.suppress(LostRace):
            self.store.put(name, data, None)
        for former in self.store.names(f"{self.environment}/history/")[:-KEPT]:
            self.store.delete(former)

    @contextlib.contextmanager
    def lock(self, command: str) -> Iterator[None]:
        """Holds the lock, renewing it. Raises Locked where somebody else does, StateError."""
        lease = Lease(self.store, self.lock_name, self.terms, self.tell, self.stop)
        lease.acquire(command, self.lock_timeout)
        try:
            if lease.taken_over:
                self._fence_off()
            yield
        finally:
            lease.release()

    def holder(self) -> Owner | None:
        """Who holds the lock now, or None."""
        held = read_holder(self.store, self.lock_name)
        return None if held is None else held[1]

    def unlock(self, id: str) -> Owner:
        """Takes the lock `id` away; returns who held it. Raises StateError."""
        owner = unlock(self.store, self.lock_name, id)
        self._fence_off()
        return owner

    def read_journal(self) -> list[Entry]:
        """The entries that an earlier run left. Raises TornState, StateError."""
        self._journal_version, _, lines, _ = read_lines(self.store, self.journal_name)
        return _parse_lines(lines, self.describe())

    def open_journal(self, opening: Opening) -> RemoteJournal:
        """A journal with this first entry, or the one that was left, to go on with. Only under the lock."""
        version, aside, whole, lines = read_lines(self.store, self.journal_name)
        journal = RemoteJournal(self.store, self.journal_name, version, bytearray(lines), aside)
        if not whole:
            journal.append(opening)
        return journal

    def replace_journal(self, entries: Sequence[Entry]) -> None:
        """Puts a journal of these entries in place of the one that was left. Only under the lock."""
        lines = "".join(map(format_entry, entries)).encode(errors="backslashreplace")
        self._rewrite_journal(encode([], lines))

    def clear_journal(self) -> None:
        """Empties the journal: everything in it is in the state. Only under the lock."""
        self._rewrite_journal(encode([], b""))

    def history(self) -> list[int]:
        """The serials of the states that are kept, oldest first."""
        names = self.store.names(f"{self.environment}/history/")
        return [int(name.rpartition("/")[2].removesuffix(".json")) for name in names]

    def read_former(self, serial: int) -> State:
        """A former state. Raises StateError where it is not kept."""
        blob = self.store.get(self._history_name(serial))
        if blob is None:
            raise StateError(f"the state of serial {serial} is not kept", hint="`provision state history` lists them")
        return parse(blob.data.decode(errors="replace"), f"serial {serial} of {self.describe()}")

    def close(self) -> None:
        """Closes the store's connections."""
        self.store.close()

    def _swap(self, data: bytes) -> None:
        wrapped = _wrap(self._fence, data)
        try:
            self._state_version = self.store.put(self.state_name, wrapped, self._state_version)
        except LostRace:
            # A write whose answer was lost is met again here: what is there is what we wrote.
            blob = self.store.get(self.state_name)
            if blob is None or blob.data != wrapped:
                raise
            self._state_version = blob.version

    def _fence_off(self) -> None:
        """Gives state and journal new versions, so that whoever held the lock before can write neither."""
        self.read()
        blob = self.store.get(self.state_name)
        self._fence += 1
        self._swap(b"" if blob is None else _unwrap(blob.data, self.describe())[1].encode(errors="backslashreplace"))
        self._journal_version, aside, _, lines = read_lines(self.store, self.journal_name)
        self.store.put(self.journal_name, encode(aside, lines), self._journal_version)

    def _rewrite_journal(self, content: bytes) -> None:
        version, aside, _, _ = read_lines(self.store, self.journal_name)
        self.store.put(self.journal_name, content, version)
        for name in aside:
            self.store.delete(name)

    def _history_name(self, serial: int) -> str:
        return f"{self.environment}/history/{serial:010d}.json"


def _wrap(fence: int, data: bytes) -> bytes:
    """A state's blob: a first line whose number goes up with every takeover, then the state."""
    return json.dumps({FENCE: fence}).encode() + b"\n" + data


def _unwrap(data: bytes, name: str) -> tuple[int, str]:
    first, _, rest = data.partition(b"\n")
    try:
        return int(json.loads(first)[FENCE]), rest.decode()
    except (ValueError, KeyError, TypeError) as error:
        raise TornState(
            f"{name} is not a state that provision wrote; it was left as it is",
            hint="look for a former one: provision state history",
        ) from error


def _parse_lines(lines: bytes, name: str) -> list[Entry]:
    entries: list[Entry] = []
    for number, line in enumerate(lines.split(b"\n"), 1):
        if not line:
            continue
        try:
            entries.append(parse_entry(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ProvisionError) as error:
            raise TornState(
                f"line {number} of the journal in {name} is not what provision wrote; nothing was changed",
                hint="keep a copy of it, then run `provision plan` to see what is live",
            ) from error
    return entries
