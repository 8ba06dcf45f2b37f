"""Runs tasks in parallel, up to a limited number. Each task starts after the tasks that it needs."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from graphlib import TopologicalSorter
from operator import itemgetter
from threading import Event
from typing import Protocol

from provisioner.core.errors import OutOfCredit, StateError, Unauthorized
from provisioner.engine.task import Key, Step, Task
from provisioner.engine.workers import Workers


class Observer(Protocol):
    """Receives the result of each task from a pool. All methods are called on the thread that runs the pool."""

    def started(self, task: Task) -> None:
        """Receives a task that is about to run."""
        ...

    def succeeded(self, task: Task) -> None:
        """Receives a task that has ended without an error."""
        ...

    def failed(self, task: Task, error: BaseException) -> None:
        """Receives a task that has raised `error`."""
        ...

    def skipped(self, task: Task, because: str) -> None:
        """Receives a task that is never started. `because` is the reason."""
        ...


#: Errors that every other task would get too.
FATAL = (OutOfCredit, StateError, Unauthorized)


class Pool:
    """Runs tasks in parallel. No new task is started after `stop` is set, or after an error that every other task would
    also get. Tasks that have started are continued to their ends.
    """

    def __init__(self, parallelism: int, observer: Observer, stop: Event) -> None:
        self.parallelism = parallelism
        self.observer = observer
        self.stop = stop
        self._refused: str | None = None

    def run(self, tasks: Sequence[Task]) -> None:
        """Runs `tasks`, and returns when each of them has ended or was skipped. Tasks that are ready at the same time
        are started in the order of `tasks`.
        """
        queue = _Queue(tasks)
        with ThreadPoolExecutor(max_workers=self.parallelism, thread_name_prefix="apply") as executor:
            workers = Workers(executor, self.parallelism, self.stop)
            while queue.has_ready or workers.occupied or workers.suspended:
                if because := self._stopped():
                    for task in queue.drain():
                        self.observer.skipped(task, because)
                while workers.has_room:
                    if not workers.resume_next(may_fill=not queue.has_ready):
                        if not queue.has_ready:
                            break
                        task = queue.take()
                        self.observer.started(task)
                        workers.start(task)
                for task, error in workers.collect():
                    self._end(task, error, queue)

    def _stopped(self) -> str | None:
        return "interrupted" if self.stop.is_set() else self._refused

    def _end(self, task: Task, error: BaseException | None, queue: _Queue) -> None:
        if error is None:
            self.observer.succeeded(task)
        else:
            self.observer.failed(task, error)
        if isinstance(error, FATAL):
            self._refused = f"the run stopped: {error.message}"
        for hopeless, because in queue.finish(task.key, succeeded=error is None):
            self.observer.skipped(hopeless, because)


def _say_need(key: Key) -> str:
    return f"it needs {key.address}" + (", which is not filled as declared" if key.step is Step.MEMBERS else "")


class _Queue:
    """The tasks that wait for other tasks, and the tasks that are ready to start. The constructor raises CycleError if
    tasks wait for each other in a circle.
    """

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._waiting = {task.key: task for task in tasks}
        self._position = {task.key: position for position, task in enumerate(tasks)}
        self._sorter = TopologicalSorter({task.key: (task.needs | task.after) & self._waiting.keys() for task in tasks})
        self._sorter.prepare()
        self._failed: set[Key] = set()
        # A heap of the tasks that are ready, ordered by their positions.
        self._ready: list[tuple[int, Task]] = []
        self._promote()

    @property
    def has_ready(self) -> bool:
        """Whether a task is ready to start."""
        return bool(self._ready)

    def take(self) -> Task:
        """Removes the next task to start from the queue, and returns the task. At least one task must be ready."""
        return heapq.heappop(self._ready)[1]

    def finish(self, key: Key, *, succeeded: bool) -> list[tuple[Task, str]]:
        """Marks the task with the key `key` as ended. Returns the tasks that can no longer run because this task has
        failed, each with the reason.
        """
        if not succeeded:
            self._failed.add(key)
        self._sorter.done(key)
        return self._promote()

    def drain(self) -> list[Task]:
        """Removes all tasks that were not started from the queue, and returns these tasks."""
        rest = [*(task for _, task in sorted(self._ready, key=itemgetter(0))), *self._waiting.values()]
        self._ready.clear()
        self._waiting.clear()
        return rest

    def _promote(self) -> list[tuple[Task, str]]:
        """Marks a task as ready to start when all tasks for which it waits have ended, and no task that it needs has
        failed. Returns the tasks that can never start because a task that they need has failed, each with the reason.
        """
        hopeless: list[tuple[Task, str]] = []
        while keys := self._sorter.get_ready():
            for key in sorted(keys, key=self._position.__getitem__):
                task = self._waiting.pop(key, None)
                if task is None:  # drained
                    self._sorter.done(key)
                elif failed := task.needs & self._failed:
                    first = min(failed, key=lambda key: (key.address, key.step.value, key.id))
                    hopeless.append((task, _say_need(first)))
                    self._failed.add(key)
                    self._sorter.done(key)
                else:
                    heapq.heappush(self._ready, (self._position[key], task))
        return hopeless
