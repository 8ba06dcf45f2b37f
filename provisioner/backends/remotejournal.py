"""A journal in a store: one blob, rewritten under its version, so that the store refuses whoever has lost the lock.

While one write is under way, the others' lines gather and go with the next. A blob that has grown is put aside
under a name of its own, and the next one names it, so that a write stays small.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from threading import Lock

from provisioner.backends.journalfile import format_entry
from provisioner.backends.store import Store
from provisioner.errors import StateError, TornState
from provisioner.journal import Entry

#: Bytes from which on a blob is put aside.
LARGE = 256 * 1024


@dataclass(slots=True)
class RemoteJournal:
    """An open journal. `aside` are the names of the blobs that were put aside, in order."""

    store: Store
    name: str
    version: str | None
    lines: bytearray
    aside: list[str]
    _waiting: bytearray = field(default_factory=bytearray)
    _written: int = 0
    _durable: int = 0
    _write_lock: Lock = field(default_factory=Lock)
    _flush_lock: Lock = field(default_factory=Lock)

    def append(self, entry: Entry) -> None:
        """Writes an entry; it is durable in the store when this returns. Raises LostRace, StateError."""
        line = format_entry(entry).encode(errors="backslashreplace")
        with self._write_lock:
            self._waiting += line
            self._written += 1
            mine = self._written
        with self._flush_lock:
            if self._durable < mine:
                self._flush()

    def close(self) -> None:
        """Everything is in the store already."""

    def _flush(self) -> None:
        with self._write_lock:
            taken, reached = bytes(self._waiting), self._written
        if len(self.lines) > LARGE:
            self._put_aside()
        content = self.lines + taken
        self.version = self.store.put(self.name, encode(self.aside, content), self.version)
        self.lines = content
        with self._write_lock:
            del self._waiting[: len(taken)]
            self._durable = reached

    def _put_aside(self) -> None:
        """Moves what is written so far to a blob of its own; the next write of the journal names it."""
        name = f"{self.name}.{uuid.uuid4().hex[:12]}"
        self.store.put(name, bytes(self.lines), None)
        self.aside = [*self.aside, name]
        self.lines = bytearray()


def encode(aside: list[str], lines: bytes | bytearray) -> bytes:
    """A journal's blob: a first line that names what was put aside, then entries.

    No two are ever the same: a store that tells versions by content could otherwise take a former one for this.
    """
    first = {"aside": aside, "id": uuid.uuid4().hex[:12]}
    return json.dumps(first).encode() + b"\n" + lines


def decode(data: bytes, name: str) -> tuple[list[str], bytes]:
    """The names of what was put aside, and the entries' lines. Raises TornState."""
    first, _, lines = data.partition(b"\n")
    try:
        return list(map(str, json.loads(first)["aside"])), lines
    except (ValueError, KeyError, TypeError) as error:
        raise TornState(f"{name} is not a journal that provision wrote", hint="keep a copy of it") from error


def read_lines(store: Store, name: str) -> tuple[str | None, list[str], bytes, bytes]:
    """The journal's version, what was put aside, all lines in order, and those of the blob itself."""
    blob = store.get(name)
    if blob is None or not blob.data:
        return (None if blob is None else blob.version), [], b"", b""
    aside, lines = decode(blob.data, name)
    whole = bytearray()
    for other in aside:
        part = store.get(other)
        if part is None:
            raise StateError(f"{other}, a part of the journal, is missing", hint="look for it in the store's history")
        whole += part.data
    return blob.version, aside, bytes(whole + lines), lines
