"""Determines by how much each response is delayed."""

from __future__ import annotations

import math
import random

from provisioner.emulator.options import HOUR_MS, LongTail

#: The number of standard deviations between the median and the 99th percentile of a normal distribution.
DEVIATIONS = 2.326_347_874


class Delays:
    """Determines the delays of the responses, one after the other. Random delays have a log-normal distribution."""

    def __init__(self, latency: int | LongTail) -> None:
        """Stores `latency`: the delay of every response in milliseconds, or the distribution of random delays."""
        self._latency = latency
        self._dice = random.Random(latency.seed if isinstance(latency, LongTail) else 0)

    def draw(self) -> float:
        """Returns the delay of the next response in seconds. The delay is at most an hour."""
        if isinstance(self._latency, int):
            return self._latency / 1000
        median, percentile = self._latency.median_ms, self._latency.p99_ms
        deviation = math.log(percentile / median) / DEVIATIONS
        return min(self._dice.lognormvariate(math.log(median), deviation), HOUR_MS) / 1000
