"""All workers slow down together for calls of one kind, and speed up again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier, Event, Lock, Thread

import pytest

from provisioner.openai_api.http.call_kinds import CallKind
from provisioner.openai_api.http.call_queue import MANY_SCOPES
from provisioner.openai_api.http.pace import Pace

WIDEST = 8
READ = ("GET", "/v1/files")
UPLOAD = ("POST", "/v1/files")
WRITE = ("POST", "/v1/vector_stores/vs_1/files")
OTHER_WRITE = ("POST", "/v1/vector_stores/vs_2/files")
KINDS = {CallKind.READ: READ, CallKind.UPLOAD: UPLOAD, CallKind.STORE_WRITE: WRITE}


@dataclass
class Clock:
    """A clock that goes on only when a test says so."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


def succeed(
    pace: Pace, call: tuple[str, str] = READ, at_once: int = 1, headers: Mapping[str, str] | None = None
) -> None:
    """Makes calls at the same time, and lets all of them succeed. The headers are named without `x-ratelimit-`."""
    given = {f"x-ratelimit-{name}": value for name, value in (headers or {}).items()}
    begun, done = Barrier(at_once, timeout=30), Barrier(at_once, timeout=30)

    def make(_: int) -> None:
        with pace.turn(*call):
            begun.wait()
            pace.note(*call, 200, given, 0.05)
            done.wait()

    with ThreadPoolExecutor(at_once) as workers:
        list(workers.map(make, range(at_once)))


@pytest.mark.parametrize("calls", [(READ,), (READ, UPLOAD, WRITE, OTHER_WRITE)])
def test_no_more_calls_are_in_flight_than_the_widest_limit(calls: tuple[tuple[str, str], ...]) -> None:
    pace, lock, most, now = Pace(3), Lock(), 0, 0

    def call(number: int) -> None:
        nonlocal most, now
        with pace.turn(*calls[number % len(calls)]):
            with lock:
                now += 1
                most = max(most, now)
            time.sleep(0.002)
            with lock:
                now -= 1

    with ThreadPoolExecutor(12) as workers:
        list(workers.map(call, range(60)))
    assert most == 3


def test_as_many_calls_as_the_limit_permits_run_at_once() -> None:
    pace, barrier = Pace(4), Barrier(4, timeout=30)

    def call(_: int) -> None:
        with pace.turn(*READ):
            barrier.wait()

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(call, range(4)))


def test_a_jam_halves_the_limit_once_however_many_calls_meet_it() -> None:
    pace = Pace(WIDEST)
    for _ in range(5):
        pace.slow_down(*READ, 60)
    assert pace.width(CallKind.READ) == WIDEST // 2


def test_later_jams_narrow_it_further_but_never_close_it() -> None:
    pace, clock = Pace(WIDEST, clock=(clock := Clock())), clock
    for _ in range(10):
        pace.slow_down(*READ, 1)
        clock.now += 2
    assert pace.width(CallKind.READ) == 1


def test_a_round_of_successes_widens_it_by_one_up_to_its_widest() -> None:
    pace = Pace(WIDEST)
    pace.slow_down(*READ, 0)
    widths = []
    for _ in range(WIDEST):
        succeed(pace, at_once=pace.width(CallKind.READ))
        widths.append(pace.width(CallKind.READ))
    assert widths == [5, 6, 7, *[WIDEST] * 5]


def test_a_success_before_a_jam_does_not_count_after_it() -> None:
    pace = Pace(WIDEST)
    succeed(pace, at_once=WIDEST - 1)
    pace.slow_down(*READ, 0)
    succeed(pace)
    assert pace.width(CallKind.READ) == WIDEST // 2


