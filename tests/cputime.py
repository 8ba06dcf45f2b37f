"""The processor's time that a step of a test takes, which other processes on the machine do not change."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Fails where what is done inside takes more of the processor's time."""
    begin = _used()
    yield
    taken = _used() - begin
    assert taken < seconds, f"{taken:.2f} seconds of the processor were taken; {seconds:g} are allowed"


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
