"""Runs tasks on a limited number of workers. A task that waits for an event at the API is suspended: it occupies a
worker only during each poll, so other tasks can run while it waits.
"""

from __future__ import annotations

import heapq
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from queue import Empty, SimpleQueue
from threading import Event

from msgspec import Struct

from provisioner.engine.task import Stages, Task, Wait

#: The longest time in seconds between two checks of `stop` while tasks run.
LOOK = 0.2
#: While tasks are ready to start, one of so many workers may poll what suspended tasks wait for.
POLLERS = 4


class _Suspended(Struct, frozen=True):
    """A suspended task, which waits until `wait` is over. `stages` is the generator with its remaining stages."""

    stages: Stages
    wait: Wait


class Workers:
    """The workers of a pool, and the suspended tasks: those that wait for an event at the API and need no worker until
    their next poll. The methods are called on the thread that runs the pool, except `_advance`, which runs on the
    workers.

    `occupied` is the number of workers that are not free. `suspended` are the suspended tasks. `stop` is set when the
    run shall end early.
    """

    def __init__(self, executor: ThreadPoolExecutor, parallelism: int, stop: Event) -> None:
        self.occupied = 0
        # A heap of the tasks that wait, ordered by the times of their next polls.
        self.suspended: list[tuple[float, int, Task, _Suspended]] = []
        self._executor = executor
        self._parallelism = parallelism
        self._stop = stop
        self._polling = 0
        self._numbers = count()
        self._ended: SimpleQueue[tuple[Task, bool, _Suspended | BaseException | None]] = SimpleQueue()

    @property
    def has_room(self) -> bool:
        """Whether a worker is free."""
        return self.occupied < self._parallelism

    def start(self, task: Task) -> None:
        """Starts `task` on a free worker."""
        self.occupied += 1
        self._executor.submit(self._advance, task, None)

    def resume_next(self, *, may_fill: bool) -> bool:
        """Starts the next poll of a suspended task on a free worker, if the time of this poll has come. Returns whether
        a poll was started. A suspended task waits for an event at the API, such as the end of an indexing, and polls
        ask whether the event has happened.

        When the run shall end early (the event `stop` of the constructor is set), all suspended tasks are polled
        without delay. If `may_fill` is True, all workers may poll at the same time. Otherwise only one in every POLLERS
        workers may poll.
        """
        most = self._parallelism if may_fill else max(1, self._parallelism // POLLERS)
        if not self.suspended or self._polling >= most:
            return False
        if self.suspended[0][0] > time.monotonic() and not self._stop.is_set():
            return False
        _, _, task, suspended = heapq.heappop(self.suspended)
        self.occupied += 1
        self._polling += 1
        self._executor.submit(self._advance, task, suspended)
        return True

    def collect(self) -> list[tuple[Task, BaseException | None]]:
        """Waits until a worker is free again, until the time of the next poll, or for LOOK seconds. Returns the tasks
        that have ended, each with its error.
        """
        longest = LOOK
        if self.has_room and self.suspended:
            longest = min(LOOK, max(0.0, self.suspended[0][0] - time.monotonic()))
        found: list[tuple[Task, BaseException | None]] = []
        try:
            self._take(self._ended.get(timeout=longest), found)
            while True:
                self._take(self._ended.get_nowait(), found)
        except Empty:
            return found

    def _take(
        self,
        ended: tuple[Task, bool, _Suspended | BaseException | None],
        found: list[tuple[Task, BaseException | None]],
    ) -> None:
        task, polled, result = ended
        self.occupied -= 1
        self._polling -= polled
        if isinstance(result, _Suspended):
            due = time.monotonic() + result.wait.pause
            heapq.heappush(self.suspended, (due, next(self._numbers), task, result))
        else:
            found.append((task, result))

    def _advance(self, task: Task, suspended: _Suspended | None) -> None:
        """Runs `task` until it ends or must wait. `suspended` contains the wait and the remaining stages of a task that
        has waited before; it is None for a new task. A task that has waited is polled first.
        """
        result: _Suspended | BaseException | None
        try:
            result = _run(task) if suspended is None else _poll(suspended)
        except BaseException as error:  # It is raised again or reported on the thread that runs the pool.
            result = error
        self._ended.put((task, suspended is not None, result))


def _run(task: Task) -> _Suspended | None:
    stages = task.run()
    return None if stages is None else _continue(stages, None)


def _poll(suspended: _Suspended) -> _Suspended | None:
    try:
        found = suspended.wait.poll()
    except BaseException:
        suspended.stages.close()
        raise
    return suspended if found is None else _continue(suspended.stages, found)


def _continue(stages: Stages, found: object) -> _Suspended | None:
    """Sends `found`, the result of the wait, to the generator `stages`, which runs until the next wait. Returns the
    task's remaining stages with this wait, or None if the generator has ended.
    """
    try:
        return _Suspended(stages, stages.send(found))
    except StopIteration:
        return None
