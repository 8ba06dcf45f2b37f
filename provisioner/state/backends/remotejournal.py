"""Implements a journal in a store. The journal is one blob that is rewritten for each write. A write names the version
that it replaces, so the store refuses the writes of a process that has lost the lock.

While one write is running, the lines of other threads are collected for the next write. When the blob is large, its
lines are moved to a blob with another name, and the first line of the journal's blob lists this name. So writes stay
small. When many lines are no longer needed, all other lines are written to one new blob, and the former blobs are
deleted.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from threading import Condition

from msgspec import Struct, field

from provisioner.core.errors import LostRace, StateError, TornState
from provisioner.state.backends.blob import VersionedBlob
from provisioner.state.backends.blob_store import BlobStore
from provisioner.state.backends.journal_size import JournalSize
from provisioner.state.backends.serialization import Serializer
from provisioner.state.journal import Entry

#: The size in bytes above which the lines of a journal are moved to a separate blob.
LARGE = 256 * 1024
#: The most attempts to read a journal whose parts another process removes at the same time.
READS = 3


class StoredJournal(Struct):
    """The content of a journal in a store, as it was last read or written.

    `slot` is the journal's own blob in the store, and `lines` are the lines in this blob. Earlier lines were moved to
    separate blobs. `aside` are the names of these blobs, and `former` are the lines that were read from them when the
    journal was read.
    """

    slot: VersionedBlob
    aside: list[str]
    lines: bytes
    former: bytes = b""

    @property
    def whole(self) -> bytes:
        """All lines of the journal as it was read, from the oldest to the newest. Lines that were moved to a separate
        blob since then are missing.
        """
        return self.former + self.lines


class RemoteJournal(Struct):
    """A journal that is open for writing. New lines are added after the lines in `left`, which an earlier run has left
    in the journal. `lose` is called when the store refuses a write.
    """

    left: StoredJournal
    serializer: Serializer
    lose: Callable[[str], None] = lambda why: None
    size: JournalSize = field(default_factory=JournalSize)
    _waiting: list[tuple[Entry, bytes]] = field(default_factory=list)
    _written: int = 0
    _durable: int = 0
    _writing: bool = False
    _changed: Condition = field(default_factory=Condition)

    def __post_init__(self) -> None:
        if self.left.whole:
            self.size.add_all(self.serializer, self.left.whole, self.left.slot.name)

    def append(self, entry: Entry) -> None:
        """Writes `entry`. The entry is durable in the store when the method returns. Raises LostRace if the store
        refuses the write, and StateError if the store cannot be used.
        """
        line = self.serializer.format(entry)
        with self._changed:
            self._waiting.append((entry, line))
            self._written += 1
            mine = self._written
            self._changed.wait_for(lambda: self._durable >= mine or not self._writing)
            if self._durable >= mine:
                return
            self._writing = True
        try:
            self._flush()
        finally:
            with self._changed:
                self._writing = False
                self._changed.notify_all()

    def close(self) -> None:
        """Does nothing, because all entries are in the store already."""

    def _flush(self) -> None:
        """Writes all collected lines to the store. If a write fails, its lines stay collected. Only one thread may call
        this method at a time.
        """
        with self._changed:
            taken, reached = list(self._waiting), self._written
        aside, lines, is_compacting = self.left.aside, self.left.lines, self.size.is_excessive
        try:
            if is_compacting:
                aside, lines = [self._put_aside(self._select_lines())], b""
            elif len(lines) > LARGE:
                aside, lines = [*aside, self._put_aside(lines)], b""
            lines += b"".join(line for _, line in taken)
            self.left.slot.write(encode(aside, lines))
        except LostRace:
            self.lose("somebody else has written the journal")
            raise
        former, self.left.aside, self.left.lines = self.left.aside, aside, lines
        if is_compacting:
            self.size.compact()
        for entry, line in taken:
            self.size.add(entry, len(line))
        with self._changed:
            del self._waiting[: len(taken)]
            self._durable = reached
        for name in former if is_compacting else ():
            self.left.slot.store.delete(name)

    def _select_lines(self) -> bytes:
        """Returns the stored lines of the journal that are still needed. The caller writes these lines to a new blob,
        which replaces all former blobs. After a crash, the journal's own blob names either the former blobs or the new
        blob.
        """
        former = read_parts(self.left.slot.store, self.left.aside)
        if former is None:
            raise missing_part(self.left.slot.store, self.left.slot.name)
        return self.size.select(former + self.left.lines)

    def _put_aside(self, lines: bytes) -> str:
        """Writes `lines`, which were in the journal's own blob, to a new, separate blob, and returns its name. The
        caller then writes this name to the own blob instead of `lines`.
        """
        name = f"{self.left.slot.name}.{uuid.uuid4().hex[:12]}"
        VersionedBlob(self.left.slot.store, name).write(lines)
        return name


def encode(aside: list[str], lines: bytes) -> bytes:
    """Returns the bytes of a journal's blob: a first line with the names of the separate blobs `aside`, then `lines`.

    The first line also contains a unique id. Without this id, two blobs could be equal, and a store that compares
    contents could confuse an earlier blob with the present one.
    """
    first = {"aside": aside, "id": uuid.uuid4().hex[:12]}
    return json.dumps(first).encode() + b"\n" + lines


def decode(data: bytes, name: str) -> tuple[list[str], bytes]:
    """Returns the names of the separate blobs and the lines that a journal's blob contains. `name` is the name of the
    blob in messages. Raises TornState if `data` is not the content of such a blob.
    """
    first, _, lines = data.partition(b"\n")
    try:
        return list(map(str, json.loads(first)["aside"])), lines
    except (ValueError, KeyError, TypeError) as error:
        raise TornState(
            f"{name} is not a journal that provision wrote; it was left as it is",
            hint="keep a copy of it, then take it away and run `provision plan` to see what is live",
        ) from error


def read_stored_journal(store: BlobStore, name: str) -> StoredJournal:
    """Returns the journal that the store now contains in the blob `name`. Raises TornState if the journal is damaged,
    and StateError if a part of it is missing or the store cannot be used.
    """
    for _ in range(READS):
        slot = VersionedBlob(store, name)
        data = slot.read()
        if not data:
            return StoredJournal(slot, [], b"")
        aside, lines = decode(data, name)
        former = read_parts(store, aside)
        if former is not None:
            return StoredJournal(slot, aside, lines, former)
    raise missing_part(store, name)


def read_parts(store: BlobStore, names: list[str]) -> bytes | None:
    """Returns the lines in the separate blobs `names` of the store, from the oldest to the newest. Returns None if a
    blob is missing.
    """
    parts = [part.data for part in map(store.get, names) if part is not None]
    return b"".join(parts) if len(parts) == len(names) else None


def missing_part(store: BlobStore, name: str) -> StateError:
    """Returns the error for the journal `name` if one of its separate blobs is missing."""
    return StateError(
        f"a part of {name} is missing in {store.describe()}",
        hint="look for it in the store's own history, or take the journal away and run `provision plan`",
    )
