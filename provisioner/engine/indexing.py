"""Waits until files are indexed, with a deadline of our own, because a file can be in progress without end."""

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
    """The store's members, once none of `ids` is being indexed, `deadline` seconds are over, or `stop` is set.

    Asks one short list again and again, then reads the whole one: a batch's own id cannot be relied on. A
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
    """Whether a member is being indexed, or is not shown yet."""
    return member is None or member.status == "in_progress"


def indexing_error(member: Member | None, deadline: float, *, stopped: bool) -> str | None:
    """Why a member is not searchable, or None where it is. `stopped`: nobody waited until the deadline."""
    if member is None or is_pending(member):
        return "is still being indexed" if stopped else f"was not indexed in time (--index-timeout is {deadline:g} s)"
    if member.status in ("failed", "cancelled"):
        return member.error or str(member.status)
    return None
