"""Calls that change nothing are waited for, except after Ctrl-C."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Event

import pytest

from provisioner.engine.reading_pool import reading_pool


def test_the_end_waits_for_all_calls() -> None:
    done: list[int] = []
    with reading_pool(2) as pool:
        for number in range(20):
            pool.submit(done.append, number)
    assert sorted(done) == list(range(20))


def test_an_error_waits_for_all_calls() -> None:
    done: list[int] = []

    def fail() -> None:
        with reading_pool(2) as pool:
            for number in range(20):
                pool.submit(done.append, number)
            raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        fail()
    assert sorted(done) == list(range(20))


def test_ctrl_c_does_not_wait_and_begins_nothing_more() -> None:
    answered, begun = Event(), Event()
    done: list[int] = []
    running: list[Future[None]] = []

    def call() -> None:
        begun.set()
        answered.wait()

    def interrupt() -> None:
        with reading_pool(1) as pool:
            running.append(pool.submit(call))
            pool.submit(done.append, 1)
            begun.wait()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert not running[0].done()
    answered.set()
    running[0].result()
    assert done == []
