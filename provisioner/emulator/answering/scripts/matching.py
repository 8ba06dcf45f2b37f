"""Limits the CPU time of a script's regular expressions. Without a limit, some expressions take hours for a
short text.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

T = TypeVar("T")
#: The most seconds of CPU time in which the rule for a turn is found.
MOST_SECONDS = 2.0
#: The most seconds of CPU time in which all rules of a script are read.
MOST_READING = 30.0
#: The seconds of CPU time after which a timer that has run out raises its exception again, until it is stopped. Python
#: drops an exception that is raised while it looks for unused objects or deletes one.
AGAIN = 0.05


class SlowPattern(Exception):
    """Raised if the regular expressions of a script take too long."""


def limited(function: Callable[[], T], seconds: float) -> T:
    """Calls `function` and returns its result. Raises SlowPattern if the call takes more than `seconds` seconds of CPU
    time.

    Python's `re` checks for signals during a search, so a timer can end the search. The exception is raised again after
    every AGAIN seconds, also in code of `function` that handles it. Only the main thread gets signals, and the emulator
    answers in this thread. In any other thread, there is no limit.
    """
    if threading.current_thread() is not threading.main_thread():
        return function()
    before = signal.signal(signal.SIGVTALRM, _stop)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, AGAIN)
        try:
            return function()
        finally:
            # If the timer runs out at this moment, the outer block stops it.
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _stop(number: int, frame: FrameType | None) -> None:
    raise SlowPattern
