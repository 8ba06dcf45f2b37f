"""Waits until files are indexed. The wait has a time limit, because a file can stay in progress forever."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from threading import Event

from provisioner.openai_api.collections.collection import UNINDEXED, Member, Members

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0


def wait_until_indexed(
    members: Members,
    store: str,
    ids: Collection[str],
    *,
    deadline: float,
    stop: Event,
    progress: Callable[[int], None],
) -> dict[str, Member]:
    """Waits for the indexing of files in the vector store `store`. Returns the files of the store, keyed by id.

    The wait ends when no file in `ids` is being indexed, when `deadline` seconds have passed, or when `stop` is set.
    The short list of files in progress is read repeatedly, and the whole list at the end, because the status of a batch
    is not reliable. A file that the lists do not show yet counts as being indexed. `progress` is called with the number
    of finished files.
    """
    end = time.monotonic() + deadline
    pause = FIRST_PAUSE
    while True:
        pending = members.pending(store) & set(ids)
        progress(len(ids) - len(pending))
        late = time.monotonic() >= end or stop.is_set()
        if not pending or late:
            found = members.list(store)
            settled = [id for id in ids if id in found and found[id].status != "in_progress"]
            if len(settled) == len(ids) or late:
                return found
        stop.wait(pause)
        pause = min(LONGEST_PAUSE, pause * 1.5)


def is_pending(member: Member | None) -> bool:
    """Returns whether a file is still being indexed. `member` is None if the lists of the store do not show the file
    yet. Such a file counts as being indexed.
    """
    return member is None or member.status == "in_progress"


def indexing_error(member: Member | None, deadline: float, *, stopped: bool) -> str | None:
    """Returns the reason why a file of a vector store is not searchable. Returns None if the file is searchable.

    `deadline` is the time limit of the wait for indexing, in seconds. If `stopped` is True, the wait ended earlier.
    """
    if member is None or is_pending(member):
        return "is still being indexed" if stopped else f"was not indexed in time (--index-timeout is {deadline:g} s)"
    if member.status in UNINDEXED:
        return member.error or str(member.status)
    return None