@pytest.mark.parametrize("kind", KINDS)
def test_the_kinds_of_calls_are_limited_separately(kind: CallKind) -> None:
    pace = Pace(WIDEST, clock=Clock())
    pace.slow_down(*KINDS[kind], 30)
    assert {each: pace.width(each) for each in KINDS} == dict.fromkeys(KINDS, WIDEST) | {kind: WIDEST // 2}
    assert {each: pace.delay(*call) for each, call in KINDS.items()} == dict.fromkeys(KINDS, 0.0) | {kind: 30.0}
    for other in KINDS.keys() - {kind}:
        succeed(pace, KINDS[other])


def test_a_refused_write_pauses_only_its_vector_store() -> None:
    pace = Pace(WIDEST, clock=Clock())
    pace.slow_down(*WRITE, 30)
    assert (pace.delay(*WRITE), pace.delay(*OTHER_WRITE)) == (30, 0)


def test_refused_writes_to_two_vector_stores_pause_all_of_them() -> None:
    clock = Clock()
    pace = Pace(WIDEST, clock=clock)
    pace.slow_down(*WRITE, 30)
    pace.slow_down(*OTHER_WRITE, 20)
    assert pace.delay("POST", "/v1/vector_stores/vs_3/files") == 20
    clock.now += 60
    pace.slow_down(*WRITE, 10)
    assert pace.delay(*OTHER_WRITE) == 10
    assert pace.delay(*UPLOAD) == 0


def test_calls_wait_when_the_headers_say_that_no_request_is_left() -> None:
    clock = Clock()
    pace = Pace(WIDEST, clock=clock)
    limit = {"limit-requests": "60", "reset-requests": "6m0s"}
    succeed(pace, WRITE, headers=limit | {"remaining-requests": "1"})
    assert pace.delay(*WRITE) == 0
    succeed(pace, WRITE, headers=limit | {"remaining-requests": "0"})
    assert (pace.delay(*WRITE), pace.delay(*OTHER_WRITE), pace.delay(*READ)) == (60, 0, 0)
    assert pace.width(CallKind.STORE_WRITE) == WIDEST
    clock.now += 60
    assert pace.delay(*WRITE) == 0


def test_calls_wait_when_no_token_is_left() -> None:
    pace = Pace(WIDEST, clock=Clock())
    succeed(pace, ("POST", "/v1/responses"), headers={"remaining-tokens": "0", "reset-tokens": "20ms"})
    assert pace.delay("POST", "/v1/responses") == pytest.approx(0.02)


def test_no_more_calls_begin_than_the_headers_permit() -> None:
    """Ten threads want to call, the server permits three more calls, and no response comes meanwhile."""
    clock = Clock()
    pace, begun, go, third = Pace(16, clock=clock), [], Event(), Event()
    succeed(pace, UPLOAD, headers={"remaining-requests": "3", "reset-requests": "30s"})

    def call(number: int) -> None:
        with pace.turn(*UPLOAD):
            begun.append(number)
            if len(begun) == 3:
                third.set()
            go.wait(30)

    threads = [Thread(target=call, args=(number,), daemon=True) for number in range(10)]
    for thread in threads:
        thread.start()
    assert third.wait(30)
    assert pace.delay(*UPLOAD) == 30
    assert len(begun) == 3
    clock.now += 31
    go.set()
    for thread in threads:
        thread.join(30)
    assert len(begun) == 10


@pytest.mark.parametrize("workers", [1, 5])
def test_nobody_starts_while_the_server_asks_for_quiet(workers: int) -> None:
    pace, started = Pace(WIDEST), Event()
    pace.slow_down(*READ, 0.3)
    asked = time.monotonic()

    def call(_: int) -> float:
        with pace.turn(*READ):
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
        with pytest.raises(ValueError, match="refused"), pace.turn(*READ):
            raise ValueError("refused")
    with pace.turn(*READ):
        pass


def test_a_second_request_in_one_call_takes_the_place_of_the_first() -> None:
    pace = Pace(1)
    with pace.call():
        pace.begin(*READ)
        pace.begin(*UPLOAD)
    pace.begin(*READ)  # outside of a call, it takes no place
    with pace.turn(*READ):
        pass


def test_a_run_that_is_to_end_waits_for_no_pause() -> None:
    pace = Pace(WIDEST, stopped=lambda: True)
    pace.slow_down(*READ, 3600)
    with pace.turn(*READ):
        pass


def test_many_vector_stores_are_forgotten() -> None:
    clock = Clock()
    pace = Pace(WIDEST, clock=clock)
    pace.slow_down(*WRITE, 60)
    for number in range(3 * MANY_SCOPES):
        pace.delay("POST", f"/v1/vector_stores/vs_x{number}")
    assert len(pace._queues[CallKind.STORE_WRITE]._scopes) <= MANY_SCOPES
    assert pace.delay(*WRITE) == 60


@pytest.mark.timeout(60)
def test_a_pause_that_begins_while_a_call_waits_for_a_place_does_not_stop_it_for_ever() -> None:
    pace, begun = Pace(1), Event()

    def call() -> None:
        with pace.turn(*READ):
            begun.set()

    waiting = Thread(target=call, daemon=True)
    with pace.turn(*READ):
        waiting.start()
        while not pace._waiting:
            time.sleep(0.001)
        pace.slow_down(*READ, 0.1)
    assert begun.wait(30)
    waiting.join(30)
