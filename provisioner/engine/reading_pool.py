"""Threads for calls that change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def reading_pool(parallelism: int) -> Iterator[ThreadPoolExecutor]:
    """Returns a context manager with at most `parallelism` threads, for calls that change nothing. At the end of the
    `with` block, it waits for the calls. After Ctrl-C (KeyboardInterrupt), it does not wait, because a server may be
    silent for minutes; the calls end when their session is closed.
    """
    pool = ThreadPoolExecutor(max_workers=parallelism, thread_name_prefix="read")
    is_waiting = True
    try:
        yield pool
    except KeyboardInterrupt:
        is_waiting = False
        raise
    finally:
        pool.shutdown(wait=is_waiting, cancel_futures=not is_waiting)
