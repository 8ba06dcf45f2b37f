"""Waits until files are indexed. The wait has a time limit, because a file can stay in progress forever."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from threading import Event

from provisioner.openai_api.collections.collection import Member, Members

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
    """Returns the store's members when none of `ids` is being indexed, after `deadline` seconds, or when `stop` is set.

    It polls a short list of files in progress, then reads the whole list; the status of a batch is not reliable. A
    member that lists do not show yet counts as pending.
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
    """Returns whether a member is being indexed, or is not in the lists yet."""
    return member is None or member.status == "in_progress"


def indexing_error(member: Member | None, deadline: float, *, stopped: bool) -> str | None:
    """Returns why a member is not searchable, or None if it is. `stopped`: the wait ended before the deadline."""
    if member is None or is_pending(member):
        return "is still being indexed" if stopped else f"was not indexed in time (--index-timeout is {deadline:g} s)"
    if member.status in ("failed", "cancelled"):
        return member.error or str(member.status)
    return None
