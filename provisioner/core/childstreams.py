"""Exchanges data with a child process, and kills the processes that the child has started. This module starts no
process.

A child can write without end, and it can start processes that continue after the child has ended. Therefore only a
limited number of bytes is kept, reading ends when the child has ended, and every process that the child started can be
killed.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

#: The bytes that are read or written at once.
PIECE = 64 * 1024
#: The seconds between two looks whether the child has ended, while one of its streams is still open. Another process
#: that has inherited the stream can keep it open.
LOOK = 0.05
PROCESSES = Path("/proc")


def exchange(
    stdin: IO[bytes] | None,
    streams: tuple[IO[bytes] | None, ...],
    data: bytes,
    *,
    timeout: float,
    most: int | None,
    has_ended: Callable[[], bool],
) -> list[bytes]:
    """Writes `data` to the child's standard input `stdin` (None: writes nothing), and returns what the child writes to
    each of `streams`. `has_ended` returns whether the child has ended.

    At most `most` bytes of each stream are kept (None: all); later bytes are read and left out. Returns when all
    streams have ended, or when the child has ended and nothing is left to read. Raises TimeoutError if neither happens
    within `timeout` seconds.
    """
    end = time.monotonic() + timeout
    kept: dict[Any, bytearray] = {stream: bytearray() for stream in streams if stream is not None}
    left = memoryview(data)
    with selectors.DefaultSelector() as selector:
        for stream in kept:
            selector.register(stream, selectors.EVENT_READ)
        if stdin is not None:
            os.set_blocking(stdin.fileno(), False)
            selector.register(stdin, selectors.EVENT_WRITE)
        while selector.get_map():
            if (wait := end - time.monotonic()) <= 0:
                raise TimeoutError
            ready = selector.select(min(wait, LOOK))
            for key, _ in ready:
                if key.fileobj is stdin:
                    left = _write(stdin, left)
                    is_open = bool(left)
                else:
                    is_open = _read(key.fd, kept[key.fileobj], most)
                if not is_open:
                    selector.unregister(key.fileobj)
                    key.fileobj.close()  # type: ignore[union-attr]
            if not ready and has_ended():
                break
    return [bytes(kept[stream]) if stream is not None else b"" for stream in streams]


def find_descendants(pid: int) -> list[int]:
    """Returns the ids of all processes that the process `pid` started, directly or indirectly. Processes that have
    changed to another session are included. A process is not found if the process that started it has ended. The list
    is empty on systems without the folder `/proc`.
    """
    return list(_descendants(pid))


def kill_all(pids: Iterable[int]) -> None:
    """Kills the processes with the ids `pids`. An id without a process is ignored."""
    for each in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(each, signal.SIGKILL)


def _write(stdin: IO[bytes], left: memoryview) -> memoryview:
    try:
        return left[os.write(stdin.fileno(), left[:PIECE]) :]
    except BlockingIOError:
        return left
    except BrokenPipeError:
        return left[:0]  # The child reads no more; its exit code says why.


def _read(handle: int, kept: bytearray, most: int | None) -> bool:
    """Reads a piece from the open stream `handle`, and appends it to `kept` up to `most` bytes in total. Returns False
    if the stream has ended.
    """
    piece = os.read(handle, PIECE)
    kept += piece if most is None else piece[: max(0, most - len(kept))]
    return bool(piece)


def _descendants(pid: int) -> Iterator[int]:
    """Yields the ids of the processes that the process `pid` started, directly or indirectly, and that have not
    ended.
    """
    children: dict[int, list[int]] = {}
    for each in _list_processes():
        with contextlib.suppress(OSError, ValueError, IndexError):
            # The name of the program, in parentheses, may contain spaces and parentheses.
            state, parent = (PROCESSES / str(each) / "stat").read_bytes().rpartition(b")")[2].split()[:2]
            if state not in (b"Z", b"X"):
                children.setdefault(int(parent), []).append(each)
    below = list(children.get(pid, ()))
    while below:
        each = below.pop()
        yield each
        below += children.get(each, ())


def _list_processes() -> list[int]:
    try:
        return [int(name) for name in os.listdir(PROCESSES) if name.isdigit()]
    except OSError:
        return []
