"""The number of concurrent calls follows the server. The servers here are simulated, and their clock is a number."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable

import pytest

from provisioner.openai_api.http.lane import FIRST_WIDTH, LEAST_WHEN_SLOW, Lane
from provisioner.openai_api.http.latency import UsualTimes

Seconds = Callable[[int, float], float | None]


def run(lane: Lane, seconds: Seconds, calls: int) -> tuple[float, list[int]]:
    """Makes calls with as much concurrency as the lane permits. `seconds` returns the time of a call for the number of
    calls in flight and the present time, or None if the server refuses it. Returns the time at the end, and the limit
    after each call.
    """
    now, begun, widths, running = 0.0, 0, [], list[tuple[float, int, float | None]]()
    while begun < calls or running:
        while begun < calls and lane.in_flight < lane.width:
            lane.in_flight += 1
            took = seconds(lane.in_flight, now)
            heapq.heappush(running, (now + (0.01 if took is None else took), begun, took))
            begun += 1
        now, _, took = heapq.heappop(running)
        if took is None:
            lane.refuse()
        else:
            lane.succeed()
            lane.compare("GET /files", took)
        lane.in_flight -= 1
        widths.append(lane.width)
    return now, widths


def steady(in_flight: int, now: float) -> float:
    return 0.05


def long_tailed(seed: int) -> Seconds:
    """Response times with a median of 50 ms and a 99th percentile of 800 ms."""
    dice, sigma = random.Random(seed), math.log(16) / 2.326
    return lambda in_flight, now: dice.lognormvariate(math.log(0.05), sigma)


@pytest.mark.parametrize("widest", [1, 4, FIRST_WIDTH, 128])
def test_it_grows_to_its_widest_while_answers_are_quick(widest: int) -> None:
    lane = Lane(widest)
    assert lane.width == min(widest, FIRST_WIDTH)
    now, widths = run(lane, steady, 600)
    assert lane.width == max(widths) == widest
    # It doubles in each round, so only the first three rounds are narrower.
    assert now <= 0.05 * (math.ceil(600 / widest) + 4)


@pytest.mark.parametrize("seed", range(8))
def test_a_long_tail_is_not_a_jam(seed: int) -> None:
    """The time with adaptation is near that with the widest limit."""
    adapted, widths = run(Lane(16), long_tailed(seed), 2_000)
    fixed = Lane(16)
    fixed.compare = lambda endpoint, seconds: None  # type: ignore[method-assign]
    unadapted, _ = run(fixed, long_tailed(seed), 2_000)
    assert adapted <= 1.1 * unadapted
    assert sum(widths) / len(widths) >= 14


def test_a_server_that_becomes_slow_gets_fewer_calls() -> None:
    """From the fifth second on, more than six calls at once only wait in the server's queue."""

    def queueing(in_flight: int, now: float) -> float:
        return 0.05 if now < 5 else 0.05 * max(1, in_flight / 3)

    lane = Lane(64)
    _, widths = run(lane, queueing, 8_000)
    assert max(widths) == 64
    assert sum(widths[-2_000:]) / 2_000 < 32


def test_slow_answers_alone_never_narrow_it_to_one() -> None:
    lane = Lane(16)
    run(lane, steady, 100)
    _, widths = run(lane, lambda in_flight, now: 2.0, 120)
    assert min(widths) == LEAST_WHEN_SLOW


def test_a_new_speed_becomes_the_usual_one() -> None:
    lane = Lane(16)
    run(lane, steady, 100)
    run(lane, lambda in_flight, now: 0.5, 1_500)
    assert lane.width == 16


def test_refusals_halve_it_and_it_recovers() -> None:
    lane = Lane(32)
    run(lane, steady, 200)
    for width in (16, 8, 4, 2, 1, 1):
        lane.refuse()
        assert lane.width == width
    _, widths = run(lane, steady, 700)
    assert widths == sorted(widths)
    assert lane.width == 32


def test_calls_that_do_not_use_it_do_not_widen_it() -> None:
    lane = Lane(64)
    for _ in range(200):
        lane.in_flight = 3
        lane.succeed()
    assert lane.width == FIRST_WIDTH


def test_the_times_of_different_endpoints_are_not_compared() -> None:
    usual = UsualTimes()
    for _ in range(50):
        usual.compare("GET /files/*", 0.05)
    assert [usual.compare("GET /files", 2.0) for _ in range(60)] == [1.0] * 60
    assert usual.compare("GET /files/*", 0.1) == 2


def test_one_slow_first_call_does_not_count() -> None:
    usual = UsualTimes()
    for seconds in [3.0, *[0.05] * 39]:
        usual.compare("GET /files", seconds)
    assert usual.compare("GET /files", 0.05) == pytest.approx(1)
