"""Applies the rate limits that OpenAI documents for files and vector stores."""

from __future__ import annotations

import math
from typing import Any

from provisioner.emulator.messages.refusal import Refusal

#: The limits within one minute. Uploads are limited for a user, writes for a vector store, and attached files for an
#: organization. Sources: OpenAI's specification (`POST /files`, `POST /vector_stores/{id}/files` and
#: `/file_batches`), and OpenAI's guide to retrieval.
UPLOADS, STORE_WRITES, ATTACHED_FILES = 1_000, 300, 2_000
MINUTE = 60.0
#: The number of vector stores above which the buckets of those without recent writes are forgotten.
MANY_STORES = 1_000


class Bucket:
    """Counts how many requests or files one limit still allows. The number grows continuously, as at OpenAI: if the
    limit is 60 requests a minute, one more request is allowed each second. Times are in seconds. The parameter `now` of
    the methods is the present time.
    """

    def __init__(self, limit: int, minute: float, now: float) -> None:
        """Creates a bucket that allows the whole limit. `limit` is the limit within one minute, and `minute` is the
        length of this minute in seconds.
        """
        self.limit = limit
        self._period = minute / limit
        self._left = float(limit)
        self._at = now

    def wait(self, count: int, now: float) -> float:
        """Returns the time until `count` requests or files are allowed. If `count` is larger than the limit, returns
        the time until the whole limit is allowed.
        """
        self._refill(now)
        return max(0.0, (min(count, self.limit) - self._left) * self._period)

    def take(self, count: int, now: float) -> None:
        """Subtracts `count` from the number of requests or files that are still allowed. The number does not become
        negative.
        """
        self._refill(now)
        self._left = max(0.0, self._left - count)

    def is_full(self, now: float) -> bool:
        """Returns whether the whole limit is allowed, as for a new bucket."""
        self._refill(now)
        return self._left >= self.limit

    def headers(self, now: float) -> dict[str, str]:
        """Returns the headers of a response that state the limit, the number of requests that are still allowed, and
        the time until the whole limit is allowed again.
        """
        self._refill(now)
        return {
            "x-ratelimit-limit-requests": str(self.limit),
            "x-ratelimit-remaining-requests": str(int(self._left)),
            "x-ratelimit-reset-requests": format_duration((self.limit - self._left) * self._period),
        }

    def _refill(self, now: float) -> None:
        self._left = min(self.limit, self._left + (now - self._at) / self._period)
        self._at = now


class RateLimits:
    """Applies the limits to requests. A refused request is not counted."""

    def __init__(self, scale: float | None, now: float) -> None:
        """Creates the limits. The limits are defined for a minute, and this minute lasts 60 seconds divided by `scale`.
        If `scale` is None, nothing is limited. `now` is the present time in seconds.
        """
        self._minute = MINUTE / scale if scale else 0.0
        self._uploads = Bucket(UPLOADS, self._minute, now)
        self._attached = Bucket(ATTACHED_FILES, self._minute, now)
        self._stores: dict[str, Bucket] = {}
        self._most = MANY_STORES

    def take(self, method: str, path: str, body: Any, now: float) -> dict[str, str]:
        """Counts a request at the time `now`, and returns headers for its response. `path` begins after `/v1`, and
        `body` is the decoded body. Raises Refusal with status 429 if a limit is exceeded.
        """
        if not self._minute or method not in ("POST", "DELETE"):
            return {}
        words = path.split("/")[1:]
        if words == ["files"] and method == "POST":
            return self._take_request(self._uploads, now)
        if words[0] != "vector_stores":
            return {}
        bucket = self._store(words[1], now) if len(words) > 2 and words[2] in ("files", "file_batches") else None
        attached = _count_attached(words, body) if method == "POST" else 0
        if wait := self._attached.wait(attached, now):
            raise _refuse("attached files", ATTACHED_FILES, wait, bucket.headers(now) if bucket else {})
        headers = self._take_request(bucket, now) if bucket else {}
        self._attached.take(attached, now)
        return headers

    def _take_request(self, bucket: Bucket, now: float) -> dict[str, str]:
        if wait := bucket.wait(1, now):
            raise _refuse("requests", bucket.limit, wait, bucket.headers(now))
        bucket.take(1, now)
        return bucket.headers(now)

    def _store(self, identifier: str, now: float) -> Bucket:
        found = self._stores.get(identifier)
        if found is None:
            if len(self._stores) >= self._most:
                self._stores = {key: each for key, each in self._stores.items() if not each.is_full(now)}
                self._most = max(MANY_STORES, 2 * len(self._stores))
            found = self._stores[identifier] = Bucket(STORE_WRITES, self._minute, now)
        return found


def format_duration(seconds: float) -> str:
    """Returns a duration as OpenAI writes it in headers: `20ms`, `1s`, `8.64s` or `6m0s`. The duration is rounded up to
    whole milliseconds.
    """
    milliseconds = math.ceil(seconds * 1000 - 1e-6)
    if milliseconds < 1000:
        return f"{max(milliseconds, 0)}ms"
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    text = f"{rest / 1000:.3f}".rstrip("0").rstrip(".") + "s"
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if hours or minutes else "") + text


def _count_attached(words: list[str], body: Any) -> int:
    """Returns the number of files that a POST request attaches to a vector store. `words` are the parts of the
    request's path, and `body` is its decoded body.
    """
    if not isinstance(body, dict):
        return 0
    if words[2:] == ["files"]:
        return 1
    if words[2:] not in ([], ["file_batches"]):
        return 0
    return max((len(body[name]) for name in ("file_ids", "files") if isinstance(body.get(name), list)), default=0)


def _refuse(subject: str, limit: int, wait: float, headers: dict[str, str]) -> Refusal:
    again = {"retry-after": str(math.ceil(wait)), "retry-after-ms": str(math.ceil(wait * 1000))}
    return Refusal(
        429,
        f"Rate limit reached for {subject}. Limit: {limit} / min. Please try again in {format_duration(wait)}.",
        code="rate_limit_exceeded",
        kind="requests",
        headers=headers | again,
    )
