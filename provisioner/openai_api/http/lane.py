"""Adapts the number of concurrent calls of one kind to the server."""

from __future__ import annotations

from statistics import median

from provisioner.openai_api.http.latency import UsualTimes

#: The number of concurrent calls of one kind with which a run begins, if `--parallelism` permits it.
FIRST_WIDTH = 16
#: The least number of calls whose times are compared together.
SAMPLE = 20
#: Calls are slow if their times are more than this multiple of the usual time (the median of a sample).
TOLERANCE = 2.5
#: The number of successive samples of slow calls after which the limit is reduced. One sample can be slow by chance.
SLOW_SAMPLES = 2
#: The limit is not reduced below this value because of slow calls. A refusal (429, 503) can reduce it to 1.
LEAST_WHEN_SLOW = 4


class Lane:
    """Limits the number of concurrent calls of one kind. The limit is `width`, which is between 1 and `widest`.

    The limit grows by one with each successful call until the server is slow or refuses a call for the first time.
    After that, it grows by one after N successful calls, where N is the limit itself. It grows only if at least half of
    the permitted calls are running. A refused call halves the limit. If two samples (groups of successive calls) are
    slower than usual, the limit is reduced in proportion, at most by half. If the calls are still slow at
    LEAST_WHEN_SLOW, fewer calls do not help. The present times then become the usual times. (This is additive increase
    with multiplicative decrease, as in TCP Reno, with the gradient of latencies, as in TCP Vegas and Netflix's
    concurrency-limits.)

    An object of this class is not safe for threads.
    """

    def __init__(self, widest: int) -> None:
        self.widest = widest
        self.width = min(widest, FIRST_WIDTH)
        self.in_flight = 0
        self._is_searching = True
        self._slow_samples = 0
        self._successes = 0
        self._ratios: list[float] = []
        self._usual = UsualTimes()

    def succeed(self) -> None:
        """Increases the limit by one if enough calls have succeeded since the last change. Must be called for each
        successful call while it still counts as running. Changes nothing if the server is slow, or if less than half of
        the permitted calls are running.
        """
        if self._slow_samples or self.in_flight * 2 < self.width:
            return
        self._successes += 1
        if self._successes >= (1 if self._is_searching else self.width):
            self._successes = 0
            self.width = min(self.widest, self.width + 1)

    def compare(self, endpoint: str, seconds: float) -> None:
        """Reduces the limit if calls have become slow. `seconds` is the time of a successful call, and is compared with
        the usual time of `endpoint`. The limit is only changed when a sample of calls is complete.
        """
        self._ratios.append(self._usual.compare(endpoint, seconds))
        if len(self._ratios) < max(SAMPLE, self.width):
            return
        typical = median(self._ratios)
        self._ratios.clear()
        self._slow_samples = self._slow_samples + 1 if typical > TOLERANCE else 0
        if self._slow_samples < SLOW_SAMPLES:
            return
        if self.width > LEAST_WHEN_SLOW:
            self._narrow(max(0.5, TOLERANCE / typical), LEAST_WHEN_SLOW)
        else:
            self._usual.accept()
            self._slow_samples = 0

    def refuse(self) -> None:
        """Halves the limit, because the server has refused a call."""
        self._narrow(0.5, 1)
        self._ratios.clear()
        self._slow_samples = 0

    def _narrow(self, factor: float, least: int) -> None:
        self.width = max(min(least, self.width), int(self.width * factor))
        self._is_searching = False
        self._successes = 0
