"""Handles Ctrl-C and SIGTERM during an apply, the deletion of unmanaged objects, and tests. After the first signal, no
further change or test is started, and provision waits for the running ones. The second signal ends the process at once.
During a dialogue, SIGTERM and SIGHUP end the process after it has cleaned up.
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
    """Makes SIGTERM and SIGHUP raise SystemExit during the `with` block, so that `finally` blocks run. The exit code is
    128 plus the number of the signal, as in shells.
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
    """Handles SIGINT and SIGTERM during the `with` block. The first signal sets `stop` and writes the message `first`
    to stderr. A signal while `stop` is set writes the message `second` to stderr and ends the process with the exit
    code INTERRUPTED.
    """

    def note_signal(number: int, frame: FrameType | None) -> None:
        # This bypasses Python's buffers, which the interrupted code may be using.
        if stop.is_set():
            os.write(2, second)
            os._exit(ExitCode.INTERRUPTED)
        stop.set()
        os.write(2, first)

    before = {number: signal.signal(number, note_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
