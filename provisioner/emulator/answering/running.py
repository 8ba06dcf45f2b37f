"""The turns that continue without a request: background responses and runs. Their events can be followed by several
readers.
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
    """The events of one turn, in their order. Readers that come later get the earlier events too."""

    def __init__(self) -> None:
        self.events: list[E] = []
        self.ended = False
        self._changed = asyncio.Event()

    def add(self, *events: E) -> None:
        """Adds events, and wakes the readers."""
        self.events.extend(events)
        self._wake()

    def end(self) -> None:
        """Says that no more events follow."""
        self.ended = True
        self._wake()

    async def follow(self, start: int = 0) -> AsyncIterator[E]:
        """Yields the events from the index `start` until the turn has ended."""
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
    """The turns that are carried out as tasks of the event loop, by the id of the response, run or session. `feeds` has
    the connections that read the events of sessions.
    """

    def __init__(self) -> None:
        self.feeds: Feeds[Any] = Feeds()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._logs: OrderedDict[str, EventLog[Any]] = OrderedDict()

    def start(self, identifier: str, log: EventLog[Any], work: Coroutine[Any, Any, None]) -> None:
        """Starts `work` as a task, and keeps its `log`. The log ends when the task ends."""
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
        """Returns the events of a turn; None if they are no longer kept, for example after a restart."""
        return self._logs.get(identifier)

    async def cancel(self, identifier: str) -> bool:
        """Cancels the task of a turn, and waits until it has ended. Returns False if the turn is not running."""
        task = self._tasks.get(identifier)
        if task is None:
            return False
        task.cancel()
        await asyncio.wait({task})
        return True
