"""Defines a lock that threads get in the order of their requests. With an ordinary lock, frequent writes of the journal
could delay the renewal of the state's lock for too long.
"""

from __future__ import annotations

from collections import deque
from threading import Lock


class FairLock:
    """A lock that one thread holds at a time. Threads get the lock in the order of their requests. The lock is a
    context manager, and a thread that holds it cannot acquire it again.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._busy = False
        self._waiting: deque[Lock] = deque()

    def __enter__(self) -> None:
        with self._lock:
            if not self._busy:
                self._busy = True
                return
            turn = Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._busy = False
