"""A server between git and its daemon: each connection is a request, `git-upload-pack` or `git-receive-pack`."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from typing import Any

from tests.chaos.proxy import Broken, Exchange, Junction, Rule

CHUNK = 1 << 16
#: What begins what is pushed. From there on, the daemon has nothing to say but what became of it.
PUSHED = b"PACK"


class GitWire(Junction):
    """Listens until it is closed. `upstream` is the daemon's port on this machine.

    Of a push, `after` is called when the daemon has said what became of it, of a fetch at its end.
    """

    def __init__(self, upstream: int) -> None:
        super().__init__()
        self.upstream = upstream
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.wire = self
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128
    wire: GitWire

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that are killed leave in the middle; nothing is wrong with that."""


class _Handler(BaseRequestHandler):
    server: _Server
    request: socket.socket

    def handle(self) -> None:
        wire = self.server.wire
        with wire.work(), suppress(OSError):
            # `0039git-upload-pack /states.git\0host=…`
            first = self.request.recv(CHUNK)
            rule, exchange = wire.take(first[4:].split(b" ")[0].decode(), "", {}, first)
            try:
                rule.before(exchange)
                self._carry(rule, exchange)
            except Broken:
                self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _carry(self, rule: Rule, exchange: Exchange) -> None:
        """Both ways; what is said after a push is held back until it is all there."""
        pushed = Event()
        with socket.create_connection(("127.0.0.1", self.server.wire.upstream)) as upstream:
            upstream.sendall(exchange.body)
            asking = Thread(target=self._ask, args=(upstream, pushed), daemon=True)
            asking.start()
            while data := upstream.recv(CHUNK):
                if pushed.is_set():
                    exchange.content += data
                else:
                    self.request.sendall(data)
            rule.after(exchange)
            self.request.sendall(exchange.content)

    def _ask(self, upstream: socket.socket, pushed: Event) -> None:
        tail = b""
        with suppress(OSError):
            while data := self.request.recv(CHUNK):
                if PUSHED in tail + data:
                    pushed.set()
                tail = data[-len(PUSHED) :]
                upstream.sendall(data)
            upstream.shutdown(socket.SHUT_WR)
