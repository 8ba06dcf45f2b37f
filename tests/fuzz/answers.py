"""Answers of a server: real HTTP on loopback, so that the SDK, its client and our collections all read them."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from provisioner.core.endpoint import Endpoint
from provisioner.openai_api.collections import open_collections
from provisioner.openai_api.collections.collection import Draft, Mark
from provisioner.openai_api.http.session import Session
from tests.fuzz.subjects import Subject

MARK = Mark("helpers/default/vector_store.docs", "lineage", "op_1")
#: Seconds that a call may take.
TIMEOUT = 3.0
STATUSES = (200, 200, 200, 200, 200, 201, 204, 301, 307, 400, 404, 409, 413, 422)
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
ERROR = {"error": {"message": "Invalid value.", "type": "invalid_request_error", "param": "name", "code": "invalid"}}


def page(item: dict[str, Any]) -> dict[str, Any]:
    """A list of one object."""
    return {"object": "list", "data": [item], "first_id": item["id"], "last_id": item["id"], "has_more": False}


BODIES = (STORE, FILE, MEMBER, AGENT, ASSISTANT, ERROR, page(STORE), page(FILE), page(MEMBER), page(AGENT))
SAMPLES = tuple(json.dumps(body).encode() for body in BODIES)


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

    def _calls(self, upload: Draft) -> Sequence[Callable[[], object]]:
        stores = self.collections["vector_store"]
        members = stores.members
        assert members is not None
        calls: list[Callable[[], object]] = [
            lambda: members.list("vs_1"),
            lambda: members.pending("vs_1"),
            lambda: members.attach("vs_1", [{"file_id": "file-1", "attributes": {"a": 1}}]),
            lambda: members.describe("vs_1", "file-1", {"a": 1}),
            lambda: members.detach("vs_1", "file-1"),
        ]
        for type_, body in (("vector_store", {"name": "d"}), ("agent", {"model": "m"}), ("assistant", {"model": "m"})):
            each = self.collections[type_]
            draft = Draft(body, MARK)
            calls += [
                lambda each=each: list(each.pages()),  # type: ignore[misc]
                lambda each=each: each.retrieve("x_1"),  # type: ignore[misc]
                lambda each=each, draft=draft: each.create(draft),  # type: ignore[misc]
                lambda each=each, body=body: each.update("x_1", body),  # type: ignore[misc]
                lambda each=each: each.delete("x_1"),  # type: ignore[misc]
            ]
        files = self.collections["file"]
        return [*calls, lambda: list(files.pages()), lambda: files.retrieve("file-1"), lambda: files.create(upload)]

    def next(self) -> bytes:
        """A whole answer: status line, headers, body; now and then the head is changed too."""
        random = self.mutator.random
        body = (
            super().next() if random.random() < 0.95 else random.choice((b"", b"null", b"[]", b"<html>", b"NaN", b"{}"))
        )
        head = b"HTTP/1.1 %d X\r\n" % random.choice(STATUSES)
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
        """Makes one of the calls, chosen by the input."""
        self.server.answer = data
        self.calls[sum(data[:400]) % len(self.calls)]()

    def close(self) -> None:
        """Stops the server."""
        self.session.close()
        self.server.shutdown()
        self.server.server_close()
