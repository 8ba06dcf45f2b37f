"""Reads the headers in which the API says how many requests and tokens are left (`x-ratelimit-*`)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

#: The most characters of a header that is read. The longest meaningful one has about 20.
LONGEST = 40
#: A bare number of seconds above this value is a point in time or nonsense, but no duration. It is one year.
MOST_SECONDS = 31_536_000.0
COUNT = re.compile(r"[0-9]{1,15}")
NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?")
#: The parts of a duration such as `6m0s`, `1s` or `20ms`. This is the format of Go's `time.Duration`.
PART = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,15})?)(ms|us|µs|ns|d|h|m|s)")
UNITS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


class RateLimit(Struct, frozen=True):
    """Describes one rate limit, as the headers of a response state it.

    `limit` is the largest number of requests or tokens, and `remaining` is the number that is left. `reset` is the time
    in seconds until the limit is in its initial state again. `limit` and `reset` are None if the response does not
    state them. Source: https://platform.openai.com/docs/guides/rate-limits, "Rate limits in headers".
    """

    limit: int | None
    remaining: int
    reset: float | None

    @property
    def is_consistent(self) -> bool:
        """True if the numbers can belong to a rate limit. Some servers send 0 or -1 for a limit that they lack."""
        return self.limit is None or 0 < self.limit >= self.remaining


def read_rate_limit(headers: Mapping[str, str], subject: str) -> RateLimit | None:
    """Returns the rate limit for `subject`, which is `requests` or `tokens`. Returns None if the headers contain no
    such rate limit, or if their values cannot belong to a rate limit.
    """
    remaining = read_count(headers.get(f"x-ratelimit-remaining-{subject}"))
    if remaining is None:
        return None
    limit = headers.get(f"x-ratelimit-limit-{subject}")
    count = read_count(limit)
    if limit is not None and count is None:
        return None
    found = RateLimit(count, remaining, read_duration(headers.get(f"x-ratelimit-reset-{subject}")))
    return found if found.is_consistent else None


def read_count(text: str | None) -> int | None:
    """Returns the whole number in `text`, the value of a header. Returns None if `text` is None (no such header) or is
    not a whole number.
    """
    return int(text) if text is not None and COUNT.fullmatch(text.strip()[:LONGEST]) else None


def read_duration(text: str | None) -> float | None:
    """Returns the number of seconds in `text`, the value of a header, such as `6m0s`, `1s`, `20ms` or `1.5`. Returns
    None if `text` is None (no such header) or is not a duration.
    """
    if text is None or len(text) > LONGEST:
        return None
    text = text.strip()
    if NUMBER.fullmatch(text):
        seconds = float(text)
    else:
        parts = list(PART.finditer(text))
        if not parts or "".join(part[0] for part in parts) != text:
            return None
        seconds = sum(float(part[1]) * UNITS[part[2]] for part in parts)
    return seconds if seconds <= MOST_SECONDS else None
