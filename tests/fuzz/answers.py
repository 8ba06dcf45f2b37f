"""Answers of a server: the SDK, its HTTP client and our collections all read them.

Some come over HTTP on loopback. Most are handed to the client where it would open a connection, which is below the
parser of HTTP, the deadlines and everything else that reads an answer, and costs half as much.
"""

from __future__ import annotations

import json
import re
import socketserver
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpcore2

from provisioner.core.endpoint import Endpoint
from provisioner.openai_api.collections import open_collections
from provisioner.openai_api.collections.collection import Collection, Draft, Mark
from provisioner.openai_api.http.session import Session
from tests.fuzz.subjects import Subject

MARK = Mark("helpers/default/vector_store.docs", "lineage", "op_1")
#: Seconds that a call may take.
TIMEOUT = 3.0
STATUSES = (*(200,) * 12, 201, 204, 301, 307, 400, 404, 409, 413, 422)
#: How many of the answers are sent by a server on loopback; the others are given to the client's network backend.
OVER_LOOPBACK = 0.1
#: The call that an answer was made for, in its status line.
CALL = re.compile(rb"HTTP/1\.1 [0-9]+ X([0-9]+)\r")
TYPES = (b"application/json", b"application/json", b"application/json", b"text/html", b"")

STORE = {
    "id": "vs_1", "object": "vector_store", "created_at": 1, "name": "docs", "status": "completed", "usage_bytes": 3,
    "file_counts": {"in_progress": 0, "completed": 1, "failed": 0, "cancelled": 0, "total": 1}, "metadata": {"a": "b"},
}  # fmt: skip
FILE = {
    "id": "file-1", "object": "file", "bytes": 3, "created_at": 1, "filename": "a.md", "purpose": "assistants",
    "status": "processed",
}  # fmt: skip
MEMBER = {
    "id": "file-1", "object": "vector_store.file", "created_at": 1, "vector_store_id": "vs_1", "status": "completed",
    "usage_bytes": 3, "last_error": None, "attributes": {"path": "a.md"},
    "chunking_strategy": {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}},
}  # fmt: skip
AGENT = {
    "id": "agent_1", "object": "agent", "created_at": 1, "updated_at": 1, "name": "a", "model": "gpt-6-luna",
    "instructions": "Be kind.", "metadata": {}, "tools": [{"type": "web_search"}],
}  # fmt: skip
ASSISTANT = {
    **AGENT,
    "id": "asst_1",
    "object": "assistant",
    "tool_resources": {"file_search": {"vector_store_ids": []}},
}
BATCH = {
    "id": "vsfb_1", "object": "vector_store.files_batch", "created_at": 1, "vector_store_id": "vs_1",
    "status": "completed", "file_counts": {"in_progress": 0, "completed": 1, "failed": 0, "cancelled": 0, "total": 1},
}  # fmt: skip
ERROR = {"error": {"message": "Invalid value.", "type": "invalid_request_error", "param": "name", "code": "invalid"}}


def page(item: dict[str, Any]) -> dict[str, Any]:
    """A list of one object."""
    return {"object": "list", "data": [item], "first_id": item["id"], "last_id": item["id"], "has_more": False}


def deleted(item: dict[str, Any]) -> dict[str, Any]:
    """What a server says of an object that it deleted."""
    return {"id": item["id"], "object": f"{item['object']}.deleted", "deleted": True}


SAMPLES = tuple(
    json.dumps(body).encode()
    for item in (STORE, FILE, MEMBER, AGENT, ASSISTANT)
    for body in (item, page(item), deleted(item))
) + tuple(json.dumps(body).encode() for body in (BATCH, ERROR))


@dataclass(frozen=True)
class Call:
    """A call to one of the collections, and an answer that fits it."""

    make: Callable[[], object]
    fitting: bytes


class _Handler(socketserver.StreamRequestHandler):
    """Answers each request of a connection with what the server holds now."""

    def handle(self) -> None:
        while line := self.rfile.readline():
            length = 0
            while (header := self.rfile.readline()) not in (b"\r\n", b"\n", b""):
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            self.rfile.read(length)
            self.wfile.write(self.server.answer)  # type: ignore[attr-defined]
            if not line or b"connection: close" in self.server.answer:  # type: ignore[attr-defined]
                return


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    answer = b""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is none of the server's business."""


