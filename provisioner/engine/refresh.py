"""Reads the live objects of the recorded resources from the API's lists. An object that the lists do not contain is
read by its id. Also reads the fields that the lists omit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Collection as Collection_
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec import Struct

from provisioner.core.address import Address
from provisioner.core.errors import ApiError, NotFound
from provisioner.core.objecttype import FILE, TYPES
from provisioner.engine.live_objects import complete_live, find_listed, is_gone
from provisioner.openai_api.collections import Collection
from provisioner.openai_api.collections.collection import Live, Members
from provisioner.openai_api.collections.vector_stores import with_members
from provisioner.planning.recorded_fields import without_files
from provisioner.planning.shown_objects import is_shown_as_recorded
from provisioner.state.record_columns import Summary, summarize, text_of
from provisioner.state.record_texts import RecordText
from provisioner.state.records import Record, Retired, State

if TYPE_CHECKING:
    from provisioner.planning.diff.actual import Actual

#: A function that gets the records, the address of a record and the object in the API's list. It returns True if the
#: parts of the object, which the list omits, need not be read.
IsKnown = Callable[[Mapping[Address, Record], Address, Live], bool]


def is_never_known(records: Mapping[Address, Record], address: Address, live: Live) -> bool:
    """Always returns False, so that a full refresh reads the files and versions of all objects. `refresh` uses this
    function if its parameter `is_known` is not given.
    """
    return False


class Listing(Struct, frozen=True):
    """What was read from the list of one type: the objects, keyed by id; whether the server does not have the list; and
    the texts of the records of those objects that certainly are as recorded, by address.
    """

    objects: dict[str, Live]
    is_missing: bool
    as_recorded: dict[Address, RecordText]


class WholeObject(Struct, frozen=True):
    """An object that was read with its parts. `text` is the text of its record if the object certainly is as recorded.
    Otherwise it is None.
    """

    live: Live
    text: RecordText | None = None


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
        #: The lists that are being read, by type.
        self._sweeps: dict[str, Future[Listing]] = {}
        #: The ids of objects whose parts need not be read, with their types.
        self._unread: dict[str, str] = {}
        #: The parts of other objects that are being read, by id. A result is None if the object was deleted meanwhile.
        self._reading: dict[str, Future[WholeObject | None]] = {}
        #: Two threads may find the same object in the list, if the list is read twice.
        self._lock = Lock()
        #: The ids of the vector stores whose files are being read before the list shows them, and their results. A
        #: result is None if the vector store is not in the list.
        self._begun_early: set[str] = set()
        self._early: dict[str, Future[WholeObject | None]] = {}

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
                self._early[record.id] = self._pool.submit(self._read_members, members, record, self._sweeps[type_])

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
            listing = self._sweeps[type_].result()
            seen |= listing.objects
            missing += [type_] if listing.is_missing else []
        recorded = self._recorded
        gone = frozenset(type_ for type_ in missing if is_gone(self._collections[type_], recorded.get(type_, [])))
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
        live, as_recorded = self._complete([record for type_ in types for record in recorded.get(type_, [])], seen)
        for type_ in types:
            as_recorded |= self._sweeps[type_].result().as_recorded
        listed = {id: seen[id] for ids in wanted.values() for id in ids if id in seen}
        left = {id: seen[id] for id in sorted(self._retired & seen.keys())}
        return Actual(live, gone, retired=left, as_recorded=as_recorded, listed=listed, unread=self._unread)

    def close(self, *, is_waiting: bool = True) -> None:
        """Begins no further call. If `is_waiting` is True, waits for the end of the calls that are being made."""
        self._pool.shutdown(wait=is_waiting, cancel_futures=True)

    def _remote(self, types: Iterable[str]) -> list[str]:
        return sorted(type_ for type_ in types if self._collections[type_].remote)

    def _sweep(self, types: Iterable[str], wanted: Mapping[str, Collection_[str]] = MappingProxyType({})) -> None:
        for type_ in types:
            ids = {*(record.id for record in self._recorded.get(type_, [])), *wanted.get(type_, ())}
            self._sweeps[type_] = self._pool.submit(self._read_list, type_, ids)

    def _read_list(self, type_: str, ids: Collection_[str]) -> Listing:
        """Reads the list of one type, and begins to read the parts of the objects in it. The lists of other types may
        have more pages. Compares objects without parts with their records. The threads that read compare, because they
        mostly wait.
        """
        objects, is_missing = find_listed(self._collections[type_], ids, self._retired)
        records = self._recorded.get(type_, ())
        self._begin_parts(records, objects)
        as_recorded: dict[Address, RecordText] = {}
        for record in () if _has_parts(type_) else records:
            live = objects.get(record.id)
            text = None if live is None else self._find_equal_text(record, live)
            if text is not None:
                as_recorded[record.address] = text
        return Listing(objects, is_missing, as_recorded)

    def _read_members(self, members: Members, record: Summary, sweep: Future[Listing]) -> WholeObject | None:
        """Returns the vector store of `record` with its files. Returns None if the vector store is not in the list that
        `sweep` reads, or if it is not found (404). `sweep` was begun earlier, so another thread is reading the list.
        Raises ApiError if an API call fails.
        """
        try:
            found = members.list(record.id)
        except ApiError as error:
            live = sweep.result().objects.get(record.id)
            if live is not None and live.status == "expired":
                return WholeObject(live)
            if isinstance(error, NotFound):
                return None
            raise
        live = sweep.result().objects.get(record.id)
        if live is None:
            return None
        whole = live if live.status == "expired" else with_members(live, found)
        return self._compare(record, whole)

    def _read_parts(self, record: Summary, live: Live) -> WholeObject | None:
        """Returns the object `live` with its parts. Returns None if it was deleted meanwhile."""
        whole = complete_live(self._collections[record.type], live)
        return None if whole is None else self._compare(record, whole)

    def _compare(self, record: Summary, whole: Live) -> WholeObject:
        """Returns the object `whole` with the text of `record` if it certainly is as recorded. Otherwise returns the
        object alone.
        """
        text = self._find_equal_text(record, whole)
        return WholeObject(whole if text is None else without_files(whole, text), text)

    def _find_equal_text(self, record: Summary, live: Live) -> RecordText | None:
        """Returns the text of `record` if the object `live` certainly is as recorded. Otherwise returns None."""
        text = text_of(self._records, record.address)
        return text if text is not None and is_shown_as_recorded(text, live) else None

    def _begin_parts(self, records: Iterable[Summary], seen: Mapping[str, Live]) -> None:
        """Begins to read the parts of the objects in `records` that have parts. `seen` maps ids to live objects.
        Objects that are not in `seen` are left out.
        """
        for record in records:
            live = seen.get(record.id)
            if live is None or not _has_parts(record.type) or record.id in self._begun_early:
                continue
            is_known = self._is_known(self._records, record.address, live)
            with self._lock:
                if record.id in self._unread or record.id in self._reading:
                    continue
                if is_known:
                    self._unread[record.id] = record.type
                else:
                    self._reading[record.id] = self._pool.submit(self._read_parts, record, live)

    def _retrieve(self, entries: Iterable[Summary | Retired]) -> dict[str, Live]:
        """Returns those objects of `entries` that exist, keyed by id. Each of them is retrieved by its id."""
        found = self._pool.map(lambda each: self._collections[each.type].retrieve(each.id), entries)
        return {live.id: live for live in found if live is not None}

    def _complete(
        self, records: Iterable[Summary], seen: Mapping[str, Live]
    ) -> tuple[dict[Address, Live], dict[Address, RecordText]]:
        """Returns two values: the live objects of `records` with their parts, keyed by address; and the texts of the
        records of those objects with parts that certainly are as recorded. `seen` maps ids to live objects, which may
        lack parts.
        """
        found: dict[Address, Live] = {}
        as_recorded: dict[Address, RecordText] = {}
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
                live = whole.live
                # If two records have the same id, the object was compared with the record of one of them.
                if whole.text is not None and whole.text is text_of(self._records, record.address):
                    as_recorded[record.address] = whole.text
            found[record.address] = live
        return found, as_recorded

    def _whole(self, record: Summary, live: Live) -> WholeObject | None:
        """Returns the object `live` with its parts. Returns None if it was deleted meanwhile."""
        early = self._early.get(record.id)
        if early is not None and (whole := early.result()) is not None:
            return whole
        reading = self._reading.get(record.id)
        return self._read_parts(record, live) if reading is None else reading.result()


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


def _has_parts(type_: str) -> bool:
    """Returns whether objects of the type `type_` have parts that the API's lists omit: files or versions."""
    return TYPES[type_].members is not None or TYPES[type_].versions is not None
