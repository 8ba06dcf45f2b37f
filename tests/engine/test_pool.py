"""Tasks together, in an order: for any graph, any failures, any number of workers, and a stop at any moment."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.core.address import Address
from provisioner.core.errors import OutOfCredit, Rejected
from provisioner.engine.pool import Pool
from provisioner.engine.task import Key, Step, Task
from provisioner.planning.plan import Action, Change


@dataclass
class Diary:
    """What happened, as an observer hears of it, and how many ran at once."""

    failing: frozenset[int] = frozenset()
    error: Exception = field(default_factory=lambda: Rejected("refused"))
    stop_after: int | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    ended: dict[int, str] = field(default_factory=dict)
    order: list[tuple[str, int]] = field(default_factory=list)
    reasons: dict[int, str] = field(default_factory=dict)
    most: int = 0
    _running: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, number: int) -> None:
        with self._lock:
            self._running += 1
            self.most = max(self.most, self._running)
            self.order.append(("run", number))
        with self._lock:
            self._running -= 1
        if number in self.failing:
            raise self.error

    def started(self, task: Task) -> None:
        self.order.append(("started", number_of(task)))

    def succeeded(self, task: Task) -> None:
        self._end(task, "succeeded")

    def failed(self, task: Task, error: BaseException) -> None:
        assert error is self.error
        self._end(task, "failed")

    def skipped(self, task: Task, because: str) -> None:
        self.reasons[number_of(task)] = because
        self._end(task, "skipped")

    def _end(self, task: Task, how: str) -> None:
        assert number_of(task) not in self.ended, "a task ends once"
        self.ended[number_of(task)] = how
        self.order.append((how, number_of(task)))
        if self.stop_after is not None and len(self.ended) >= self.stop_after:
            self.stop.set()


def key(number: int) -> Key:
    return Key(Address("file", str(number)), Step.OBJECT)


def number_of(task: Task) -> int:
    return int(task.key.address.name)


def tasks(needs: Mapping[int, frozenset[int]], after: Mapping[int, frozenset[int]], diary: Diary) -> list[Task]:
    return [
        Task(
            key(number),
            Change(key(number).address, Action.CREATE, "file"),
            lambda number=number: diary.run(number),  # type: ignore[misc]
            frozenset(map(key, needs[number])),
            frozenset(map(key, after.get(number, frozenset()))),
        )
        for number in needs
    ]


@st.composite
def graphs(draw: st.DrawFn) -> dict[int, frozenset[int]]:
    """Up to twelve tasks, each needing some of those before it, in any order of submission."""
    size = draw(st.integers(1, 12))
    found = {
        number: draw(st.frozensets(st.integers(0, number - 1), max_size=3)) if number else frozenset()
        for number in range(size)
    }
    order = draw(st.permutations(range(size)))
    return {number: found[number] for number in order}


def everything_needed(number: int, needs: Mapping[int, frozenset[int]]) -> set[int]:
    found: set[int] = set()
    waiting = [number]
    while waiting:
        for each in needs[waiting.pop()] - found:
            found.add(each)
            waiting.append(each)
    return found


failures = st.frozensets(st.integers(0, 11), max_size=3)


@pytest.mark.thorough
@given(graphs(), failures, st.integers(1, 4))
@settings(max_examples=80)
def test_needs_come_first_and_failures_stop_their_dependents_alone(
    needs: dict[int, frozenset[int]], failing: frozenset[int], parallelism: int
) -> None:
    diary = Diary(failing)
    Pool(parallelism, diary, diary.stop).run(tasks(needs, {}, diary))
    assert set(diary.ended) == set(needs)
    assert diary.most <= parallelism
    for number in needs:
        needed = everything_needed(number, needs)
        expected = "skipped" if needed & failing else "failed" if number in failing else "succeeded"
        assert diary.ended[number] == expected
        if expected == "skipped":
            assert diary.reasons[number].startswith("it needs ")
            assert ("run", number) not in diary.order
        else:
            began = diary.order.index(("run", number))
            assert all(diary.order.index(("succeeded", each)) < began for each in needed)


@pytest.mark.thorough
@given(graphs(), failures, st.integers(1, 4))
@settings(max_examples=60)
def test_what_only_comes_after_runs_however_the_other_ended(
    after: dict[int, frozenset[int]], failing: frozenset[int], parallelism: int
) -> None:
    diary = Diary(failing)
    Pool(parallelism, diary, diary.stop).run(tasks(dict.fromkeys(after, frozenset()), after, diary))
    assert "skipped" not in diary.ended.values()
    for number, others in after.items():
        began = diary.order.index(("run", number))
        assert all(diary.order.index((diary.ended[each], each)) < began for each in others)


@given(graphs(), st.integers(1, 12), st.integers(1, 4))
@settings(max_examples=60)
def test_after_a_stop_nothing_new_is_started(
    needs: dict[int, frozenset[int]], stop_after: int, parallelism: int
) -> None:
    diary = Diary(stop_after=stop_after)
    Pool(parallelism, diary, diary.stop).run(tasks(needs, {}, diary))
    assert set(diary.ended) == set(needs)
    assert set(diary.ended.values()) <= {"succeeded", "skipped"}
    assert set(diary.reasons.values()) <= {"interrupted"}
    # Those that ran when the stop came are waited for; there are at most `parallelism` of them.
    assert sum(how == "succeeded" for how in diary.ended.values()) <= stop_after + parallelism


def test_one_worker_keeps_the_order_of_submission() -> None:
    diary = Diary()
    Pool(1, diary, diary.stop).run(tasks(dict.fromkeys((3, 1, 2, 0), frozenset()), {}, diary))
    assert [number for what, number in diary.order if what == "run"] == [3, 1, 2, 0]


def test_an_error_that_all_would_meet_ends_the_run() -> None:
    diary = Diary(frozenset({0}), OutOfCredit("no credit"))
    Pool(1, diary, diary.stop).run(tasks(dict.fromkeys(range(5), frozenset()), {}, diary))
    assert diary.ended == {0: "failed", 1: "skipped", 2: "skipped", 3: "skipped", 4: "skipped"}


def test_a_need_outside_of_the_tasks_is_met_already() -> None:
    diary = Diary()
    Pool(2, diary, diary.stop).run(tasks({1: frozenset({99})}, {}, diary))
    assert diary.ended == {1: "succeeded"}


@pytest.mark.parametrize("parallelism", [1, 16])
def test_no_tasks_are_no_work(parallelism: int) -> None:
    diary = Diary()
    Pool(parallelism, diary, diary.stop).run([])
    assert diary.ended == {}