class _Given(httpcore2.NetworkStream):
    """A connection of which the answer is known: the client reads it in two pieces, and then the end."""

    def __init__(self, answer: bytes) -> None:
        half = len(answer) // 2
        self.pieces = [answer[half:], answer[:half]]

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """The next piece."""
        piece = self.pieces.pop() if self.pieces else b""
        if len(piece) > max_bytes:
            self.pieces.append(piece[max_bytes:])
        return piece[:max_bytes]

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Takes the request, whatever it is."""

    def close(self) -> None:
        """Closes nothing."""

    def get_extra_info(self, info: str) -> Any:
        """As a socket that was closed at its other end: no second request is sent over it."""
        return info == "is_readable" or None


class _Backend(httpcore2.NetworkBackend):
    """Opens connections to the server, or such that give `answer` without one."""

    def __init__(self, backend: httpcore2.NetworkBackend) -> None:
        self.backend = backend
        self.answer: bytes | None = None

    def connect_tcp(self, *words: Any, **options: Any) -> httpcore2.NetworkStream:
        """A connection."""
        return self.backend.connect_tcp(*words, **options) if self.answer is None else _Given(self.answer)


class Answers(Subject):
    """What a call to one of the collections makes of an answer."""

    name = "API answers"

    def __init__(self, folder: Path, samples: Sequence[bytes], seed: int) -> None:
        super().__init__(folder, samples or SAMPLES, seed)
        self.server = _Server(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        self.session = Session(Endpoint(url, "sk-test", "a test"), timeout=TIMEOUT, rest=lambda seconds: True)
        self.collections = open_collections(self.session)
        path = folder / "a.md"
        path.write_bytes(b"abc")
        digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        upload = Draft({"filename": "a.md", "bytes": 3, "sha256": digest, "purpose": "assistants"}, MARK, path)
        self.calls = list(self._calls(upload))
        client: Any = self.session._open()
        deadlines = client._http._transport._transport._pool._network_backend
        self.backend = deadlines._backend = _Backend(deadlines._backend)

    def _calls(self, upload: Draft) -> Iterator[Call]:
        members, files = self.collections["vector_store"].members, self.collections["file"]
        assert members is not None
        described = {"file_id": "file-1", "attributes": {"a": 1}}
        yield _call(lambda: members.list("vs_1"), page(MEMBER))
        yield _call(lambda: members.pending("vs_1"), page(MEMBER))
        yield _call(lambda: members.attach("vs_1", [described]), BATCH)
        yield _call(lambda: members.describe("vs_1", "file-1", {"a": 1}), MEMBER)
        yield _call(lambda: members.detach("vs_1", "file-1"), deleted(MEMBER))
        for type_, body, item in (
            ("vector_store", {"name": "d"}, STORE),
            ("agent", {"model": "m"}, AGENT),
            ("assistant", {"model": "m"}, ASSISTANT),
        ):
            each, id = self.collections[type_], str(item["id"])
            yield _call(partial(_list, each), page(item))
            yield _call(partial(each.retrieve, id), item)
            yield _call(partial(each.create, Draft(body, MARK)), item)
            yield _call(partial(each.update, id, body), item)
            yield _call(partial(each.delete, id), deleted(item))
        yield _call(partial(_list, files), page(FILE))
        yield _call(lambda: files.retrieve("file-1"), FILE)
        yield _call(lambda: files.create(upload), FILE)

    def next(self) -> bytes:
        """A whole answer: status line, headers, body; now and then the head is changed too."""
        random = self.mutator.random
        number = random.randrange(len(self.calls))
        body = super().next() if random.random() < 0.3 else self.mutator.change(self.calls[number].fitting)
        if random.random() < 0.05:
            body = random.choice((b"", b"null", b"[]", b"<html>", b"NaN", b"{}"))
        head = b"HTTP/1.1 %d X%d\r\n" % (random.choice(STATUSES), number)
        kind = random.choice(TYPES)
        head += b"content-type: %b\r\n" % kind if kind else b""
        if b" 30" in head:
            head += b"location: %b\r\n" % random.choice(
                (b"https://example.com/", b"/v1/files", b"//", b"http://[", b"")
            )
        length = len(body) if random.random() < 0.98 else len(body) + random.choice((-1, 1))
        answer = head + b"content-length: %d\r\nconnection: close\r\n\r\n" % max(0, length) + body
        if random.random() < 0.05:
            at = random.randint(0, min(len(answer), 200))
            answer = answer[:at] + bytes([random.randrange(256)]) + answer[at + 1 :]
        return answer

    def read(self, data: bytes) -> None:
        """Makes the call that the input names."""
        self.server.answer = data
        self.backend.answer = None if zlib.crc32(data) % 100 < OVER_LOOPBACK * 100 else data
        named = CALL.match(data)
        number = int(named[1][:9]) if named else sum(data[:400])
        self.calls[number % len(self.calls)].make()

    def close(self) -> None:
        """Stops the server."""
        self.session.close()
        self.server.shutdown()
        self.server.server_close()


def _call(make: Callable[[], object], fitting: dict[str, Any]) -> Call:
    return Call(make, json.dumps(fitting).encode())


def _list(collection: Collection) -> object:
    return list(collection.pages())
