"""Determines the number of seconds to wait before a failed call is repeated."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

FIRST = 0.5
LONGEST = 30.0


def asked_delay(headers: Mapping[str, str]) -> float | None:
    """Returns the number of seconds that the server asks the client to wait. The server uses the header
    `retry-after-ms`, or the header `Retry-After` with a number of seconds or a date. Returns None if the response
    contains neither header, or if the value cannot be read.
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
    """Returns the number of seconds to wait after attempt number `attempt`. This function is used if the server did not
    ask the client to wait. The number grows exponentially with `attempt`. A part of the number is random, so that
    threads do not repeat their calls at the same time.
    """
    return min(LONGEST, FIRST * 2.0 ** (attempt - 1)) * random.uniform(0.5, 1)


def _until(date: str) -> float | None:
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError, IndexError):  # also for impossible years and time zones
        return None
