"""A server that is far away: TCP on loopback, with time between the ends, and a count of the calls that were made."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Iterator
from threading import Event, Thread

#: What a call begins with: a method of HTTP, or PostgreSQL's `Parse` and `Query`.
OPENINGS = b"DGHPQ"
CHUNK = 256 * 1024
#: The least time between two chunks, in seconds.
TICK = 1e-6


class Line:
    """Forwards connections to `port`; each direction takes half of `round_trip` seconds.

    Chunks keep their order and travel at the same time. A connection is made at once: moto's server ends each with
    its answer, as S3 does not, so that what it takes to make one would count with every call.
    `calls` counts the requests since it was last set to 0.
    """

    def __init__(self, port: int, round_trip: float) -> None:
        self.port = 0
        self.calls = 0
        self.round_trip = round_trip
        self._upstream = port
        self._loop = asyncio.new_event_loop()
        # The loop itself would let go of them.
        self._connections: set[asyncio.Task[None] | None] = set()
        self._listening = Event()
        self._thread = Thread(target=self._serve, name="line", daemon=True)

    def _serve(self) -> None:
        server = self._loop.run_until_complete(asyncio.start_server(self._connect, "127.0.0.1", 0, limit=CHUNK))
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        self._loop.run_forever()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            away, back = await asyncio.open_connection("127.0.0.1", self._upstream, limit=CHUNK)
        except OSError:
            writer.close()
            return
        self._connections.add(asyncio.current_task())
        heard = [True]
        await asyncio.gather(
            self._carry(reader, back, heard, asking=True),
            self._carry(away, writer, heard, asking=False),
        )
        self._connections.discard(asyncio.current_task())

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: list[bool], *, asking: bool
    ) -> None:
        """One direction. `heard` says whether the far side had the last word: then a request begins."""
        due = 0.0
        while True:
            chunk = await _read(reader)
            self.calls += asking and heard[0] and chunk[:1] in OPENINGS and chunk != b""
            heard[0] = not asking
            # Timers run in the order of their times, and no two are the same: chunks do not overtake each other.
            due = max(self._loop.time() + self.round_trip / 2, due + TICK)
            self._loop.call_at(due, _write, writer, chunk)
            if not chunk:
                return

    def start(self) -> None:
        """Listens from now on, on `port`."""
        self._thread.start()
        self._listening.wait()

    def close(self) -> None:
        """Ends it, with all connections."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(_end(asyncio.all_tasks(self._loop)))
        self._loop.close()


@contextlib.contextmanager
def distance(port: int, round_trip: float) -> Iterator[Line]:
    """A line to the server on `port` until the block ends."""
    line = Line(port, round_trip)
    line.start()
    try:
        yield line
    finally:
        line.close()


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _read(reader: asyncio.StreamReader) -> bytes:
    """What has arrived; nothing where the connection has ended, however."""
    try:
        return await reader.read(CHUNK)
    except ConnectionError:
        return b""


def _write(writer: asyncio.StreamWriter, chunk: bytes) -> None:
    if not chunk:
        writer.close()
    elif not writer.is_closing():
        writer.write(chunk)
