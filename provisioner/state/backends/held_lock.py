"""Checks that a local backend still holds its lock: the lock's file and the state must be the same as when they were
last used.

The operating system's lock belongs to a file, not to its name. If the file is deleted (`git clean -fdX` does that) or
replaced, another process can create a file with the same name and lock it. Then both processes hold a lock.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock
from typing import NoReturn

from msgspec import Struct, field

from provisioner.core.errors import LostRace

AGAIN = "run the command again: it continues from what is there then"


def is_same_file(handle: int, path: Path) -> bool:
    """Returns whether `path` still names the file that is open with the descriptor `handle`."""
    try:
        there = os.stat(path, follow_symlinks=False)
    except OSError:
        return False
    here = os.fstat(handle)
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)


class Holding(Struct):
    """The lock that one backend holds, and the digest of the state that was last read or written under this lock.

    When the lock is lost, `stop` is set, and `notify` is called once with the reason. Several threads can use this
    object at the same time.
    """

    stop: Event = field(default_factory=Event)
    notify: Callable[[str], None] = lambda message: None
    _locked: tuple[int, Path] | None = None
    _read: str | None = None
    _is_notified: bool = False
    _telling: Lock = field(default_factory=Lock)

    def begin(self, handle: int, path: Path) -> None:
        """Records that the file at `path`, open with the descriptor `handle`, is locked. Forgets the state that was
        read under an earlier lock, because another process may have changed it since then.
        """
        self._locked, self._read, self._is_notified = (handle, path), None, False

    def end(self) -> None:
        """Records that the lock is no longer held."""
        self._locked, self._read = None, None

    @property
    def is_held(self) -> bool:
        """Whether a lock is held."""
        return self._locked is not None

    def note(self, digest: str) -> None:
        """Records the digest of the state that was just read or written, so that `check_state` can compare it with the
        state on disk. `digest` is empty if there is no state. Does nothing if no lock is held.
        """
        if self._locked is not None:
            self._read = digest

    def check(self) -> None:
        """Raises LostRace if the lock's file was deleted or replaced since it was locked. Does nothing if no lock is
        held.
        """
        if self._locked is not None and not is_same_file(*self._locked):
            self._lose("the lock's file was deleted or replaced, so another process may be working")

    def check_journal(self, handle: int, path: Path) -> None:
        """Raises LostRace if the lock's file, or the journal's file at `path`, was deleted or replaced. `handle` is the
        descriptor of the open journal. Does nothing if no lock is held.
        """
        self.check()
        if self._locked is not None and not is_same_file(handle, path):
            self._lose("the journal's file was deleted or replaced")

    def check_state(self, digest: Callable[[], str]) -> None:
        """Raises LostRace if the lock's file was deleted or replaced, or if the state on disk has changed. `digest`
        returns the digest of the state on disk. The state on disk has changed if it differs from the state that was
        last read or written under this lock. Does nothing if no lock is held.
        """
        self.check()
        if self._locked is not None and self._read is not None and self._read != digest():
            self._lose("somebody else has written the state")

    def _lose(self, why: str) -> NoReturn:
        with self._telling:
            self.stop.set()
            if not self._is_notified:
                self._is_notified = True
                self.notify(f"{why}; nothing new is started")
        raise LostRace(f"{why}; nothing was written", hint=AGAIN)
