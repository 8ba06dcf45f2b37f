"""How many responses the emulator makes, and how many streams it holds, on one core.

The emulator has one thread for requests, so it uses at most one core. The figures are of its own processor time, which
other processes on the machine do not change.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.commands import processor_seconds
from benchmarks.figures import Figure

RESPONSES, CONNECTIONS, STREAMS = 2_000, 8, 200
RATE = 300
#: The milliseconds between two events of the streams that are held.
PACE_MS = 1_000


def measure_responses(folder: Path) -> Iterator[Figure]:
    """Responses without a stream, and open streams."""
    from provisioner.emulator.options import Options
    from provisioner.emulator.process import start

    with start(Options(data=folder / "account.db", pace_ms=PACE_MS)) as process:
        address = urlsplit(process.base_url)
        place = (str(address.hostname), int(address.port or 0))
        asyncio.run(_respond(place, 20))
        before, begun = processor_seconds(process.pid), time.perf_counter()
        asyncio.run(_respond(place, RESPONSES // CONNECTIONS))
        busy, wall = processor_seconds(process.pid) - before, time.perf_counter() - begun
        yield Figure(
            "responses of the emulator a second of its core", RESPONSES / busy, "a second", RATE, at_least=True
        )
        yield Figure("  a second of wall time", RESPONSES / wall, "a second")
        before = processor_seconds(process.pid)
        opened, events, held = asyncio.run(_hold(place))
        yield Figure("streams that are open at once", opened, "streams", STREAMS, at_least=True)
        yield Figure(f"  their events, one each {PACE_MS} ms, in {held:.0f} s", events, "events")
        yield Figure("  share of a core", (processor_seconds(process.pid) - before) / held, "cores", 1)


def _request(*, stream: bool) -> bytes:
    body = json.dumps({"model": "gpt-6-luna", "input": "안녕하세요, 오늘은 무엇을 할까요?", "stream": stream}).encode()
    head = (
        "POST /v1/responses HTTP/1.1\r\nhost: localhost:{port}\r\nauthorization: Bearer sk-benchmark\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _respond(place: tuple[str, int], each: int) -> None:
    """Asks for `each` responses on every connection, one after the other."""

    async def ask() -> None:
        reader, writer = await asyncio.open_connection(*place)
        request = _request(stream=False).replace(b"{port}", str(place[1]).encode())
        for _ in range(each):
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            assert " 200 " in head.splitlines()[0], head
            await reader.readexactly(int(head.partition("content-length: ")[2].split("\r\n")[0]))
        writer.close()

    await asyncio.gather(*(ask() for _ in range(CONNECTIONS)))


async def _hold(place: tuple[str, int]) -> tuple[int, int, float]:
    """Opens the streams, and reads all of them to their ends. Returns how many were open at once, the number of their
    events, and the seconds.
    """
    begun = time.perf_counter()
    opened = [await asyncio.open_connection(*place) for _ in range(STREAMS)]
    request = _request(stream=True).replace(b"{port}", str(place[1]).encode())
    for _, writer in opened:
        writer.write(request)
    firsts = await asyncio.gather(*(reader.readuntil(b"event: response.created") for reader, _ in opened))
    rests = await asyncio.gather(*(reader.readuntil(b"\r\n0\r\n\r\n") for reader, _ in opened))
    for _, writer in opened:
        writer.close()
    assert all(b"response.completed" in rest for rest in rests)
    return len(firsts), sum(rest.count(b"event: ") + 1 for rest in rests), time.perf_counter() - begun
