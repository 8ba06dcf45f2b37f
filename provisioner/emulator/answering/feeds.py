"""Distributes the events of agent sessions to open connections. Events are not stored: a connection gets only the
events that happen while the connection is open.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

E = TypeVar("E")
#: The most events that wait for one slow connection. A connection with more of them is closed.
MOST_WAITING = 10_000


class Subscription(Generic[E]):
    """Receives the new events of one session for one connection. The method `events` yields these events until the
    session is deleted, or until too many events are waiting.
    """

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[E | None] = asyncio.Queue()
        self.is_closed = False

    def put(self, event: E | None) -> None:
        """Adds an event to this subscription. If `event` is None, no more events follow, and the subscription ends. The
        subscription also ends if too many events are waiting.
        """
        if self.is_closed:
            return
        self.is_closed = event is None or self._waiting.qsize() >= MOST_WAITING
        self._waiting.put_nowait(None if self.is_closed else event)

    async def events(self) -> AsyncIterator[E]:
        """Yields the events of this subscription in the order in which they occur."""
        try:
            while (event := await self._waiting.get()) is not None:
                yield event
        finally:
            self.is_closed = True


class Feeds(Generic[E]):
    """Manages the open subscriptions of all sessions. A session is identified by its id."""

    def __init__(self) -> None:
        self._readers: dict[str, list[Subscription[E]]] = {}

    def subscribe(self, session_id: str) -> Subscription[E]:
        """Returns a new subscription to the events of the session. The subscription gets all events that are published
        after this call.
        """
        subscription: Subscription[E] = Subscription()
        self._readers[session_id] = [*self._open(session_id), subscription]
        return subscription

    def publish(self, session_id: str, event: E) -> None:
        """Adds an event to all open subscriptions of the session."""
        for reader in self._open(session_id):
            reader.put(event)

    def close(self, session_id: str) -> None:
        """Ends all open subscriptions of the session."""
        for reader in self._readers.pop(session_id, []):
            reader.put(None)

    def _open(self, session_id: str) -> list[Subscription[E]]:
        readers = [reader for reader in self._readers.get(session_id, []) if not reader.is_closed]
        if readers:
            self._readers[session_id] = readers
        else:
            self._readers.pop(session_id, None)
        return readers
