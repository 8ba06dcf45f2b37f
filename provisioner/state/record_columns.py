"""Reads the records of a state. In a large state, the fields of a record are decoded and checked only when the record
is first used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, Struct
from msgspec.structs import replace

from provisioner.core.address import Address, parse_addresses, spell_addresses
from provisioner.core.objecttype import FILE
from provisioner.state.record_texts import RecordText
from provisioner.state.records import Record, State, TextRecords
from provisioner.state.shape import OPERATION, check_file_ids, check_id, check_operation, check_type

if TYPE_CHECKING:
    from provisioner.state.large_text import Body

#: The ids of operations, one on each line.
OPERATIONS = re.compile(rf"(?:{OPERATION.pattern}\n)*")


class Summary(Struct, frozen=True, order=True, gc=False):
    """The address, the type and the id of a record."""

    address: Address
    type: str
    id: str


class LazyRecords(TextRecords, MutableMapping[Address, Record]):
    """The records of a large state by address. `bodies` maps each address to the text of its record, or to a record
    that was set later. `name` is the name of the state in errors.

    The text of a record is converted to a `Record`, and checked, when the record is first used. TornState is raised if
    the text is not what provision writes. `made` contains the records that were converted already, keyed by address.
    Copies share it.
    """

    __slots__ = ("_bodies", "_name", "made")
    text_types = frozenset((RecordText,))

    def __init__(self, bodies: dict[Address, RecordText | Record], made: dict[Address, Record], name: str) -> None:
        self._bodies = bodies
        self.made = made
        self._name = name

    def __getitem__(self, address: Address) -> Record:
        body = self._bodies[address]
        if isinstance(body, Record):
            return body
        found = self.made.get(address)
        if found is not None:
            return found
        # Two threads may make the record at once. Both then return the one that was stored first.
        return self.made.setdefault(address, body.record(address, self._name))

    def __setitem__(self, address: Address, record: Record) -> None:
        self._bodies[address] = record

    def __delitem__(self, address: Address) -> None:
        del self._bodies[address]

    def __iter__(self) -> Iterator[Address]:
        return iter(self._bodies)

    def __len__(self) -> int:
        return len(self._bodies)

    def __contains__(self, address: object) -> bool:
        return address in self._bodies

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LazyRecords):
            return super().__eq__(other)
        mine, theirs = self._bodies, other._bodies
        # Most records were not set since they were read, and are not converted for the comparison.
        return mine.keys() == theirs.keys() and all(
            body is theirs[address] or self[address] == other[address] for address, body in mine.items()
        )

    __hash__ = None  # type: ignore[assignment]

    def listed(self) -> list[tuple[str, Body]]:
        """Returns the text of the address of each record, with the record or its text, sorted by the text of the
        address. Converts no record.
        """
        texts = spell_addresses(list(self._bodies))
        return sorted(zip(texts, self._bodies.values(), strict=True), key=itemgetter(0))

    def bodies(self) -> Iterable[tuple[Address, RecordText | Record]]:
        """Returns the address of each record, with the record or its text. Converts no record."""
        return self._bodies.items()

    def body(self, address: Address) -> RecordText | Record | None:
        """Returns the record at `address`, or its text. Returns None if there is no record. Converts no record."""
        return self._bodies.get(address)

    def copy(self) -> LazyRecords:
        """Returns a copy, in which records can be set and deleted without a change of this mapping. Converts no
        record.
        """
        return LazyRecords(dict(self._bodies), self.made, self._name)

    def changed_since(self, former: LazyRecords) -> Iterator[tuple[Address, Record]]:
        """Yields the addresses and records that were set in this mapping, a copy of `former` or of a copy of it, or
        that have another text than in `former`. Converts no other record.
        """
        for address, body in self._bodies.items():
            if former._bodies.get(address) is not body:
                yield address, self[address]


def copy_records(records: Mapping[Address, Record]) -> MutableMapping[Address, Record]:
    """Returns a copy of `records` that may be changed. Records that were not converted yet are not converted."""
    return records.copy() if isinstance(records, LazyRecords) else dict(records)


def with_records(state: State, updated: Mapping[Address, Record]) -> State:
    """Returns `state` with the records `updated` in place of its records at the same addresses. Converts no record."""
    if not updated:
        return state
    records = copy_records(state.records)
    records.update(updated)
    return replace(state, records=records)


def bodies_of(records: Mapping[Address, Record]) -> Iterable[tuple[Address, RecordText | Record]]:
    """Returns the address of each record, with the record or, if it was not converted yet, its text. Both have the
    fields `type`, `id` and `marked`. Converts no record.
    """
    return records.bodies() if isinstance(records, LazyRecords) else records.items()


def body_of(records: Mapping[Address, Record], address: Address) -> RecordText | Record | None:
    """Returns the record at `address` or, if the state is large and the record was not set later, its text. Both have
    the fields `type`, `id`, `adopted` and `marked`. Returns None if there is no record. Converts no record.
    """
    return records.body(address) if isinstance(records, LazyRecords) else records.get(address)


def text_of(records: Mapping[Address, Record], address: Address) -> RecordText | None:
    """Returns the text of the record at `address`. Returns None if the state is small or has no such record, or if the
    record was set later.
    """
    body = records.body(address) if isinstance(records, LazyRecords) else None
    return None if isinstance(body, Record) else body


def has_needs(records: Mapping[Address, Record], address: Address) -> bool:
    """Returns whether the record at `address` refers to other objects. Returns False if there is no record. Converts no
    record.
    """
    body = body_of(records, address)
    return body is not None and (bool(body.needs) if isinstance(body, Record) else body.needs is not UNSET)


def summarize(records: Mapping[Address, Record]) -> list[Summary]:
    """Returns the address, the type and the id of each record, sorted by address. Converts no record."""
    return sorted(Summary(address, body.type, body.id) for address, body in bodies_of(records))


def upload_sizes(records: Mapping[Address, Record]) -> dict[str, Any]:
    """Returns the recorded sizes in bytes of all uploaded files, keyed by the ids of the files. The size of a file is
    None if it is not recorded. Converts no record. A size is not checked.
    """
    files = ((address, body) for address, body in bodies_of(records) if body.type == FILE.name)
    return {body.id: body.inputs.get("bytes") if isinstance(body, Record) else body.size() for _, body in files}


def recorded_members(records: Mapping[Address, Record], address: Address) -> list[str]:
    """Returns the ids of the files in the record of the vector store at `address`. Converts the record only if its text
    is not usual. Raises TornState if the record is not what provision writes.
    """
    text = text_of(records, address)
    ids = None if text is None else text.member_ids()
    if ids is None:
        files = records[address].inputs.get("files") or {}
        ids = [member["file_id"] for member in files.values()]
    return ids


def parse_records(bodies: Mapping[str, Any]) -> dict[Address, Record]:
    """Returns the records in `bodies`, which maps addresses to the JSON of records. Raises the errors of
    `Record.from_json`.
    """
    records = [Record.from_json(address, body) for address, body in bodies.items()]
    return {record.address: record for record in records}  # Of two texts of one address, the last record counts.


def read_records(texts: Mapping[str, RecordText], name: str) -> Mapping[Address, Record]:
    """Returns the records in `texts`, which maps addresses to the texts of records. The types, the ids and the
    operations are checked for all records together. The other fields of a record are checked when it is first used.
    `name` is the name of the state in errors.

    Raises the errors of `Address.parse` and of the module `shape`.
    """
    bodies: dict[Address, RecordText | Record] = dict(zip(parse_addresses(list(texts)), texts.values(), strict=True))
    for type_, kind in {(body.type, address.kind) for address, body in bodies.items()}:
        check_type(type_, Address(kind, ""))
    files = [body.id for body in bodies.values() if body.type == FILE.name]
    if files:
        check_file_ids(files)
    for body in bodies.values():
        if body.type != FILE.name:
            check_id(body.id, body.type)
    operations = [body.operation for body in bodies.values() if body.operation is not None]
    lines = "".join(f"{each}\n" for each in operations)
    if not OPERATIONS.fullmatch(lines) or lines.count("\n") != len(operations):
        for each in operations:
            check_operation(each)
    return LazyRecords(bodies, {}, name)
