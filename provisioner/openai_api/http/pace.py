"""Limits the number of concurrent calls. When the server asks the client to slow down, the limit is halved for all
threads. The limit grows again after successful calls.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition

#: The interval in seconds at which a waiting worker checks whether the run is to end.
LOOK = 0.5


class Pace:
    """Limits the number of concurrent calls. When the server asks the client to slow down, the limit is halved. The
    limit grows by one after as many successful calls as the limit allows at a time.
    """

    def __init__(self, widest: int, stopped: Callable[[], bool] = lambda: False) -> None:
        """Sets the current limit and the largest limit to `widest`. The function `stopped` returns whether the run must
        end. If it returns True, calls do not wait for the end of a pause.
        """
        self.widest = widest
        self.stopped = stopped
        self.width = widest
        self._in_flight = 0
        self._successes = 0
        self._quiet_until = 0.0
        self._changed = Condition()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Returns a context manager for one call, which is made in the `with` block. Before the block, waits until the
        limit allows another call, and until there is no pause that the server has asked for.
        """
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
        """Starts a pause of `seconds`, and halves the limit on concurrent calls.

        If a pause is already in progress, it is extended, and the limit is not halved again. The reason is that all
        calls that the server refuses during one pause have the same cause.
        """
        with self._changed:
            now = time.monotonic()
            if now >= self._quiet_until:
                self.width = max(1, self.width // 2)
            self._quiet_until = max(self._quiet_until, now + seconds)
            self._successes = 0

    def speed_up(self) -> None:
        """Records a successful call. The limit grows by one after as many successful calls as the limit allows at a
        time.
        """
        with self._changed:
            self._successes += 1
            if self._successes >= self.width and self.width < self.widest:
                self.width += 1
                self._successes = 0
                self._changed.notify_all()
