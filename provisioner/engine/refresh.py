"""Reads the live objects of the recorded resources from the API's lists. An object that the lists do not contain is
read by its id. Also reads the fields that the lists omit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Collection as Collection_
from concurrent.futures import Future, ThreadPoolExecutor
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from provisioner.core.address import Address
from provisioner.core.errors import ApiError, ListCut, NotFound
from provisioner.core.objecttype import FILE, TYPES
from provisioner.openai_api.collections import Collection
from provisioner.openai_api.collections.collection import Live, Members
from provisioner.openai_api.collections.vector_stores import with_members
from provisioner.state.record_columns import Summary, summarize
from provisioner.state.records import Record, Retired, State

if TYPE_CHECKING:
    from provisioner.planning.diff.actual import Actual

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


class Refresh:
    """Reads the live objects of the records in `state`. Reading can begin before it is known what else is needed:
    `begin` begins to read, and `finish` returns the live objects. `close` must be called in the end.

    The lists omit the files of vector stores and the versions of skills. `is_known` gets the records, the address of a
    recorded object and its live object. It returns True if these parts of the object need not be read. At most
    `parallelism` calls are made at once.
    """

    def __init__(
        self,
        collections: Mapping[str, Collection],
        state: State,
        parallelism: int,
        is_known: IsKnown,
    ) -> None:
        self._collections = collections
        self._records = state.records
        self._retired = {entry.id for entry in state.retired}
        self._is_known = is_known
        self._pool = ThreadPoolExecutor(max_workers=parallelism, thread_name_prefix="refresh")
        self._recorded: dict[str, list[Summary]] = {}
        for summary in summarize(state.records):
            self._recorded.setdefault(summary.type, []).append(summary)
        #: The lists that are being read, by type. A result contains the listed objects, keyed by id, and whether the
        #: server does not have the list.
        self._sweeps: dict[str, Future[tuple[dict[str, Live], bool]]] = {}
        #: The ids of objects whose parts need not be read, with their types.
        self._unread: dict[str, str] = {}
        #: The parts of other objects that are being read, by id. A result is the object with its parts, or None if it
        #: was deleted meanwhile.
        self._reading: dict[str, Future[Live | None]] = {}
        #: The ids of the vector stores whose files are being read before the list shows them, and their results: the
        #: vector store with its files, or None if it is not in the list.
        self._begun_early: set[str] = set()
        self._early: dict[str, Future[Live | None]] = {}

    def begin(self) -> None:
        """Begins to read the lists of all types that have records, and the parts of the objects in these lists. If all
        parts are read, also begins to read the files of all recorded vector stores, before the lists show which of them
        exist.
        """
        types = self._remote(self._recorded)
        holding = {type_: members for type_ in types if (members := self._collections[type_].members) is not None}
        if self._is_known is not is_never_known:
            holding.clear()
        # A list may be read whole before the next line of this function runs.
        self._begun_early.update(record.id for type_ in holding for record in self._recorded[type_])
        self._sweep(types)
        for type_, members in holding.items():
            for record in self._recorded[type_]:
                self._early[record.id] = self._pool.submit(_read_members, members, record, self._sweeps[type_])

    def finish(
        self,
        desired_types: Iterable[str],
        due: Collection_[Retired] = (),
        wanted: Mapping[str, Collection_[str]] = MappingProxyType({}),
    ) -> Actual:
        """Returns the live objects of the records, as far as they exist, and the object types that the server does not
        have. The parameters and errors are those of `refresh`.
        """
        # Imported here, because the account can be read while the packages of the plan are imported.
        from provisioner.planning.diff.actual import Actual

        types = self._remote({*self._recorded, *desired_types, *wanted})
        # A list that was read for the recorded objects may have ended before the wanted ones.
        self._sweep((type_ for type_ in types if type_ not in self._sweeps or wanted.get(type_)), wanted)
        seen: dict[str, Live] = {}
        missing = []
        for type_ in types:
            listed, is_missing = self._sweeps[type_].result()
            seen |= listed
            missing += [type_] if is_missing else []
        recorded = self._recorded
        gone = frozenset(type_ for type_ in missing if _is_gone(self._collections[type_], recorded.get(type_, [])))
        hidden = [
            record
            for type_ in types
            if type_ not in gone
            for record in recorded.get(type_, [])
            if record.id not in seen
        ]
        seen |= self._retrieve(hidden)
        self._begin_parts(hidden, seen)
        seen |= self._retrieve([entry for entry in due if entry.id not in seen and entry.type not in gone])
        live = self._complete([record for type_ in types for record in recorded.get(type_, [])], seen)
        listed = {id: seen[id] for ids in wanted.values() for id in ids if id in seen}
        left = {id: seen[id] for id in sorted(self._retired & seen.keys())}
        return Actual(live, gone, retired=left, listed=listed, unread=self._unread)

    def close(self, *, is_waiting: bool = True) -> None:
        """Begins no further call. If `is_waiting` is True, waits for the end of the calls that are being made."""
        self._pool.shutdown(wait=is_waiting, cancel_futures=True)

    def _remote(self, types: Iterable[str]) -> list[str]:
        return sorted(type_ for type_ in types if self._collections[type_].remote)

    def _sweep(self, types: Iterable[str], wanted: Mapping[str, Collection_[str]] = MappingProxyType({})) -> None:
        for type_ in types:
            ids = {*(record.id for record in self._recorded.get(type_, [])), *wanted.get(type_, ())}
            self._sweeps[type_] = self._pool.submit(self._read_list, type_, ids)

    def _read_list(self, type_: str, ids: Collection_[str]) -> tuple[dict[str, Live], bool]:
        """Reads the list of one type, and begins to read the parts of the objects in it. The lists of other types may
        have more pages.
        """
        listed, is_missing = find_listed(self._collections[type_], ids, self._retired)
        self._begin_parts(self._recorded.get(type_, ()), listed)
        return listed, is_missing

    def _begin_parts(self, records: Iterable[Summary], seen: Mapping[str, Live]) -> None:
        """Begins to read the parts of the objects in `records` that have parts. `seen` maps ids to live objects.
        Objects that are not in `seen` are left out.
        """
        for record in records:
            live = seen.get(record.id)
            if live is None or not _has_parts(record.type) or record.id in self._begun_early:
                continue
            if record.id in self._unread or record.id in self._reading:
                continue
            if self._is_known(self._records, record.address, live):
                self._unread[record.id] = record.type
            else:
                collection = self._collections[record.type]
                self._reading[record.id] = self._pool.submit(complete_live, collection, live)

    def _retrieve(self, entries: Iterable[Summary | Retired]) -> dict[str, Live]:
        """Returns those objects of `entries` that exist, keyed by id. Each of them is retrieved by its id."""
        found = self._pool.map(lambda each: self._collections[each.type].retrieve(each.id), entries)
        return {live.id: live for live in found if live is not None}

    def _complete(self, records: Iterable[Summary], seen: Mapping[str, Live]) -> dict[Address, Live]:
        """Returns the live objects of `records` with their parts, keyed by address. `seen` maps ids to live objects,
        which may lack parts.
        """
        found: dict[Address, Live] = {}
        for record in records:
            live = seen.get(record.id)
            if live is None:
                continue
            # The lists contain most objects whole. So these need no thread, which would cost more than the rest. For
            # files, which most objects are, even a call costs more than the rest.
            if record.type != FILE.name and record.id not in self._unread:
                whole = self._whole(record, live)
                if whole is None:
                    continue
                live = whole
            found[record.address] = live
        return found

    def _whole(self, record: Summary, live: Live) -> Live | None:
        """Returns the object `live` with its parts. Returns None if it was deleted meanwhile."""
        early = self._early.get(record.id)
        if early is not None and (whole := early.result()) is not None:
            return whole
        reading = self._reading.get(record.id)
        return complete_live(self._collections[record.type], live) if reading is None else reading.result()


def _read_members(members: Members, record: Summary, sweep: Future[tuple[dict[str, Live], bool]]) -> Live | None:
    """Returns the vector store of `record` with its files. Returns None if the vector store is not in the list that
    `sweep` reads, or if it is not found (404). `sweep` was begun earlier, so another thread is reading the list. Raises
    ApiError if an API call fails.
    """
    try:
        found = members.list(record.id)
    except ApiError as error:
        live = sweep.result()[0].get(record.id)
        if live is not None and live.status == "expired":
            return live
        if isinstance(error, NotFound):
            return None
        raise
    live = sweep.result()[0].get(record.id)
    return live if live is None or live.status == "expired" else with_members(live, found)


def refresh(
    collections: Mapping[str, Collection],
    state: State,
    desired_types: Iterable[str],
    parallelism: int,
    due: Collection_[Retired] = (),
    wanted: Mapping[str, Collection_[str]] = MappingProxyType({}),
    is_known: IsKnown = is_never_known,
    begun: Refresh | None = None,
) -> Actual:
    """Returns the live objects of the records in `state`, as far as they exist, and the object types that the server
    does not have. `desired_types` are additional types to read. Raises ApiError if an API call fails.

    `due` are replaced objects that are about to be deleted. Each of them that is not in a list is retrieved by its id.
    `wanted` maps types to ids without a record. The objects with these ids are returned too, if the lists contain them.
    `is_known` gets the records, the address of a recorded object and its live object. It returns True if the parts of
    the object that the lists omit need not be read; the ids of these objects are in `Actual.unread`. `begun` is the
    refresh of the same records, if it was begun before.
    """
    reading = begun or Refresh(collections, state, parallelism, is_known)
    is_waiting = True
    try:
        return reading.finish(desired_types, due, wanted)
    except KeyboardInterrupt:
        is_waiting = False  # The server may be silent. The calls end when the session is closed.
        raise
    finally:
        reading.close(is_waiting=is_waiting)


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
