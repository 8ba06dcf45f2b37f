"""Contains a cache of loaded states and files. After a limited time, the content is read again. If it cannot be read,
the content that was read last stays in use.
"""

from __future__ import annotations

import os
import sys
from threading import Lock, Thread
from time import monotonic

TYPE_CHECKING = False  # Importing `typing` takes several milliseconds.
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from provisioner.project.loading.recorded import Recorded

#: After a failed attempt to read again, the seconds until the next one. Without this pause, each call would wait for
#: the time limit of a backend that does not answer.
PAUSE = 10.0
#: The most places whose content is kept.
MOST_PLACES = 256


class StaleDefinitionWarning(RuntimeWarning):
    """The warning that an outdated definition (arguments of an API call) is used. The state cannot be read again, and
    the definition that was read last is older than `max_age`.
    """


class Entry:
    """The cached content of one project or one file. The function `read` reads the content. Thread-safe: only one
    thread reads at a time.

    While one thread reads again, other threads get the last content without waiting. `failure` is the error of the last
    attempt to read, or None if this attempt was successful.
    """

    __slots__ = ("_attempts", "_clock", "_lock", "_read", "_read_at", "_retry_at", "failure", "recorded")

    def __init__(self, read: Callable[[], Recorded], clock: Callable[[], float] = monotonic) -> None:
        self._read = read
        self._clock = clock
        self._lock = Lock()
        self._attempts = 0
        self._read_at = self._retry_at = 0.0
        self.recorded: Recorded | None = None
        self.failure: Exception | None = None

    def get(self, max_age: float) -> Recorded:
        """Returns the content. The content is read again if it is older than `max_age` seconds, except while another
        thread reads it and for PAUSE seconds after a failed attempt. In an event loop, another thread reads it again,
        and this call returns the earlier content.

        If reading fails and no earlier content exists, the error is raised. If earlier content exists, it is returned,
        and the error is stored in `failure`.
        """
        recorded = self.recorded
        if recorded is None:
            return self._read_first()
        now = self._clock()
        if now - self._read_at < max_age or now < self._retry_at:
            return recorded
        if not self._lock.acquire(blocking=False):
            return recorded  # Another thread is reading it.
        if self.recorded is not recorded:
            self._lock.release()
            return self.recorded or recorded  # Another thread has just read it.
        if _is_in_event_loop():
            # Reading would stop all tasks of the loop, so a thread reads while this call uses the last content.
            Thread(target=self._read_again, name="provision-load", daemon=True).start()
            return recorded
        self._read_again()
        return self.recorded or recorded

    def is_stale(self, max_age: float) -> bool:
        """Returns whether the content is older than `max_age` seconds and the last attempt to read it failed."""
        return self.failure is not None and self._clock() - self._read_at >= max_age

    def renew_lock(self) -> None:
        """Replaces the lock with a free one. A new child process needs this, because the thread that held the lock does
        not exist there.
        """
        self._lock = Lock()

    def _read_first(self) -> Recorded:
        attempts = self._attempts
        with self._lock:
            if self.recorded is not None:
                return self.recorded
            if self.failure is not None and self._attempts != attempts:
                raise self.failure  # Another thread has tried while this one was waiting.
            try:
                return self._keep(self._read())
            except Exception as error:
                self.failure = error
                raise
            finally:
                self._attempts += 1

    def _read_again(self) -> None:
        """Reads the content again, and releases the lock. The caller must have acquired the lock."""
        try:
            self._keep(self._read())
        except Exception as error:  # Whatever it is, the application continues with the last content, and warns.
            self.failure = error
            self._retry_at = self._clock() + PAUSE
        finally:
            self._lock.release()

    def _keep(self, recorded: Recorded) -> Recorded:
        self.recorded, self._read_at, self.failure, self._retry_at = recorded, self._clock(), None, 0.0
        return recorded


_entries: dict[Any, Entry] = {}
_lock = Lock()


def entry_of(key: Any, read: Callable[[], Recorded]) -> Entry:
    """Returns the cache entry with the key `key`, which identifies a project or a file. If the cache has no such entry,
    a new entry is made, which reads the content with `read`. If the cache is full, its oldest entry is removed.
    """
    found = _entries.get(key)
    if found is not None:
        return found
    with _lock:
        while len(_entries) >= MOST_PLACES:
            del _entries[next(iter(_entries))]
        return _entries.setdefault(key, Entry(read))


def forget() -> None:
    """Removes everything from the cache."""
    with _lock:
        _entries.clear()


def _is_in_event_loop() -> bool:
    """Returns whether this thread runs an event loop of asyncio. The result is False if asyncio was never imported."""
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and asyncio._get_running_loop() is not None


def _renew_locks() -> None:
    global _lock
    _lock = Lock()
    for entry in _entries.values():
        entry.renew_lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)
