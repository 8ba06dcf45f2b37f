"""Determines how many seconds to wait before a failed call is repeated."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

FIRST = 0.5
LONGEST = 30.0


def asked_delay(headers: Mapping[str, str]) -> float | None:
    """Returns the number of seconds that the server asks to wait, or None if it does not ask for a pause.

    The server asks with the header `retry-after-ms`, or with `Retry-After` in seconds or as a date.
    """
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        if "retry-after" not in headers:
            return None
        return max(0.0, float(headers["retry-after"]))
    except ValueError:
        return _until(headers.get("retry-after", ""))


def own_delay(attempt: int) -> float:
    """Returns the number of seconds to wait after attempt number `attempt`, if the server did not ask for a pause. The
    number grows exponentially. It is partly random, so that workers do not repeat their calls at the same time.
    """
    return min(LONGEST, FIRST * 2.0 ** (attempt - 1)) * random.uniform(0.5, 1)


def _until(date: str) -> float | None:
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError, IndexError):  # also for impossible years and time zones
        return None
