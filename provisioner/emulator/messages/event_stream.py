"""Defines HTTP responses that are streams of server-sent events. Source:
https://html.spec.whatwg.org/multipage/server-sent-events.html.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import traceback
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

from msgspec import Struct
from starlette.types import Receive, Send

from provisioner.core.text.safetext import log
from provisioner.emulator.storage.packing import encode_json

HEADERS = ((b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache"))


class ServerEvent(NamedTuple):
    """Contains a server-sent event. `data` is either an object, which is sent as JSON, or a text such as `[DONE]`."""

    name: str
    data: Mapping[str, Any] | str

    def encode(self) -> bytes:
        """Returns the event as bytes for the HTTP response."""
        data = self.data
        text = data.encode() if isinstance(data, str) else encode_json(data)
        return b"event: %b\ndata: %b\n\n" % (self.name.encode(), text)


class EventStream(Struct, frozen=True):
    """Contains the reply of an endpoint as a stream of events. Each event is sent as soon as it is made. If the client
    closes the connection, the iterator `events` is closed too.
    """

    events: AsyncIterator[ServerEvent]
    #: Whether the events can go on until the client does something, as those of a session do.
    endless: bool = False


class StreamedResponse(Struct, frozen=True):
    """Sends the events of `stream` as an HTTP response. `receive` is the ASGI function that reports when the client
    closes the connection. `pace` is the time between two events, in seconds.
    """

    stream: EventStream
    receive: Receive
    pace: float = 0.0
    status: int = 200

    async def send(self, send: Send, *, half: bool = False) -> None:
        """Sends the events with the function `send`. If `half` is True, simulates a lost connection: sends only the
        first half of the events, and does not end the response. Of an endless stream, `half` sends the events up to the
        first event with a piece of text.
        """
        started = [*HEADERS, (b"x-request-id", f"req_{secrets.token_hex(16)}".encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": started})
        if half and not self.stream.endless:
            events = [event.encode() async for event in self.stream.events]
            body = b"".join(events[: len(events) // 2])
            await send({"type": "http.response.body", "body": body, "more_body": True})
            return
        sending = asyncio.ensure_future(self._send_events(send, half=half))
        leaving = asyncio.ensure_future(self._await_end())
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)

    async def carry_out(self) -> None:
        """Makes all events of the stream, but does not send them. So the request has its effects, although the client
        gets no response. Does nothing if the stream is endless.
        """
        if self.stream.endless:
            return
        async for _ in self.stream.events:
            continue

    async def _send_events(self, send: Send, *, half: bool) -> None:
        try:
            async for event in self.stream.events:
                await send({"type": "http.response.body", "body": event.encode(), "more_body": True})
                if half and event.name.endswith(".delta"):
                    return
                # A stream without a pause would keep all other requests waiting.
                await asyncio.sleep(self.pace)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except Exception:
            sys.stderr.write(log(traceback.format_exc()))
            raise
        finally:
            close = getattr(self.stream.events, "aclose", None)
            if close is not None:
                await close()

    async def _await_end(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            continue
