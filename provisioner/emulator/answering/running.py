"""Runs turns that continue after their request has ended: background responses and runs. Several readers can follow the
events of a turn.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Generic, TypeVar

from provisioner.emulator.answering.feeds import Feeds

E = TypeVar("E")
#: The most turns whose events are kept after their end.
MOST_LOGS = 200


class EventLog(Generic[E]):
    """Stores the events of one turn in the order in which they were added. Each reader can get all events, including
    those that were added before the reader started.
    """

    def __init__(self) -> None:
        self.events: list[E] = []
        self.ended = False
        self._changed = asyncio.Event()

    def add(self, *events: E) -> None:
        """Adds events to the log, and wakes the readers that wait for events."""
        self.events.extend(events)
        self._wake()

    def end(self) -> None:
        """Records that no more events follow, so that the readers stop waiting for events."""
        self.ended = True
        self._wake()

    async def follow(self, start: int = 0) -> AsyncIterator[E]:
        """Yields the events of the log from the index `start` on. Waits for further events until the turn has ended."""
        place = start
        while True:
            while place < len(self.events):
                yield self.events[place]
                place += 1
            if self.ended:
                return
            await self._changed.wait()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class RunningTurns:
    """Manages the turns that run as tasks of the event loop. A turn is identified by the id of its response, run or
    session. `feeds` distributes the events of sessions to open connections.
    """

    def __init__(self) -> None:
        self.feeds: Feeds[Any] = Feeds()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._logs: OrderedDict[str, EventLog[Any]] = OrderedDict()

    def start(self, identifier: str, log: EventLog[Any], work: Coroutine[Any, Any, None]) -> None:
        """Starts a turn as a task. `identifier` is the id of the turn's response, run or session. `work` carries out
        the turn, and adds its events to `log`. From now on, the method `log` returns this log. When the task ends, the
        log ends too.
        """
        self._logs[identifier] = log
        self._logs.move_to_end(identifier)
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[identifier] = task

        def end(_: asyncio.Task[None]) -> None:
            log.end()
            if self._tasks.get(identifier) is task:
                del self._tasks[identifier]
            while len(self._logs) > MOST_LOGS and next(iter(self._logs)) not in self._tasks:
                self._logs.popitem(last=False)

        task.add_done_callback(end)

    def log(self, identifier: str) -> EventLog[Any] | None:
        """Returns the log with the events of the turn with this id. Returns None if the log is not stored, for example
        after a restart.
        """
        return self._logs.get(identifier)

    async def cancel(self, identifier: str) -> bool:
        """Cancels the task of the turn with this id, and waits until the task has ended. Returns True, or False if the
        turn is not running.
        """
        task = self._tasks.get(identifier)
        if task is None:
            return False
        task.cancel()
        await asyncio.wait({task})
        return True
