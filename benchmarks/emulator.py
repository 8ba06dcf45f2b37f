"""How many small requests and uploads the emulator carries out on one core, and how long the lists of a large vector
store and large file batches take.

The requests are written to sockets directly, because a client's library needs more time than the server. The figures
are of the server's own processor time, which other processes on the machine change little.
"""

from __future__ import annotations

import json
import socket
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.commands import processor_seconds
from benchmarks.figures import Figure

CONNECTIONS, READS, UPLOADS = 16, 8_000, 3_200
READS_A_SECOND, UPLOADS_A_SECOND = 1_500, 1_200
#: The bytes of each uploaded file.
FILE_BYTES = 400
#: The number of files in the large vector store, and on a page of its list.
LARGE, PAGE = 100_000, 100
BATCH, BATCHES = 2_000, 4
LISTS, MOST_MS = 20, 50
STATUSES = ("completed", "failed", "in_progress")
BOUNDARY = "0123456789abcdef0123456789abcdef"


class Clients:
    """Sends requests over several connections to one server. Each connection stays open."""

    def __init__(self, base_url: str, count: int) -> None:
        host, port = base_url.removeprefix("http://").removesuffix("/v1").split(":")
        self._head = f"host: {host}:{port}\r\nauthorization: Bearer sk-benchmark\r\nopenai-beta: assistants=v2\r\n"
        self._connections = [socket.create_connection((host, int(port))) for _ in range(count)]
        self._streams = [connection.makefile("rb") for connection in self._connections]

    def close(self) -> None:
        """Closes all connections."""
        for stream in self._streams:
            stream.close()
        for connection in self._connections:
            connection.close()

    def ask(self, method: str, path: str, body: bytes = b"", media_type: str = "application/json") -> Any:
        """Sends one request, and returns the JSON of its response."""
        return json.loads(self.ask_all([self.encode(method, path, body, media_type)])[0])

    def ask_all(self, requests: Sequence[bytes]) -> list[bytes]:
        """Sends requests from `encode`, and returns the bodies of their responses. As many requests are under way
        together as there are connections.
        """
        bodies = []
        for first in range(0, len(requests), len(self._connections)):
            group = requests[first : first + len(self._connections)]
            for connection, request in zip(self._connections, group, strict=False):
                connection.sendall(request)
            bodies += [_read(stream) for stream, _ in zip(self._streams, group, strict=False)]
        return bodies

    def encode(self, method: str, path: str, body: bytes = b"", media_type: str = "application/json") -> bytes:
        """Returns the bytes of a request. `path` begins after `/v1`."""
        length = f"content-type: {media_type}\r\ncontent-length: {len(body)}\r\n" if method == "POST" else ""
        return f"{method} /v1{path} HTTP/1.1\r\n{self._head}{length}\r\n".encode() + body


def measure_emulator(folder: Path) -> Iterator[Figure]:
    """Small reads, uploads, and a vector store with 100,000 files."""
    from provisioner.emulator.options import Options
    from provisioner.emulator.process import start

    data = folder / "account.db"
    store, files = _write_large_store(data)
    with start(Options(data=data)) as process, closing(Clients(process.base_url, CONNECTIONS)) as clients:
        _warm_up(clients, store)
        yield from _measure_small(clients, process.pid)
        yield from _measure_large(clients, process.pid, store, files)


