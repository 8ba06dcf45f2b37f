"""Waits until the files of vector stores are indexed. The wait has a time limit, because the API can report a file as
in progress without end.

The status is requested repeatedly (polled). Between two polls, no thread waits. So the waits for many vector stores and
all other work of the run can proceed at the same time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from threading import Event

from provisioner.openai_api.collections.collection import UNINDEXED, Member, Members

#: Seconds between the first and the second poll. Each pause is longer than the one before by the factor GROWTH, up to
#: LONGEST_PAUSE.
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
GROWTH = 1.5


@dataclass(slots=True)
class IndexingWait:
    """A wait for the indexing of the files `ids` in the vector store `store`. A file that the lists do not show yet
    counts as being indexed.

    The wait ends when no file in `ids` is being indexed, when `deadline` seconds have passed, or when `stop` is set.
    `progress` is called with the number of finished files. `on_one_page` says that one page of a list contains all
    files of the store.
    """

    members: Members
    store: str
    ids: Collection[str]
    deadline: float
    stop: Event
    progress: Callable[[int], None]
    on_one_page: bool = False
    pause: float = 0.0
    _end: float = field(init=False)

    def __post_init__(self) -> None:
        self._end = time.monotonic() + self.deadline

    def poll(self) -> dict[str, Member] | None:
        """Returns the files of the vector store, keyed by id, if the wait has ended. Otherwise returns None, and sets
        `pause` to the number of seconds until the next poll. Raises ApiError if an API call fails.

        A poll reads the list of files in progress. If this list contains no file of this wait, the poll reads the list
        of all files, because the status of a batch is not reliable. The wait has ended if this list shows no file in
        progress either. If all files are on one page, only the list of all files is read.
        """
        late = time.monotonic() >= self._end or self.stop.is_set()
        pending: Collection[str] = ()
        if not self.on_one_page:
            pending = self.members.pending(self.store) & set(self.ids)
        if late or not pending:
            found = self.members.list(self.store)
            pending = [id for id in self.ids if is_pending(found.get(id))]
            if late or not pending:
                self.progress(len(self.ids) - len(pending))
                return found
        self.progress(len(self.ids) - len(pending))
        self.pause = min(LONGEST_PAUSE, self.pause * GROWTH) if self.pause else FIRST_PAUSE
        return None


def is_pending(member: Member | None) -> bool:
    """Returns whether a file is still being indexed. `member` is None if the API's lists of the vector store do not
    show the file yet. Then the file counts as being indexed.
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
