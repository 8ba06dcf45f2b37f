"""All workers slow down together, and speed up again."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Lock

import pytest

from provisioner.openai_api.http.pace import Pace

WIDEST = 8


def test_no_more_calls_are_in_flight_than_the_gate_is_wide() -> None:
    pace, lock, most, now = Pace(3), Lock(), 0, 0

    def call(_: int) -> None:
        nonlocal most, now
        with pace.turn():
            with lock:
                now += 1
                most = max(most, now)
            time.sleep(0.002)
            with lock:
                now -= 1

    with ThreadPoolExecutor(12) as workers:
        list(workers.map(call, range(60)))
    assert most == 3


def test_as_many_calls_as_the_gate_is_wide_run_at_once() -> None:
    pace, barrier = Pace(4), Barrier(4, timeout=30)

    def call(_: int) -> None:
        with pace.turn():
            barrier.wait()

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(call, range(4)))


def test_a_jam_halves_the_gate_once_however_many_calls_meet_it() -> None:
    pace = Pace(WIDEST)
    for _ in range(5):
        pace.slow_down(60)
    assert pace.width == WIDEST // 2


def test_later_jams_narrow_it_further_but_never_close_it() -> None:
    pace = Pace(WIDEST)
    for _ in range(10):
        pace.slow_down(0)
    assert pace.width == 1


def test_a_round_of_successes_widens_it_by_one_up_to_its_widest() -> None:
    pace = Pace(WIDEST)
    pace.slow_down(0)
    widths = []
    for _ in range(100):
        pace.speed_up()
        widths.append(pace.width)
    assert widths[2:5] == [4, 5, 5]
    assert widths[-1] == WIDEST


def test_a_success_before_a_jam_does_not_count_after_it() -> None:
    pace = Pace(WIDEST)
    for _ in range(WIDEST - 1):
        pace.speed_up()
    pace.slow_down(0)
    pace.speed_up()
    assert pace.width == WIDEST // 2


@pytest.mark.parametrize("workers", [1, 5])
def test_nobody_starts_while_the_server_asks_for_quiet(workers: int) -> None:
    pace, started = Pace(WIDEST), Event()
    pace.slow_down(0.3)
    asked = time.monotonic()

    def call(_: int) -> float:
        with pace.turn():
            started.set()
            return time.monotonic()

    with ThreadPoolExecutor(workers) as pool:
        begun = list(pool.map(call, range(workers)))
    assert started.is_set()
    # Not a measurement: a pause is a promise to the server, and this is the promise.
    assert min(begun) - asked >= 0.29


def test_a_call_that_fails_gives_its_place_back() -> None:
    pace = Pace(1)
    for _ in range(3):
        with pytest.raises(ValueError, match="refused"), pace.turn():
            raise ValueError("refused")
    with pace.turn():
        pass


def test_a_run_that_is_to_end_waits_for_no_pause() -> None:
    pace = Pace(WIDEST, stopped=lambda: True)
    pace.slow_down(3600)
    with pace.turn():
        pass
