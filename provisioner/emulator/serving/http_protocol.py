"""Reads and writes HTTP/1.1 with httptools, whose parser is compiled. The usual parser, h11, is written in Python. For
a small request, h11 takes as much time as all other work of the emulator together.
"""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: The most bytes of a request's headers after those that arrived with its beginning. The parser itself has no limit.
MOST_HEAD = 64 * 1024


class JoinedTransport(asyncio.Transport):
    """Collects the data that is written during one step of the event loop, and then writes it to another transport in
    one piece. So the headers and the body of a response are sent with one system call and in one packet.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._pending: list[bytes | bytearray | memoryview] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Stores `data`. At the end of the present step of the event loop, all stored data is written together."""
        if not self._pending:
            self._loop.call_soon(self._flush)
        self._pending.append(data)

    def _flush(self) -> None:
        pending, self._pending = self._pending, []
        if pending:
            self._transport.write(pending[0] if len(pending) == 1 else b"".join(pending))

    def close(self) -> None:
        """Writes the stored data, and closes the connection after all data was sent."""
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        """Closes the connection immediately. Data that was not sent is lost."""
        self._pending.clear()
        self._transport.abort()

    def is_closing(self) -> bool:
        """Returns whether the connection is closed or being closed."""
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Returns the information `name` about the connection, such as `sockname`. Returns `default` if there is no
        such information.
        """
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Stops reading from the connection."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Reads from the connection again."""
        self._transport.resume_reading()


class HttpProtocol(HttpToolsProtocol):
    """Implements the HTTP/1.1 protocol of uvicorn with three additions. The application can access the connection, so
    that a fault can close it. The headers and the body of a response are written together. A request is refused if its
    headers are too long: more than MOST_HEAD bytes after the data that arrived together with the beginning of the
    request.
    """

    #: Whether a request has begun whose headers are not complete, and the bytes that arrived after its beginning.
    _in_head = False
    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Adds the connection to the ASGI scope of each request. Its name in the scope is `provisioner.transport`.
        `transport` is the connection.
        """
        inner = self.app
        joined = JoinedTransport(transport, self.loop)

        async def with_transport(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
            scope["provisioner.transport"] = joined
            await inner(scope, receive, send)

        self.app = with_transport
        super().connection_made(joined)

    def data_received(self, data: bytes) -> None:
        """Parses `data`. Refuses a request whose headers are not complete after MOST_HEAD bytes."""
        continues = self._in_head
        super().data_received(data)
        if continues and self._in_head:
            self._head += len(data)
            if self._head > MOST_HEAD:
                self._in_head = False
                self.send_400_response("The headers of the request are too long.")

    def on_message_begin(self) -> None:
        """Handles the beginning of a request: from now on, the bytes of its headers are counted. The parser calls this
        method.
        """
        self._in_head, self._head = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Handles the end of a request's headers: further bytes are not counted. The parser calls this method."""
        self._in_head = False
        super().on_headers_complete()
