"""A way to a server that only carries bytes: a long one, and one that stops in the midst of something."""

from __future__ import annotations

import socket
from contextlib import suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Event, Lock, Thread
from typing import Any

CHUNK = 1 << 16


class Line:
    """Listens until it is closed. Each way takes `delay` seconds; `upstream` is the server's port on this machine.

    Once `room` is set, only so many more bytes come through to the server. Then nothing passes any more, either way,
    until `mend` is called, which ends the connections.
    """

    def __init__(self, upstream: int, delay: float = 0.0) -> None:
        self.upstream = upstream
        self.delay = delay
        self.room: int | None = None
        self.stalled = Event()
        self.mended = Event()
        self._lock = Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.line = self
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def mend(self) -> None:
        """From now on everything passes."""
        self.room = None
        self.stalled.clear()
        self.mended.set()

    def close(self) -> None:
        self.mend()
        self._server.shutdown()
        self._server.server_close()

    def admit(self, data: bytes, *, up: bool) -> bytes:
        """The part of it that comes through, after its time: `up` to the server, or down from it."""
        self.mended.wait(self.delay)
        with self._lock:
            if self.stalled.is_set():
                return b""
            if self.room is None or not up:
                return data
            part = data[: self.room]
            self.room -= len(part)
            if len(part) < len(data):
                self.stalled.set()
            return part


class _Server(ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128
    line: Line

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients and servers that leave in the middle are what this is for."""


class _Handler(BaseRequestHandler):
    server: _Server
    request: socket.socket

    def handle(self) -> None:
        with socket.create_connection(("127.0.0.1", self.server.line.upstream)) as upstream:
            back = Thread(target=self._carry, args=(upstream, self.request), daemon=True)
            back.start()
            self._carry(self.request, upstream)
            back.join()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        """All bytes of one way. Where the line has stalled, both sides wait, and then are told that it ends."""
        line = self.server.line
        with suppress(OSError):
            while data := source.recv(CHUNK):
                part = line.admit(data, up=source is self.request)
                target.sendall(part)
                if len(part) < len(data):
                    line.mended.wait()
                    source.shutdown(socket.SHUT_RDWR)
                    break
            target.shutdown(socket.SHUT_WR)
