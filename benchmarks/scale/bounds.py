"""The lower bound of an operation: a program that makes these calls is not faster on this server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

#: OpenAI's documented limits for each minute: uploads of one user, writes to one vector store, and attached files.
UPLOADS_A_MINUTE, STORE_WRITES_A_MINUTE, ATTACHED_A_MINUTE = 1_000, 300, 2_000
#: The objects on a page of a list: uploaded files, and everything else.
FILE_PAGE, PAGE = 10_000, 100
#: The most files in one batch.
BATCH = 500


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of one operation by kind, such as `POST /files`."""

    by_kind: Counter[str]

    @property
    def total(self) -> int:
        """The number of all calls."""
        return self.by_kind.total()


def count_calls(lines: Iterable[str]) -> Calls:
    """Returns the calls in the lines of an emulator's log, such as `GET /v1/vector_stores/vs_1/files 200`."""
    words = (line.split() for line in lines)
    return Calls(Counter(call_kind(method, path.removeprefix("/v1")) for method, path, *_ in words))


def call_kind(method: str, path: str) -> str:
    """Returns the kind of a call, such as `POST /files`. `path` begins after the version."""
    parts = path.partition("?")[0].split("/")[1:]
    return f"{method} /" + "/".join("ID" if at % 2 else part for at, part in enumerate(parts))


def lower_bound(calls: Calls, chain: int, *, latency: float, parallelism: int, rates: float | None = None) -> float:
    """Returns the seconds that an operation takes at least. `latency` is the mean time of a call in seconds; if these
    times are random, few calls can be faster by chance. `chain` is the number of calls that must follow one another.
    `rates` is the factor by which the server's time runs faster than the time of OpenAI's limits (None: the server has
    no limits). The server permits the calls of the first minute at once, and each further one after its part of a
    minute.
    """
    bounds = [calls.total * latency / parallelism, chain * latency]
    if rates is not None:
        uploads = calls.by_kind["POST /files"]
        bounds += [(uploads - limit) * 60 / limit / rates for limit in (UPLOADS_A_MINUTE, ATTACHED_A_MINUTE)]
    return max(bounds)


def pages(objects: int, page: int) -> int:
    """Returns the number of pages of a list. `page` is the number of objects on a page."""
    return max(1, -(-objects // page))
