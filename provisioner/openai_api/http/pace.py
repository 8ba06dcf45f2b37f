"""How many calls may be in flight: all workers slow down together when the server asks, and speed up again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition

#: How often somebody who waits looks whether the run is to end, in seconds.
LOOK = 0.5


class Pace:
    """A gate for calls: half as wide when the server asks to slow down, wider by one after a round of successes."""

    def __init__(self, widest: int, stopped: Callable[[], bool] = lambda: False) -> None:
        """`stopped` says that the run is to end: then nobody waits for a pause to be over."""
        self.widest = widest
        self.stopped = stopped
        self.width = widest
        self._in_flight = 0
        self._successes = 0
        self._quiet_until = 0.0
        self._changed = Condition()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits for a place, and for the end of a pause that the server asked for; then holds the place."""
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
        """Nobody starts a call for `seconds`, and fewer run at once from then on.

        Refusals that arrive during a pause belong to the same jam and do not narrow the gate again.
        """
        with self._changed:
            now = time.monotonic()
            if now >= self._quiet_until:
                self.width = max(1, self.width // 2)
            self._quiet_until = max(self._quiet_until, now + seconds)
            self._successes = 0

    def speed_up(self) -> None:
        """Counts a success; a round of them widens the gate by one."""
        with self._changed:
            self._successes += 1
            if self._successes >= self.width and self.width < self.widest:
                self.width += 1
                self._successes = 0
                self._changed.notify_all()
