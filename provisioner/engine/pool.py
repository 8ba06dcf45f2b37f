"""Work in flight together, in an order: each task after those it needs, at most so many at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import Enum
from graphlib import TopologicalSorter
from threading import Event
from typing import NamedTuple, Protocol

from provisioner.core.address import Address
from provisioner.core.errors import OutOfCredit, StateError, Unauthorized
from provisioner.planning.plan import Change


class Step(Enum):
    """What a task does for its change.

    | step    | meaning                                                         |
    |---------|-----------------------------------------------------------------|
    | object  | the object is made or changed                                   |
    | members | a store's files are attached, described and detached            |
    | forget  | the record is taken away                                        |
    | delete  | the object is deleted                                           |
    | retire  | the object that this apply has replaced is deleted              |
    """

    OBJECT = "object"
    MEMBERS = "members"
    FORGET = "forget"
    DELETE = "delete"
    RETIRE = "retire"


class Key(NamedTuple):
    """Which task it is. `id` is the object's, where an address may have several that leave."""

    address: Address
    step: Step
    id: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One step of a change. It starts when `needs` have succeeded and `after` are over, however they ended."""

    key: Key
    change: Change
    run: Callable[[], None]
    needs: frozenset[Key] = frozenset()
    after: frozenset[Key] = frozenset()


class Observer(Protocol):
    """Told, on the calling thread, how each task ended."""

    def started(self, task: Task) -> None:
        """The task may run from now on."""
        ...

    def succeeded(self, task: Task) -> None:
        """The task is over and all went well."""
        ...

    def failed(self, task: Task, error: BaseException) -> None:
        """The task raised this."""
        ...

    def skipped(self, task: Task, because: str) -> None:
        """The task was never started."""
        ...


#: How often a stop is looked for while tasks run, in seconds.
LOOK = 0.2
#: Errors that every other task would meet, too.
FATAL = (OutOfCredit, StateError, Unauthorized)


class Pool:
    """Runs tasks. Once `stop` is set, or an error is met that all would meet, nothing new is started."""

    def __init__(self, parallelism: int, observer: Observer, stop: Event) -> None:
        self.parallelism = parallelism
        self.observer = observer
        self.stop = stop
        self._refused: str | None = None

    def run(self, tasks: Sequence[Task]) -> None:
        """Runs the tasks, in their own order where nothing else decides; returns when all are over or skipped."""
        queue = _Queue(tasks)
        running: dict[Future[None], Task] = {}
        with ThreadPoolExecutor(max_workers=self.parallelism, thread_name_prefix="apply") as executor:
            while queue.ready or running:
                if because := self._stopped():
                    for task in queue.drain():
                        self.observer.skipped(task, because)
                while queue.ready and len(running) < self.parallelism:
                    task = queue.ready.popleft()
                    self.observer.started(task)
                    running[executor.submit(task.run)] = task
                if running:
                    self._collect(running, queue)

    def _stopped(self) -> str | None:
        return "interrupted" if self.stop.is_set() else self._refused

    def _collect(self, running: dict[Future[None], Task], queue: _Queue) -> None:
        done, _ = wait(running, timeout=LOOK, return_when=FIRST_COMPLETED)
        for future in done:
            task = running.pop(future)
            error = future.exception()
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
    """Tasks that wait for others, and those that are ready. Raises CycleError for tasks that wait for each other."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._waiting = {task.key: task for task in tasks}
        self._position = {task.key: position for position, task in enumerate(tasks)}
        self._sorter = TopologicalSorter({task.key: (task.needs | task.after) & self._waiting.keys() for task in tasks})
        self._sorter.prepare()
        self._failed: set[Key] = set()
        self.ready: deque[Task] = deque()
        self._promote()

    def finish(self, key: Key, *, succeeded: bool) -> list[tuple[Task, str]]:
        """Marks a task as over; returns those that can never run now, each with the reason."""
        if not succeeded:
            self._failed.add(key)
        self._sorter.done(key)
        return self._promote()

    def drain(self) -> list[Task]:
        """Takes out every task that was not started."""
        rest = [*self.ready, *self._waiting.values()]
        self.ready.clear()
        self._waiting.clear()
        return rest

    def _promote(self) -> list[tuple[Task, str]]:
        """Moves what waits for nothing any more to `ready`; returns those that need what failed."""
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
                    self.ready.append(task)
        return hopeless
