"""Determines how long calls must wait so that a rate limit is not exceeded. The API states its rate limits in the
headers of its responses.
"""

from __future__ import annotations

import math

from msgspec import Struct

from provisioner.openai_api.http.rate_limit_headers import RateLimit

#: The longest wait in seconds because of rate limit headers. The windows of the API's limits are minutes.
LONGEST_HOLD = 60.0
#: The wait in seconds if no request is left, and the response does not say how long.
UNKNOWN_HOLD = 1.0
#: The number of observations after which a limit is regarded as continuously refilled.
EVIDENCE = 6
#: The largest relative difference between two observed times per request that are regarded as equal.
NOISE = 0.25


class Refill(Struct):
    """Determines whether a server refills its rate limit continuously. `period` is the number of seconds after which
    one more request is permitted.

    OpenAI refills limits continuously: if 60 requests a minute are permitted, then after one request 59 are left, and
    the limit is full again after 1 s. Other servers count in fixed periods: the time until the limit is full again does
    not depend on the number of used requests. Responses with very different numbers of used requests show which of the
    two methods the server uses.
    """

    period: float = 0.0
    _used: int = 0
    _evidence: int = 0

    def observe(self, rate: RateLimit) -> None:
        """Adds `rate`, the rate limit in a new response, to the evidence that decides `is_continuous`. If `rate`
        contradicts the earlier rate limits, the evidence is set to zero. `rate` is ignored if no request was used, if
        it contains no time, or if it agrees with the last rate limit that was added and the numbers of used requests
        are similar.
        """
        used = (rate.limit or 0) - rate.remaining
        if used <= 0 or not rate.reset:
            return
        period = rate.reset / used
        if self._used and abs(period - self.period) > NOISE * self.period:
            self._evidence = 0
        elif self._used and max(used, self._used) < 2 * min(used, self._used):
            return
        else:
            self._evidence += 1
        self.period, self._used = period, used

    @property
    def is_continuous(self) -> bool:
        """True if enough responses show that the limit is refilled continuously."""
        return self._evidence >= EVIDENCE


class Allowance:
    """Counts the requests that a rate limit still permits. All times are those of one monotonic clock, in seconds.

    An object of this class is not safe for threads.
    """

    def __init__(self) -> None:
        self._remaining: float | None = None
        self._left = 0.0
        self._begun = 0
        self._counted = 0.0
        self._until = 0.0
        self._tokens_until = 0.0
        self._refill = Refill()
        self._vain = 0

    def delay(self, now: float) -> float:
        """Returns the seconds from the time `now` until the next call may begin. The result is at most LONGEST_HOLD."""
        delay = self._tokens_until - now
        if self._remaining is not None and now < self._until:
            missing = 1 - self._left_at(now)
            if missing > 0:
                full = self._until - now
                delay = max(delay, min(missing * self._refill.period, full) if self._refill.is_continuous else full)
        return max(0.0, delay)

    def begin(self, now: float) -> None:
        """Subtracts one call, which begins at the time `now`, from the number of requests that are still permitted."""
        self._left, self._counted = self._left_at(now) - 1, now
        self._begun += 1

    def end(self, now: float, in_flight: int) -> None:
        """Corrects the number of requests that are still permitted. Must be called after each call. `in_flight` is the
        number of the other calls that are not finished yet.

        The number is corrected only if no other call is running, because only then is it certain which calls the server
        has counted.
        """
        if not in_flight and self._remaining is not None:
            self._left = max(self._left_at(now), self._remaining - self._begun)
            self._counted = now

    def note(self, rate: RateLimit, now: float, in_flight: int) -> None:
        """Sets the number of requests that are still permitted. `rate` is the rate limit in a response. `in_flight` is
        the number of the other calls that are not finished yet. These calls are subtracted from the number in `rate`,
        because the server may not have counted them yet.
        """
        self._refill.observe(rate)
        if rate.remaining:
            self._vain = 0
        elif self._remaining == 0 and now >= self._until and (rate.limit is None or self._begun < rate.limit):
            self._vain += 1
        self._remaining, self._begun, self._counted = float(rate.remaining), 0, now
        self._left = float(rate.remaining - in_flight)
        self._until = now + self._bounded(rate)

    def note_tokens(self, rate: RateLimit, now: float) -> None:
        """Makes the next calls wait if `rate`, the rate limit in a response, says that no token is left. Otherwise ends
        such a wait.
        """
        self._tokens_until = now + self._bounded(rate) if not rate.remaining else 0.0

    def refuse(self) -> None:
        """Restores the full waiting times after the server has refused a call because of a rate limit. The refusal
        shows that the server's headers are probably right, so the waits are not useless.
        """
        self._vain = 0

    def _left_at(self, now: float) -> float:
        refilled = (now - self._counted) / self._refill.period if self._refill.is_continuous else 0.0
        return self._left + refilled

    def _bounded(self, rate: RateLimit) -> float:
        """Returns the time in seconds for which `rate` is valid.

        The time is halved after each useless wait. A wait is useless if no request was left before and after the wait,
        and the server still accepted the call. So a run does not stop if a server always states that 0 requests are
        left.
        """
        seconds = UNKNOWN_HOLD if rate.reset is None else rate.reset
        return math.ldexp(min(seconds, LONGEST_HOLD), -min(self._vain, 30))
