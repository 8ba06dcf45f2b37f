"""The lower bound of an operation: no program that makes these calls can be faster on this server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.scale.sizes import Size

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
    return Calls(Counter(_kind(*line.split()[:2]) for line in lines))


def _kind(method: str, path: str) -> str:
    parts = path.partition("?")[0].split("/")[2:]
    return f"{method} /" + "/".join("ID" if at % 2 else part for at, part in enumerate(parts))


def lower_bound(calls: Calls, chain: int, *, latency: float, parallelism: int, rates: float | None = None) -> float:
    """Returns the seconds that an operation takes at least. `latency` is the time of one call in seconds. `chain` is
    the number of calls that must follow one another. `rates` is the factor by which the server's time runs faster than
    the time of OpenAI's limits (None: the server has no limits).
    """
    bounds = [calls.total * latency / parallelism, chain * latency]
    if rates is not None:
        uploads = calls.by_kind["POST /files"]
        bounds.append(uploads / (UPLOADS_A_MINUTE / 60 * rates))
        bounds.append(uploads / (ATTACHED_A_MINUTE / 60 * rates))
    return max(bounds)


def plan_chain(size: Size) -> int:
    """Returns the number of calls of a full plan that must follow one another: the pages of the longest list, and then
    the pages of the longest list of a store's files.
    """
    return max(_pages(size.files, FILE_PAGE), _pages(size.stores, PAGE)) + _pages(size.files_per_store, PAGE)


def apply_chain(size: Size) -> int:
    """Returns the number of calls of a first apply that must follow one another: an upload, the batch that attaches it,
    the question whether it is indexed, and the list of the store's files.
    """
    return 3 + _pages(size.files_per_store, PAGE)


def plan_calls(size: Size) -> int:
    """Returns the number of calls of a full plan that finds nothing to do."""
    lists = _pages(size.files, FILE_PAGE) + _pages(size.stores, PAGE)
    return lists + size.stores * _pages(size.files_per_store, PAGE)


def apply_calls(size: Size) -> int:
    """Returns the number of calls of a first apply with the least possible number of questions about the indexing."""
    batches = _pages(size.files_per_store, BATCH)
    return size.files + size.stores * (2 + batches + _pages(size.files_per_store, PAGE))


def _pages(objects: int, page: int) -> int:
    return max(1, -(-objects // page))
