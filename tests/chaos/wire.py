"""A server between the command line and PostgreSQL that speaks its protocol: each statement is a request."""

from __future__ import annotations

import re
import socket
import struct
from contextlib import suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

from tests.chaos.proxy import Broken, Junction

#: What a client may ask before it begins: to encrypt, by TLS or by GSS.
ENCRYPT = (80877103, 80877104)
#: What the server wants an answer to while it lets somebody in: a mechanism, and the rest of it.
ASKS = (10, 11)
#: What ends a client's statement, and what ends everything.
ENDS, LEAVES = (b"S", b"Q"), b"X"
#: The blob that a statement is about.
NAMES = re.compile(rb"[\w-]+/(?:state\.json|lock|journal[.\w]*|history/\w*)")

Frame = tuple[bytes, bytes]


class Wire(Junction):
    """Listens until it is closed. `upstream` is the server's port on this machine.

    An exchange has a statement's first word for its method, and the blob that it names for its path.
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
    wire: Wire

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that are killed leave in the middle; nothing is wrong with that."""


class _Handler(BaseRequestHandler):
    server: _Server
    request: socket.socket

    def handle(self) -> None:
        with socket.create_connection(("127.0.0.1", self.server.wire.upstream)) as upstream, suppress(EOFError):
            for line in (self.request, upstream):
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._begin(upstream)
            while statement := self._read_statement():
                self._exchange(upstream, statement)

    def _begin(self, upstream: socket.socket) -> None:
        """Lets the two agree on who is asking."""
        while True:
            length, code = struct.unpack("!ii", start := read_exactly(self.request, 8))
            rest = read_exactly(self.request, length - 8)
            if code not in ENCRYPT:
                break
            self.request.sendall(b"N")
        upstream.sendall(start + rest)
        while True:
            kind, frame = read_frame(upstream)
            self.request.sendall(frame)
            if kind == b"R" and struct.unpack_from("!i", frame, 5)[0] in ASKS:
                upstream.sendall(read_frame(self.request)[1])
            if kind == b"Z":
                return

    def _read_statement(self) -> list[Frame]:
        """The frames of a statement; none where the client leaves."""
        frames = [read_frame(self.request)]
        while frames[-1][0] not in ENDS:
            if frames[-1][0] == LEAVES:
                return []
            frames.append(read_frame(self.request))
        return frames

    def _exchange(self, upstream: socket.socket, statement: list[Frame]) -> None:
        wire, body = self.server.wire, b"".join(frame for _, frame in statement)
        named = NAMES.search(body)
        with wire.work():
            rule, exchange = wire.take(_verb(statement), named[0].decode() if named else "", {}, body)
            try:
                if not rule.before(exchange):
                    upstream.sendall(body)
                    exchange.status, exchange.content = 200, read_answer(upstream)
                    rule.after(exchange)
                self.request.sendall(exchange.content)
            except Broken as broken:
                self.request.sendall(exchange.content[: broken.sent or 0])
                self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                raise EOFError from broken


def read_exactly(line: socket.socket, size: int) -> bytes:
    """So many bytes. Raises EOFError where the other side ends first."""
    data = bytearray()
    while len(data) < size:
        more = line.recv(min(size - len(data), 1 << 16))
        if not more:
            raise EOFError
        data += more
    return bytes(data)


def read_frame(line: socket.socket) -> Frame:
    """A frame's kind, and all of its bytes."""
    head = read_exactly(line, 5)
    return head[:1], head + read_exactly(line, struct.unpack("!i", head[1:])[0] - 4)


def read_answer(line: socket.socket) -> bytes:
    """Everything up to where the server is ready again."""
    answer = b""
    while True:
        kind, frame = read_frame(line)
        answer += frame
        if kind == b"Z":
            return answer


def _verb(statement: list[Frame]) -> str:
    """The first word of the SQL, which comes behind a statement's own name where it has parameters."""
    kind, frame = statement[0]
    text = frame[5:].partition(b"\0")[2] if kind == b"P" else frame[5:]
    words = text.split(None, 1)
    return words[0].decode().lower() if words else ""
