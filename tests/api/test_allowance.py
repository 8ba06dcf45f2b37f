"""Calls wait before a rate limit is exceeded. The servers here are simulated, and their clock is a number."""

from __future__ import annotations

import pytest

from provisioner.openai_api.http.allowance import LONGEST_HOLD, UNKNOWN_HOLD, Allowance
from provisioner.openai_api.http.rate_limit_headers import RateLimit


class Bucket:
    """A server whose limit is refilled continuously."""

    def __init__(self, limit: int, window: float) -> None:
        self.limit, self.window, self.left, self.at = limit, window, float(limit), 0.0

    def answer(self, now: float) -> RateLimit | None:
        self.left, self.at = min(self.limit, self.left + (now - self.at) * self.limit / self.window), now
        if self.left < 1:
            return None
        self.left -= 1
        # As OpenAI does, the server states the time in whole milliseconds.
        reset = round((self.limit - self.left) * self.window / self.limit, 3)
        return RateLimit(self.limit, int(self.left), reset)


class Window:
    """A server that counts requests in fixed windows."""

    def __init__(self, limit: int, window: float) -> None:
        self.limit, self.window, self.used, self.number = limit, window, 0, 0

    def answer(self, now: float) -> RateLimit | None:
        number = int(now / self.window)
        if number != self.number:
            self.number, self.used = number, 0
        if self.used == self.limit:
            return None
        self.used += 1
        return RateLimit(self.limit, self.limit - self.used, (number + 1) * self.window - now)


def run(server: Bucket | Window, calls: int, seconds: float = 0.01) -> tuple[float, int]:
    """Makes calls one after the other. Returns the time at the end, and the number of refused calls."""
    allowance, now, refused = Allowance(), 0.0, 0
    for _ in range(calls):
        now += allowance.delay(now)
        allowance.begin(now)
        rate = server.answer(now)
        now += seconds
        if rate is None:
            refused += 1
            allowance.refuse()
        else:
            allowance.note(rate, now, 0)
        allowance.end(now, 0)
    return now, refused


def test_a_continuously_refilled_limit_is_used_at_its_rate_without_a_refusal() -> None:
    now, refused = run(Bucket(300, 60), 900)
    assert refused == 0
    # 300 calls are free, and 5 a second are refilled.
    assert now == pytest.approx(120, rel=0.02)


def test_the_first_calls_after_the_limit_do_not_wait_for_the_whole_window() -> None:
    now, _ = run(Bucket(1000, 60), 1250)
    assert now < 20


@pytest.mark.parametrize("window", [1, 10, 50])
def test_a_limit_in_fixed_windows_is_never_exceeded(window: float) -> None:
    now, refused = run(Window(100, window), 450, 0.001)
    assert refused == 0
    assert now == pytest.approx(4 * window, rel=0.1)


def test_a_limit_of_one_request_is_kept() -> None:
    now, refused = run(Window(1, 5), 8)
    assert (refused, round(now)) == (0, 35)


def test_calls_in_flight_are_counted() -> None:
    allowance = Allowance()
    for _ in range(4):
        allowance.begin(0)
    allowance.note(RateLimit(10, 5, 60.0), 1, 3)
    for _ in range(2):
        assert allowance.delay(1) == 0
        allowance.begin(1)
    assert allowance.delay(1) == 60


def test_a_call_without_a_response_does_not_block_the_others() -> None:
    """The server had counted the calls in flight, whose connections were then lost."""
    allowance = Allowance()
    for _ in range(6):
        allowance.begin(0)
    allowance.note(RateLimit(10, 5, 60.0), 1, 5)
    assert allowance.delay(1) == 60
    for in_flight in range(4, -1, -1):
        allowance.end(1, in_flight)
    assert allowance.delay(1) == 0


def test_without_a_time_the_wait_is_short() -> None:
    allowance = Allowance()
    allowance.note(RateLimit(10, 0, None), 0, 0)
    assert allowance.delay(0) == UNKNOWN_HOLD


@pytest.mark.parametrize("limit", [None, 1_000])
def test_a_server_that_always_states_zero_does_not_stop_a_run(limit: int | None) -> None:
    allowance, now = Allowance(), 0.0
    for _ in range(500):
        now += allowance.delay(now)
        allowance.begin(now)
        allowance.note(RateLimit(limit, 0, 1e6), now, 0)
        allowance.end(now, 0)
    assert now < 2 * LONGEST_HOLD + 1


def test_after_a_refusal_the_headers_are_believed_again() -> None:
    allowance, now = Allowance(), 0.0
    for _ in range(10):
        now += allowance.delay(now)
        allowance.begin(now)
        allowance.note(RateLimit(None, 0, 40.0), now, 0)
    allowance.refuse()
    allowance.note(RateLimit(None, 0, 40.0), now, 0)
    assert allowance.delay(now) == 40
