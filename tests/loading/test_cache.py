"""What was read stays in use: for a limited time, and longer if the state cannot be read again."""

from __future__ import annotations

import asyncio
import os
import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from provisioner import StaleDefinitionWarning, load
from provisioner.core.errors import StateError
from provisioner.project.loading.cache import Entry
from provisioner.project.loading.recorded import Recorded
from tests.loading.conftest import POET, Project, definition

NEW = {**POET, "instructions": "Rhyme better."}


def reader(*contents: Recorded | Exception, clock: Callable[[], float] = time.monotonic) -> tuple[list[int], Entry]:
    """An entry that reads these contents in order, and a list with an item for each time it was read."""
    left, read = list(contents), list[int]()

    def take() -> Recorded:
        read.append(len(read))
        content = left.pop(0)
        if isinstance(content, Exception):
            raise content
        return content

    return read, Entry(take, clock)


def content(name: str) -> Recorded:
    return Recorded({}, name)


def test_a_second_call_reads_nothing(project: Project) -> None:
    project.state(definition())
    assert load("poet") == POET
    project.path().unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load("poet") == POET


def test_a_new_state_is_read_when_the_time_is_over(project: Project) -> None:
    project.state(definition())
    assert load("poet") == POET
    project.state(definition(inputs=NEW, release=2))
    assert load("poet") == POET
    assert load("poet", max_age=0) == NEW
    assert load("poet") == NEW


def test_the_last_definition_is_served_with_a_warning(project: Project) -> None:
    project.state(definition())
    assert load("poet") == POET
    project.path().write_text("{", encoding="utf-8")
    with pytest.warns(StaleDefinitionWarning, match=r"state/default\.json .* was read last stays in use") as warned:
        assert load("poet", max_age=0) == POET
    assert Path(warned[0].filename) == Path(__file__)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load("poet") == POET  # It is not older than 300 s.


def test_after_a_failure_it_is_not_read_again_at_once() -> None:
    now = [1000.0]
    read, entry = reader(content("a"), StateError("down"), content("b"), clock=lambda: now[0])
    assert entry.get(300).place == "a"
    now[0] += 299
    assert entry.get(300).place == "a"
    assert (len(read), entry.is_stale(300)) == (1, False)
    now[0] += 2
    assert entry.get(300).place == "a"
    assert (len(read), entry.is_stale(300)) == (2, True)
    now[0] += 9
    assert entry.get(300).place == "a"
    assert (len(read), entry.is_stale(300)) == (2, True)
    now[0] += 2
    assert entry.get(300).place == "b"
    assert (len(read), entry.is_stale(300)) == (3, False)


def test_the_first_failure_is_raised_and_the_next_call_tries_again() -> None:
    read, entry = reader(StateError("down"), content("a"))
    with pytest.raises(StateError, match="down"):
        entry.get(300)
    assert entry.get(300).place == "a"
    assert len(read) == 2


def test_many_threads_read_once() -> None:
    begun, read = threading.Barrier(16), list[int]()

    def take() -> Recorded:
        read.append(1)
        time.sleep(0.05)
        return content("a")

    entry = Entry(take)

    def get() -> str:
        begun.wait()
        return entry.get(300).place

    with ThreadPoolExecutor(16) as pool:
        assert [each.result() for each in [pool.submit(get) for _ in range(16)]] == ["a"] * 16
    assert read == [1]


def test_threads_that_wait_for_a_failure_do_not_each_try_it() -> None:
    begun, read = threading.Barrier(8), list[int]()

    def take() -> Recorded:
        read.append(1)
        time.sleep(0.1)
        raise StateError("down")

    entry = Entry(take)

    def get() -> str:
        begun.wait()
        with pytest.raises(StateError):
            entry.get(300)
        return "failed"

    with ThreadPoolExecutor(8) as pool:
        assert {each.result() for each in [pool.submit(get) for _ in range(8)]} == {"failed"}
    assert len(read) < 8


def test_while_one_thread_reads_again_others_get_the_last_content() -> None:
    reading, go_on = threading.Event(), threading.Event()
    contents = iter(["a", "b"])

    def take() -> Recorded:
        place = next(contents)
        if place == "b":
            reading.set()
            assert go_on.wait(60)
        return content(place)

    entry = Entry(take)
    assert entry.get(300).place == "a"
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(lambda: entry.get(0).place)
        assert reading.wait(60)
        assert entry.get(0).place == "a"
        go_on.set()
        assert other.result() == "b"


def test_an_event_loop_is_not_blocked() -> None:
    go_on, readers = threading.Event(), list[threading.Thread]()
    contents = iter(["a", "b", "b"])

    def take() -> Recorded:
        readers.append(threading.current_thread())
        place = next(contents)
        if place == "b":
            assert go_on.wait(60)
        return content(place)

    entry = Entry(take)

    async def use() -> str:
        assert entry.get(0).place == "a"
        assert entry.get(0).place == "a"  # A thread reads, and waits until this one sets the event.
        go_on.set()
        while entry.get(300).place == "a":
            await asyncio.sleep(0.01)
        return entry.get(300).place

    assert asyncio.run(use()) == "b"
    assert readers[0] is threading.current_thread()
    assert readers[1] is not threading.current_thread()


def test_a_child_process_does_not_inherit_a_held_lock(project: Project) -> None:
    reading, go_on = threading.Event(), threading.Event()

    def take() -> Recorded:
        reading.set()
        assert go_on.wait(60)
        return content("a")

    from provisioner.project.loading.cache import entry_of

    entry = entry_of("a test", take)
    thread = threading.Thread(target=entry.get, args=(300,))
    thread.start()
    assert reading.wait(60)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Newer versions warn of a fork beside threads.
        child = os.fork()
    if not child:
        go_on.set()
        os._exit(0 if entry.get(300).place == "a" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    go_on.set()
    thread.join()
