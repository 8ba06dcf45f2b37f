"""Writes a journal to a file of JSON lines. Each line is durable before `append` returns. Lines of several threads are
flushed to the disk together. A journal with many lines that are no longer needed is compacted: it is replaced by a new
file without these lines.
"""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock

from msgspec import Struct, field

from provisioner.core.errors import StateError
from provisioner.core.files.own import open_own, replace_own
from provisioner.state.backends.held_lock import Holding
from provisioner.state.backends.journal_size import JournalSize
from provisioner.state.backends.serialization import Serializer
from provisioner.state.journal import Entry, Opening


class JournalFile(Struct):
    """A journal file that is open for writing. While one thread flushes, the lines of other threads are collected for
    the next flush.

    `holding` is the lock under which the journal is written. When this lock is lost, no more lines are written.
    """

    path: Path
    handle: int
    serializer: Serializer
    holding: Holding = field(default_factory=Holding)
    size: JournalSize = field(default_factory=JournalSize)
    _written: int = 0
    _durable: int = 0
    _write_lock: Lock = field(default_factory=Lock)
    _flush_lock: Lock = field(default_factory=Lock)

    @classmethod
    def open(cls, path: Path, opening: Opening, serializer: Serializer, holding: Holding | None = None) -> JournalFile:
        """Opens the journal at `path`. A new journal starts with the entry `opening`. An existing journal is continued;
        its last line is removed if it is incomplete. `serializer` converts entries to lines. `holding` is the lock
        under which the journal is written.
        """
        handle = open_own(path, os.O_RDWR | os.O_CREAT)
        size = os.fstat(handle).st_size
        whole = os.pread(handle, size, 0).rfind(b"\n") + 1
        os.ftruncate(handle, whole)
        os.lseek(handle, whole, os.SEEK_SET)
        journal = cls(path, handle, serializer, holding or Holding())
        if whole == 0:
            journal.append(opening)
        else:
            journal.size.add_all(serializer, os.pread(handle, whole, 0), str(path))
        return journal

    def append(self, entry: Entry) -> None:
        """Writes `entry`. The entry is durable when the method returns. Raises LostRace if the lock is lost, and
        StateError if the file cannot be written.
        """
        line = self.serializer.format(entry)
        try:
            with self._write_lock:
                self.holding.check_journal(self.handle, self.path)
                self._write(line)
                self.size.add(entry, len(line))
                self._written += 1
                mine = self._written
            self._flush(mine)
            if self.size.is_excessive:
                self._compact()
        except OSError as error:
            raise StateError(
                f"{self.path} cannot be written: {error.strerror or error}",
                hint="free space on the disk or correct the folder's rights, then run the command again",
            ) from error

    def close(self) -> None:
        """Closes the file. The entries stay in the file."""
        os.close(self.handle)

    def _compact(self) -> None:
        """Replaces the file by a new one that contains only the lines that are still needed. Does nothing if the file
        is not too large. After a crash, the path leads to either the old or the new file.
        """
        with self._flush_lock, self._write_lock:
            if not self.size.is_excessive:
                return
            self.holding.check_journal(self.handle, self.path)
            data = self.size.select(os.pread(self.handle, os.fstat(self.handle).st_size, 0))
            replace_own(self.path, data, prefix=f".{self.path.name.removesuffix('.journal')}.")
            former, self.handle = self.handle, open_own(self.path, os.O_RDWR)
            os.close(former)
            os.lseek(self.handle, 0, os.SEEK_END)
            self.size.compact()
            self._durable = self._written

    def _write(self, line: bytes) -> None:
        """Writes `line` at the current position of the file. Raises OSError if the line cannot be written completely.
        In this case, the part that was written is removed from the file.
        """
        start = os.lseek(self.handle, 0, os.SEEK_CUR)
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(self.handle, rest) :]
        except OSError:
            os.ftruncate(self.handle, start)
            os.lseek(self.handle, start, os.SEEK_SET)
            raise

    def _flush(self, mine: int) -> None:
        with self._flush_lock:
            if self._durable >= mine:
                return
            with self._write_lock:
                reached = self._written
            os.fdatasync(self.handle) if hasattr(os, "fdatasync") else os.fsync(self.handle)
            self._durable = reached
