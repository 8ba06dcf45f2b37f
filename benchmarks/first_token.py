"""How long the first piece of an answer takes from the server to the screen of a pseudo-terminal."""

from __future__ import annotations

import json
import os
import pty
import select
import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.commands import provision
from benchmarks.figures import Figure
from tests.api.liar import Asked, lying, reply

RUNS = 5
#: What is looked for on the screen. The server sends it after the client has had time to become idle.
TOKEN = "firsttoken"
PAUSE = 0.5
TARGET_MS = 100
SETTINGS = "project: benchmark\nstate: ../state\ndefaults: {model: m}\n"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


class Server:
    """Answers one response, and remembers when it sent the first piece of the text."""

    def __init__(self) -> None:
        self.sent = 0.0

    def __call__(self, asked: Asked) -> Iterator[bytes] | bytes:
        if asked.path == "/v1/responses":
            return self._stream()
        if asked.method == "DELETE":
            return reply(200, {"id": asked.path.rpartition("/")[2], "deleted": True})
        return reply(200, {"id": "conv_1", "object": "conversation"})

    def _stream(self) -> Iterator[bytes]:
        response = {"id": "resp_1", "object": "response", "status": "completed", "output": []}
        yield HEAD + _event("response.created", {"response": {**response, "status": "in_progress"}})
        time.sleep(PAUSE)
        self.sent = time.monotonic()
        yield _event("response.output_text.delta", {"item_id": "msg_1", "delta": TOKEN})
        time.sleep(PAUSE)
        yield _event("response.completed", {"response": response})


def _event(name: str, data: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def measure_first_token(folder: Path) -> Iterator[Figure]:
    """`provision ask` at a terminal, from a server on this machine."""
    manifests = folder / "manifests"
    manifests.mkdir()
    (manifests / "provision.yaml").write_text(SETTINGS, encoding="utf-8")
    (manifests / "a.yaml").write_text("assistants: {poet: {instructions: Rhyme.}}\n", encoding="utf-8")
    delays = [_measure(folder) * 1000 for _ in range(RUNS)]
    yield Figure("first piece of an answer, from the server to the screen", statistics.median(delays), "ms", TARGET_MS)
    yield Figure("  the slowest", max(delays), "ms")


def _measure(folder: Path) -> float:
    server = Server()
    with lying(server) as liar:
        master, slave = pty.openpty()
        environment = {**os.environ, "OPENAI_API_KEY": "sk-benchmark-0123456789", "TERM": "xterm-256color"}
        process = subprocess.Popen(
            [*provision(), "ask", "poet", "Hi", "--unapplied"],
            cwd=folder,
            env={**environment, "OPENAI_BASE_URL": f"{liar.url}/v1"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        try:
            return _appears(master) - server.sent
        finally:
            process.kill()
            process.wait()
            os.close(master)


def _appears(master: int) -> float:
    """The time at which TOKEN appears on the screen."""
    seen = b""
    while TOKEN.encode() not in seen:
        if not select.select([master], [], [], 60)[0]:
            raise TimeoutError(seen.decode("utf-8", "replace"))
        seen += os.read(master, 65536)
    return time.monotonic()
