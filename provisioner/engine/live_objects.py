"""Reads one list of the API, or the parts of one object that the lists omit: the files of a vector store, or the
versions of a skill.
"""

from __future__ import annotations

from collections.abc import Collection as Collection_
from collections.abc import Sequence

from provisioner.core.errors import ListCut, NotFound
from provisioner.openai_api.collections import Collection
from provisioner.openai_api.collections.collection import Live
from provisioner.state.record_columns import Summary

#: The number of recorded objects that are retrieved before a type counts as removed from the server.
PROBES = 3


def find_listed(
    collection: Collection, ids: Collection_[str], retired: Collection_[str] = ()
) -> tuple[dict[str, Live], bool]:
    """Returns a pair. The first value contains those objects with an id in `ids` that the API's lists contain, keyed by
    id. The second value is True if the server does not have the list.

    The lists are read page by page, beginning with the newest object. The reading ends when all objects are found, or
    when more pages were read than objects are missing, because it is then cheaper to retrieve the missing objects one
    by one. `retired` are the ids of replaced objects, which are also returned if they are on one of these pages.
    """
    unseen = set(ids)
    found: dict[str, Live] = {}
    try:
        for number, page in enumerate(collection.pages(), 1):
            seen = {live.id: live for live in page if live.id in unseen or live.id in retired}
            found |= seen
            unseen.difference_update(seen)
            if number > len(unseen):
                break
    except NotFound:
        return {}, True
    except ListCut:
        return found, False
    return found, False


def is_gone(collection: Collection, records: Sequence[Summary]) -> bool:
    """Returns whether the server lacks the API of `collection`. The caller has already received the error that the list
    of the collection is not found.

    The API is missing if no object of `records` is found by its id either. At most PROBES objects are tried. If
    `records` is empty, the result is True, because there is no recorded object that could contradict the error.
    """
    return not any(collection.retrieve(record.id) for record in records[:PROBES])


def complete_live(collection: Collection, live: Live) -> Live | None:
    """Returns the object `live` with the fields that the API's lists omit. Returns None if the object was deleted
    meanwhile.

    If a part of the object is not found (404), the object itself is retrieved. Raises ListCut if the object still
    exists.
    """
    try:
        return collection.complete(live)
    except NotFound as error:
        if collection.retrieve(live.id) is None:
            return None
        message = f"the {collection.title} {live.id} exists, but its content is not found: {error.message}"
        raise ListCut(message, status=404, hint="run the command again") from error
