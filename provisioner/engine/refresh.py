"""Reads the live objects of the recorded resources from the API's lists. An object that the lists do not contain is
read by its id. Also reads the fields that the lists omit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Collection as Collection_
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from types import MappingProxyType
from typing import TypeVar

from msgspec import Struct, field

from provisioner.core.address import Address
from provisioner.core.errors import ListCut, NotFound
from provisioner.core.objecttype import FILE, TYPES
from provisioner.openai_api.collections import Collection
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.diff import Actual
from provisioner.state.record_columns import Summary, summarize
from provisioner.state.records import Record, Retired, State

#: The number of recorded objects that are retrieved before a type counts as removed from the server.
PROBES = 3

#: A function that gets the records, the address of a record and the object in the API's list. It returns True if the
#: parts of the object, which the list omits, need not be read.
IsKnown = Callable[[Mapping[Address, Record], Address, Live], bool]

T = TypeVar("T")
R = TypeVar("R")


def is_never_known(records: Mapping[Address, Record], address: Address, live: Live) -> bool:
    """Always returns False, so that a full refresh reads the files and versions of all objects. `refresh` uses this
    function if its parameter `is_known` is not given.
    """
    return False


class _Parts(Struct):
    """Reads the parts of objects that the API's lists omit. `unread` maps the ids of objects whose parts need not be
    read to their types. `reading` maps the ids of the other objects to their results: the object with its parts, or
    None if it was deleted meanwhile.
    """

    collections: Mapping[str, Collection]
    records: Mapping[Address, Record]
    is_known: IsKnown
    pool: ThreadPoolExecutor
    unread: dict[str, str] = field(default_factory=dict)
    reading: dict[str, Future[Live | None]] = field(default_factory=dict)

    def begin(self, records: Iterable[Summary], seen: Mapping[str, Live]) -> None:
        """Begins to read the parts of the objects in `records` that have parts. `seen` maps ids to objects in the
        API's lists. Objects that are not in `seen` are left out.
        """
        for record in records:
            live = seen.get(record.id)
            if live is None or not _has_parts(record.type) or record.id in self.unread or record.id in self.reading:
                continue
            if self.is_known(self.records, record.address, live):
                self.unread[record.id] = record.type
            else:
                self.reading[record.id] = self.pool.submit(complete_live, self.collections[record.type], live)


def refresh(
    collections: Mapping[str, Collection],
    state: State,
    desired_types: Iterable[str],
    parallelism: int,
    due: Collection_[Retired] = (),
    wanted: Mapping[str, Collection_[str]] = MappingProxyType({}),
    is_known: IsKnown = is_never_known,
) -> Actual:
    """Returns the live objects of the records in `state`, as far as they exist, and the object types that the server
    does not have. `desired_types` are additional types to read. Raises ApiError if an API call fails.

    `due` are replaced objects that are about to be deleted. Each of them that is not in a list is retrieved by its id.
    `wanted` maps types to ids without a record. The objects with these ids are returned too, if the lists contain them.
    The lists omit the files of vector stores and the versions of skills. `is_known` gets the records, the
    address of a recorded object and its live object. It returns True if these parts of the object need not be read; the
    ids of these objects are in `Actual.unread`.
    """
    recorded: dict[str, list[Summary]] = {}
    for summary in summarize(state.records):
        recorded.setdefault(summary.type, []).append(summary)
    types = sorted(type_ for type_ in {*recorded, *desired_types, *wanted} if collections[type_].remote)
    retired = {entry.id for entry in state.retired}
    with ThreadPoolExecutor(max_workers=parallelism, thread_name_prefix="refresh") as pool:

        def sweep(type_: str) -> tuple[dict[str, Live], bool]:
            ids = {*(record.id for record in recorded.get(type_, [])), *wanted.get(type_, ())}
            return find_listed(collections[type_], ids, retired)

        seen: dict[str, Live] = {}
        parts = _Parts(collections, state.records, is_known, pool)
        sweeps = {pool.submit(sweep, type_): type_ for type_ in types}
        missing = []
        for done in as_completed(sweeps):  # The lists of other types may have many pages.
            now_seen, is_missing = done.result()
            seen |= now_seen
            missing += [sweeps[done]] if is_missing else []
            parts.begin(recorded.get(sweeps[done], ()), seen)
        gone = frozenset(type_ for type_ in missing if _is_gone(collections[type_], recorded.get(type_, [])))
        hidden = [
            record
            for type_ in types
            if type_ not in gone
            for record in recorded.get(type_, [])
            if record.id not in seen
        ]
        seen |= {live.id: live for live in _each(pool, lambda r: collections[r.type].retrieve(r.id), hidden) if live}
        parts.begin(hidden, seen)
        unseen = [entry for entry in due if entry.id not in seen and entry.type not in gone]
        seen |= {live.id: live for live in _each(pool, lambda e: collections[e.type].retrieve(e.id), unseen) if live}
        found = [record for type_ in types for record in recorded.get(type_, []) if record.id in seen]
        complete: dict[str, Live | None] = {}
        for record in found:
            # The lists contain most objects whole. So these need no thread, which would cost more than the rest. For
            # files, which most objects are, even a call costs more than the rest.
            if record.type == FILE.name or record.id in parts.unread:
                complete[record.id] = seen[record.id]
            elif record.id in parts.reading:
                complete[record.id] = parts.reading[record.id].result()
            else:
                complete[record.id] = complete_live(collections[record.type], seen[record.id])
    live: dict[Address, Live] = {record.address: each for record in found if (each := complete[record.id])}
    listed = {id: seen[id] for ids in wanted.values() for id in ids if id in seen}
    left = {id: seen[id] for id in sorted(retired & seen.keys())}
    return Actual(live, gone, retired=left, listed=listed, unread=parts.unread)


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


def _has_parts(type_: str) -> bool:
    """Returns whether objects of the type `type_` have parts that the API's lists omit: files or versions."""
    return TYPES[type_].members is not None or TYPES[type_].versions is not None


def _is_gone(collection: Collection, records: Sequence[Summary]) -> bool:
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


def _each(pool: ThreadPoolExecutor, function: Callable[[T], R], items: Iterable[T]) -> list[R]:
    return list(pool.map(function, items))
