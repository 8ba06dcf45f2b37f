"""Limits the number of concurrent calls: all workers slow down together when the server asks, and speed up again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition

#: The interval at which a waiting worker checks whether the run is to end, in seconds.
LOOK = 0.5


class Pace:
    """A limit on concurrent calls. It is halved when the server asks to slow down, and grows by one after a round of
    successes.
    """

    def __init__(self, widest: int, stopped: Callable[[], bool] = lambda: False) -> None:
        """`stopped` returns whether the run is to end; then nobody waits for the end of a pause."""
        self.widest = widest
        self.stopped = stopped
        self.width = widest
        self._in_flight = 0
        self._successes = 0
        self._quiet_until = 0.0
        self._changed = Condition()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits until a call may start, and for the end of a pause that the server asked for. The block is the call."""
        with self._changed:
            while (pause := self._quiet_left()) > 0 or self._in_flight >= self.width:
                self._changed.wait(min(pause, LOOK) if pause > 0 else None)
            self._in_flight += 1
        try:
            yield
        finally:
            with self._changed:
                self._in_flight -= 1
                self._changed.notify_all()

    def _quiet_left(self) -> float:
        return 0.0 if self.stopped() else self._quiet_until - time.monotonic()

    def slow_down(self, seconds: float) -> None:
        """Starts a pause of `seconds`, and reduces the number of concurrent calls.

        Refusals that arrive during a pause have the same cause and do not reduce the number again.
        """
        with self._changed:
            now = time.monotonic()
            if now >= self._quiet_until:
                self.width = max(1, self.width // 2)
            self._quiet_until = max(self._quiet_until, now + seconds)
            self._successes = 0

    def speed_up(self) -> None:
        """Counts a success; after a round of them, one more call may run at once."""
        with self._changed:
            self._successes += 1
            if self._successes >= self.width and self.width < self.widest:
                self.width += 1
                self._successes = 0
                self._changed.notify_all()
