"""Handles Ctrl-C and SIGTERM during an apply and during tests. After the first signal, no change and no test is
started, and what runs is finished. The second signal ends the process at once.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

from provisioner.core.exitcode import ExitCode

FIRST = b"\nstopping: nothing new is started; what runs is waited for and saved (again: leave at once)\n"
SECOND = b"\nleft at once; the journal holds what was under way, and the next apply continues from there\n"


@contextmanager
def terminating() -> Iterator[None]:
    """During the `with` block, SIGTERM and SIGHUP raise SystemExit, so that `finally` blocks run. The exit code is that
    of shells, 128 plus the number of the signal.
    """

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def stopping(stop: Event, first: bytes = FIRST, second: bytes = SECOND) -> Iterator[None]:
    """During the `with` block, the first signal (SIGINT or SIGTERM) sets `stop`, and the second signal ends the process
    with the exit code INTERRUPTED. `first` and `second` are what is written to stderr then.
    """

    def heed(number: int, frame: FrameType | None) -> None:
        # This bypasses Python's buffers, which the interrupted code may be using.
        if stop.is_set():
            os.write(2, second)
            os._exit(ExitCode.INTERRUPTED)
        stop.set()
        os.write(2, first)

    before = {number: signal.signal(number, heed) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