def _measure_small(clients: Clients, pid: int) -> Iterator[Figure]:
    uploads = [_upload(clients, f"{number}.md", f"{number} ".encode() * (FILE_BYTES // 5)) for number in range(UPLOADS)]
    seconds, bodies = _time(clients, pid, uploads)
    yield Figure("uploads a second of the emulator's core", UPLOADS / seconds, "a second", UPLOADS_A_SECOND, True)
    files = [json.loads(body)["id"] for body in bodies]
    store = clients.ask("POST", "/vector_stores", json.dumps({"file_ids": files[:10]}).encode())["id"]
    assistant = clients.ask("POST", "/assistants", b'{"model": "gpt-6-luna"}')["id"]
    for name, paths in (
        ("files", [f"/files/{each}" for each in files]),
        ("vector stores", [f"/vector_stores/{store}"]),
        ("files in a vector store", [f"/vector_stores/{store}/files/{each}" for each in files[:10]]),
        ("assistants", [f"/assistants/{assistant}"]),
    ):
        requests = [clients.encode("GET", paths[number % len(paths)]) for number in range(READS // 4)]
        seconds, _ = _time(clients, pid, requests)
        yield Figure(f"reads a second: {name}", len(requests) / seconds, "a second", READS_A_SECOND, True)


def _measure_large(clients: Clients, pid: int, store: str, files: list[str]) -> Iterator[Figure]:
    members = f"/vector_stores/{store}/files?limit={PAGE}"
    for name, path in (
        ("the vector stores", "/vector_stores?limit=100"),
        ("its first files", members),
        ("files in its middle", f"{members}&after={files[LARGE // 2]}"),
        ("its oldest files", f"{members}&order=asc"),
        ("its files before another", f"{members}&before={files[LARGE // 3]}"),
        *(
            (f"its files that are {each}", f"{members}&filter={each}")
            for each in ("completed", "failed", "in_progress")
        ),
    ):
        seconds, _ = _time(clients, pid, [clients.encode("GET", path)] * LISTS)
        yield Figure(f"a page of {name}, {LARGE:,} files in one store", seconds / LISTS * 1000, "ms", MOST_MS)
    pages, after, walls = 0, "", []
    before = processor_seconds(pid)
    while True:
        begun = time.perf_counter()
        page = clients.ask("GET", members + after)
        walls.append(time.perf_counter() - begun)
        pages, after = pages + 1, f"&after={page['last_id']}"
        if not page["has_more"]:
            break
    yield Figure("  all its pages, each", (processor_seconds(pid) - before) / pages * 1000, "ms", MOST_MS)
    yield Figure("  99 of 100 pages, wall time", statistics.quantiles(walls, n=100)[98] * 1000, "ms")
    empty = clients.ask("POST", "/vector_stores", b"{}")["id"]
    for name, identifier in (("a new store", empty), ("a store that has them", store)):
        bodies = [json.dumps({"file_ids": files[at * BATCH :][:BATCH]}).encode() for at in range(BATCHES)]
        path = f"/vector_stores/{identifier}/file_batches"
        begun = time.perf_counter()
        seconds, answers = _time(clients, pid, [clients.encode("POST", path, body) for body in bodies])
        wall = time.perf_counter() - begun
        assert all(json.loads(answer)["file_counts"]["completed"] == BATCH for answer in answers)
        yield Figure(f"a batch of {BATCH:,} files for {name}", seconds / BATCHES * 1000, "ms")
        yield Figure("  wall time", wall / BATCHES * 1000, "ms")


def _time(clients: Clients, pid: int, requests: Sequence[bytes]) -> tuple[float, list[bytes]]:
    """Returns the server's processor seconds for the requests, and the bodies of the responses."""
    before = processor_seconds(pid)
    bodies = clients.ask_all(requests)
    return processor_seconds(pid) - before, bodies


def _warm_up(clients: Clients, store: str) -> None:
    """Makes the server import what the measured requests need."""
    file = json.loads(clients.ask_all([_upload(clients, "first.md", b"first")])[0])["id"]
    clients.ask("POST", "/vector_stores", json.dumps({"file_ids": [file]}).encode())
    clients.ask("POST", f"/vector_stores/{store}/file_batches", json.dumps({"file_ids": [file]}).encode())
    clients.ask("POST", "/assistants", b'{"model": "gpt-6-luna"}')


def _upload(clients: Clients, name: str, data: bytes) -> bytes:
    """Returns the request that uploads a file, with the form that the SDK writes."""
    form = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nassistants\r\n--{BOUNDARY}\r\n'
        f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/markdown\r\n\r\n'
    )
    body = form.encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()
    return clients.encode("POST", "/files", body, f"multipart/form-data; boundary={BOUNDARY}")


def _read(stream: Any) -> bytes:
    """Returns the body of one response."""
    status = stream.readline()
    length = 0
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.lower().partition(b":")
        length = int(value) if name == b"content-length" else length
    body: bytes = stream.read(length)
    assert b" 200 " in status, (status, body)
    return body


def _write_large_store(path: Path) -> tuple[str, list[str]]:
    """Writes the data of an account with one large vector store. Returns the id of the store, and the ids of its files.

    Over HTTP, this would take minutes.
    """
    from provisioner.emulator.checks.limits import DEFAULT_CHUNKING
    from provisioner.emulator.storage.database import Database, pack
    from provisioner.emulator.storage.identifiers import new_id

    store, files, chunking = new_id("vs_"), [new_id("file-") for _ in range(LARGE)], pack(DEFAULT_CHUNKING)
    with closing(Database(path)) as database, database.writing():
        database.run(
            "INSERT INTO stores (id, name, metadata, created_at, last_active_at) VALUES (?, '', '{}', 1, 1)", store
        )
        database.run_many(
            "INSERT INTO files (id, filename, bytes, purpose, created_at) VALUES (?, ?, 5, 'assistants', 1)",
            [(each, f"{number}.md") for number, each in enumerate(files)],
        )
        database.run_many("INSERT INTO contents VALUES (?, CAST('words' AS BLOB))", [(each,) for each in files])
        database.run_many(
            "INSERT INTO members (store_id, file_id, created_at, ready_at, attributes, chunking, outcome, usage) "
            "VALUES (?, ?, 1, 1, '{}', ?, 'completed', 5)",
            [(store, each, chunking) for each in files],
        )
    return store, files
