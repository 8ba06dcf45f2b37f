"""A server over real HTTP that answers whatever a test makes up: also what no HTTP library would send."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from typing import Any


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. Names of headers are in lowercase; `port` is the one that the client sent it from."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    port: int = 0

    def json(self) -> Any:
        """The request's body."""
        return json.loads(self.body)


Answers = Callable[[Asked], Iterable[bytes] | bytes]


@dataclass
class Liar:
    """Answers with `answers`, and remembers what it was asked. `over` is set when the test ends."""

    answers: Answers
    asked: list[Asked] = field(default_factory=list)
    over: Event = field(default_factory=Event)
    port: int = 0

    @property
    def url(self) -> str:
        """The server without a path."""
        return f"http://127.0.0.1:{self.port}"

    def calls(self) -> list[str]:
        """What was asked, as `GET /v1/files`."""
        return [f"{each.method} {each.path}" for each in self.asked]


@contextmanager
def lying(answers: Answers) -> Iterator[Liar]:
    """A running server."""
    liar = Liar(answers)

    class Connection(StreamRequestHandler):
        def handle(self) -> None:
            with suppress(ConnectionError, BrokenPipeError):
                while (asked := _read(self.rfile, self.client_address[1])) is not None:
                    liar.asked.append(asked)
                    found = liar.answers(asked)
                    for piece in [found] if isinstance(found, bytes) else found:
                        if liar.over.is_set():
                            return
                        self.wfile.write(piece)
                        self.wfile.flush()
                    if not isinstance(found, bytes):
                        return

    class Server(ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Clients leave in the middle; nothing is wrong with that."""

    server = Server(("127.0.0.1", 0), Connection)
    server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    liar.port = server.server_address[1]
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield liar
    finally:
        liar.over.set()
        server.shutdown()
        server.server_close()


def http(status: int, body: bytes | str = b"", **headers: str) -> bytes:
    """A whole answer. `content_type` and others become headers."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Said"]
    named = {"content-type": "application/json", "content-length": str(len(content))}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines += [f"{name}: {value}" for name, value in named.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def reply(status: int, body: object, **headers: str) -> bytes:
    """A whole answer with JSON."""
    return http(status, json.dumps(body), **headers)


def listing(*items: object, more: object = False) -> bytes:
    """One page."""
    return reply(200, {"object": "list", "data": list(items), "has_more": more})


def drip(data: bytes, pause: float = 0.05) -> Iterator[bytes]:
    """The bytes, one at a time."""
    for place in range(len(data)):
        yield data[place : place + 1]
        time.sleep(pause)


def _read(stream: Any, port: int) -> Asked | None:
    line = stream.readline(65_536).decode("latin-1").split()
    if len(line) < 2:
        return None
    headers: dict[str, str] = {}
    while header := stream.readline(65_536).decode("latin-1").strip():
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    path, _, query = line[1].partition("?")
    return Asked(line[0], path, query, headers, stream.read(int(headers.get("content-length") or 0)), port)
