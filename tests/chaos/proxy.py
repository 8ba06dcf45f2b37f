"""A server between the command line and the emulator, which counts requests and spoils those that it is told to."""

from __future__ import annotations

import http.client
import json
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Lock, Thread
from typing import Any
from urllib.parse import urlsplit

#: Headers of one connection only, and those that each server says for itself. Azure signs a request's date.
HOP_BY_HOP = ("connection", "content-length", "transfer-encoding", "keep-alive")
OWN = (*HOP_BY_HOP, "date", "server")


@dataclass(slots=True)
class Exchange:
    """One request, the `number`-th since the rules were set, and its answer once there is one."""

    number: int
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    status: int = 0
    answer: dict[str, str] = field(default_factory=dict)
    content: bytes = b""

    def json(self) -> Any:
        """The answer's body."""
        return json.loads(self.content)

    def put(self, status: int, body: Any, **headers: str) -> None:
        """Makes this the answer. `retry_after_ms` and others become headers."""
        self.status, self.content = status, json.dumps(body).encode()
        self.answer = {"content-type": "application/json"}
        self.answer |= {name.replace("_", "-"): value for name, value in headers.items()}


class Broken(Exception):
    """The connection ends here, after `sent` bytes of the answer's body (None: nothing at all)."""

    def __init__(self, sent: int | None = None) -> None:
        super().__init__(sent)
        self.sent = sent


class Rule:
    """What happens to requests. This one lets all pass."""

    def before(self, exchange: Exchange) -> bool:
        """Called before the request is sent on; not sent on where it returns True, and its answer is `exchange`'s."""
        return False

    def after(self, exchange: Exchange) -> None:
        """Called when the server has answered, before the answer is sent on; may change it."""

    def end(self) -> None:
        """Called when another rule takes its place: nobody may be kept waiting any more."""


class Junction:
    """Counts requests, and says what is to happen to each. `rule` may be set at any time."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self._rule = Rule()
        self._lock = Lock()
        self._idle = Condition()
        self._busy = 0

    @property
    def rule(self) -> Rule:
        return self._rule

    @rule.setter
    def rule(self, rule: Rule) -> None:
        """A new rule counts from one again."""
        with self._lock:
            former, self._rule, self.exchanges = self._rule, rule, []
        former.end()

    def wait_until_idle(self) -> None:
        """Returns once no request is under way, however little is left of those who made it."""
        with self._idle:
            assert self._idle.wait_for(lambda: self._busy == 0, timeout=60)

    @contextmanager
    def work(self) -> Iterator[None]:
        with self._idle:
            self._busy += 1
        try:
            yield
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()

    def take(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[Rule, Exchange]:
        """Counts a request."""
        path, _, query = target.partition("?")
        with self._lock:
            exchange = Exchange(len(self.exchanges) + 1, method, path, query, headers, body)
            self.exchanges.append(exchange)
            return self._rule, exchange


class Proxy(Junction):
    """Speaks HTTP, and listens until it is closed. `upstream` is the server's base URL."""

    def __init__(self, upstream: str = "") -> None:
        super().__init__()
        self.upstream = upstream
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    proxy: Proxy

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that are killed leave in the middle; nothing is wrong with that."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server
    connection: socket.socket
    _upstream: http.client.HTTPConnection | None = None

    def do_GET(self) -> None:
        proxy = self.server.proxy
        with proxy.work():
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length)
            if len(body) < length:
                # Killed in the middle of a request, which no server would carry out.
                self.close_connection = True
                return
            rule, exchange = proxy.take(self.command, self.path, dict(self.headers.items()), body)
            try:
                if not rule.before(exchange):
                    self._forward(exchange)
                    rule.after(exchange)
                self._answer(exchange)
            except Broken as broken:
                self._break(exchange, broken.sent)
            except ConnectionError:
                self.close_connection = True

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

    def _forward(self, exchange: Exchange) -> None:
        parts = urlsplit(self.server.proxy.upstream)
        headers = {name: value for name, value in exchange.headers.items() if name.lower() not in HOP_BY_HOP}
        if parts.path:  # The emulator answers only under its own port; a bucket's server signs the host that is sent.
            headers = {name: value for name, value in headers.items() if name.lower() != "host"}
        if self._upstream is None:
            self._upstream = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)
        target = exchange.path + (f"?{exchange.query}" if exchange.query else "")
        self._upstream.request(exchange.method, target, exchange.body or None, headers)
        answer = self._upstream.getresponse()
        exchange.status, exchange.content = answer.status, answer.read()
        exchange.answer = {name: value for name, value in answer.getheaders() if name.lower() not in OWN}

    def _answer(self, exchange: Exchange) -> None:
        self.send_response(exchange.status)
        for name, value in exchange.answer.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(exchange.content)))
        self.end_headers()
        self.wfile.write(exchange.content)
        self.wfile.flush()

    def _break(self, exchange: Exchange, sent: int | None) -> None:
        """Sends the part that is to be sent, then ends the connection: with a reset where nothing was sent."""
        self.close_connection = True
        if sent is None:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        part = exchange.content[:sent]
        exchange.answer["content-length"] = str(len(exchange.content))
        self.send_response(exchange.status)
        for name, value in exchange.answer.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(part)
        self.wfile.flush()

    def finish(self) -> None:
        if self._upstream is not None:
            self._upstream.close()
        super().finish()

    def log_message(self, format: str, *args: Any) -> None:
        """Tests look at `exchanges` instead."""
