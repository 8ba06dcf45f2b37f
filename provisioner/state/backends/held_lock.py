"""What a process knows about the lock that it holds on a folder: the locked file, and the state as it was read.

The operating system's lock belongs to a file, not to its name. If the file is deleted (`git clean -fdX` does that) or
replaced, another process can create one with the same name and lock it. Then both hold a lock.
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

AGAIN = "run the command again: it continues from what is there then"


def is_same_file(handle: int, path: Path) -> bool:
    """Returns whether the open file is the one that has this name now."""
    try:
        there = os.stat(path, follow_symlinks=False)
    except OSError:
        return False
    here = os.fstat(handle)
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)


@dataclass(slots=True)
class Holding:
    """The lock of one backend. When it is lost, `stop` is set, and `notify` is called once with the reason.
    Thread-safe.
    """

    stop: Event = field(default_factory=Event)
    notify: Callable[[str], None] = lambda message: None
    _locked: tuple[int, Path] | None = None
    _read: str | None = None
    _is_notified: bool = False
    _telling: Lock = field(default_factory=Lock)

    def begin(self, handle: int, path: Path) -> None:
        """Records the locked file, and forgets what was read before."""
        self._locked, self._read, self._is_notified = (handle, path), None, False

    def end(self) -> None:
        """Forgets the lock."""
        self._locked, self._read = None, None

    def note(self, data: bytes | None) -> None:
        """Records the state's bytes as they were read or written (None: there is no state)."""
        self._read = _digest(data)

    def check(self) -> None:
        """Raises LostRace if the lock's file is no longer the locked one."""
        if self._locked is not None and not is_same_file(*self._locked):
            self._lose("the lock's file was deleted or replaced, so another process may be working")

    def check_journal(self, handle: int, path: Path) -> None:
        """Raises LostRace as `check` does, and if the open journal no longer has its name."""
        self.check()
        if self._locked is not None and not is_same_file(handle, path):
            self._lose("the journal's file was deleted or replaced")

    def check_state(self, read: Callable[[], bytes | None]) -> None:
        """Raises LostRace as `check` does, and if the state differs from what was last read or written under
        this lock.
        """
        self.check()
        if self._locked is not None and self._read is not None and self._read != _digest(read()):
            self._lose("somebody else has written the state")

    def _lose(self, why: str) -> NoReturn:
        with self._telling:
            self.stop.set()
            if not self._is_notified:
                self._is_notified = True
                self.notify(f"{why}; nothing new is started")
        raise LostRace(f"{why}; nothing was written", hint=AGAIN)


def _digest(data: bytes | None) -> str:
    return "none" if data is None else hashlib.sha256(data).hexdigest()
