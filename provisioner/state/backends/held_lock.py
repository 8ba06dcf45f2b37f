"""What a process knows of the lock that it holds on a folder: the file that is locked, and the state as it was read.

The operating system's lock belongs to a file, not to its name. Where the file is deleted (`git clean -fdX` does that)
or replaced, somebody else can make a new one under the same name and lock that: both then hold a lock.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock
from typing import NoReturn

from provisioner.core.errors import LostRace

AGAIN = "run the command again: it goes on from what is there then"


def is_same_file(handle: int, path: Path) -> bool:
    """Whether the open file is the one that has this name now."""
    try:
        there = os.stat(path, follow_symlinks=False)
    except OSError:
        return False
    here = os.fstat(handle)
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)


@dataclass(slots=True)
class Holding:
    """The lock of one backend. `stop` is set when it is lost, and `tell` is told why, once. Thread-safe."""

    stop: Event = field(default_factory=Event)
    tell: Callable[[str], None] = lambda message: None
    _locked: tuple[int, Path] | None = None
    _read: str | None = None
    _told: bool = False
    _telling: Lock = field(default_factory=Lock)

    def begin(self, handle: int, path: Path) -> None:
        """Remembers the file that is locked; what was read before is forgotten."""
        self._locked, self._read, self._told = (handle, path), None, False

    def end(self) -> None:
        """Forgets the lock."""
        self._locked, self._read = None, None

    def note(self, data: bytes | None) -> None:
        """Remembers the state's bytes as they were read or written (None: there is no state)."""
        self._read = _digest(data)

    def check(self) -> None:
        """Raises LostRace where the lock's file is no longer the one that was locked."""
        if self._locked is not None and not is_same_file(*self._locked):
            self._lose("the lock's file was deleted or replaced, so that somebody else may be at work")

    def check_journal(self, handle: int, path: Path) -> None:
        """Raises LostRace as `check` does, and where the journal that is written is no longer the one with its name."""
        self.check()
        if self._locked is not None and not is_same_file(handle, path):
            self._lose("the journal's file was deleted or replaced")

    def check_state(self, read: Callable[[], bytes | None]) -> None:
        """Raises LostRace as `check` does, and where the state is not what was last read or written under this lock."""
        self.check()
        if self._locked is not None and self._read is not None and self._read != _digest(read()):
            self._lose("somebody else has written the state")

    def _lose(self, why: str) -> NoReturn:
        with self._telling:
            self.stop.set()
            if not self._told:
                self._told = True
                self.tell(f"{why}; nothing new is started")
        raise LostRace(f"{why}; nothing was written", hint=AGAIN)


def _digest(data: bytes | None) -> str:
    return "none" if data is None else hashlib.sha256(data).hexdigest()
