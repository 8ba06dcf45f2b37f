"""Reads the records of a state. In a large state, most records are those of files. The records of files are checked
together, field by field, and each of them is converted to a `Record` only when it is first used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Any, NamedTuple, cast

from provisioner.core.address import Address
from provisioner.core.objecttype import FILE
from provisioner.state.large_json import LARGE_STATE
from provisioner.state.records import Record
from provisioner.state.shape import (
    LARGEST,
    OPERATION,
    UPLOAD_SHAPE,
    check_file_ids,
    check_number,
    check_operation,
    check_record,
    check_shapes,
)

#: The keys of the JSON of a usual record of a file, in the order in which states are written.
FILE_KEYS = frozenset({("echo", "id", "inputs", "type"), ("echo", "id", "inputs", "operation", "type")})
#: The ids of operations, one on each line.
OPERATIONS = re.compile(rf"(?:{OPERATION.pattern}\n)*")


class Summary(NamedTuple):
    """The address, the type and the id of a record."""

    address: Address
    type: str
    id: str


class LazyRecords(MutableMapping[Address, Record]):
    """The records of a state by address. `bodies` maps each address to the JSON of its record, which was checked
    already, or to a record that was set later.

    The JSON of a record is converted to a `Record` when the record is first used. `made` contains the records that were
    converted already, keyed by address. Copies share it.
    """

    __slots__ = ("_bodies", "made")

    def __init__(self, bodies: dict[Address, Mapping[str, Any] | Record], made: dict[Address, Record]) -> None:
        self._bodies = bodies
        self.made = made

    def __getitem__(self, address: Address) -> Record:
        body = self._bodies[address]
        if type(body) is Record:
            return body
        found = self.made.get(address)
        if found is not None:
            return found
        # Two threads may make the record at once. Both then return the one that was stored first.
        return self.made.setdefault(address, Record.from_checked(address, cast(Mapping[str, Any], body)))

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

    def summaries(self) -> Iterator[Summary]:
        """Yields the address, the type and the id of each record. Converts no record."""
        for address, body in self._bodies.items():
            if isinstance(body, Record):
                yield Summary(address, body.type, body.id)
            else:
                yield Summary(address, body["type"], body["id"])

    def copy(self) -> LazyRecords:
        """Returns a copy, in which records can be set and deleted without a change of this mapping. Converts no
        record.
        """
        return LazyRecords(dict(self._bodies), self.made)

    def changed_since(self, former: LazyRecords) -> Iterator[tuple[Address, Record]]:
        """Yields the addresses and records that were set in this mapping, a copy of `former` or of a copy of it, or
        that have another JSON than in `former`. Converts no other record.
        """
        for address, body in self._bodies.items():
            if former._bodies.get(address) is not body:
                yield address, self[address]


def copy_records(records: Mapping[Address, Record]) -> MutableMapping[Address, Record]:
    """Returns a copy of `records` that may be changed. Records that were not converted yet are not converted."""
    return records.copy() if isinstance(records, LazyRecords) else dict(records)


def summarize(records: Mapping[Address, Record]) -> list[Summary]:
    """Returns the address, the type and the id of each record, sorted by address. Records that were not converted yet
    are not converted.
    """
    if isinstance(records, LazyRecords):
        return sorted(records.summaries())
    return sorted(Summary(address, record.type, record.id) for address, record in records.items())


def parse_records(bodies: Mapping[str, Any]) -> Mapping[Address, Record]:
    """Returns the records in `bodies`, which maps addresses to the JSON of records. Raises the errors of
    `Record.from_json`.
    """
    addresses = {text: Address.parse(text) for text in bodies} if len(bodies) >= LARGE_STATE else {}
    by_address = dict(zip(addresses.values(), bodies.values(), strict=False))
    if not by_address or len(by_address) < len(bodies):  # Two texts of one address: the last record counts.
        records = [Record.from_json(address, body) for address, body in bodies.items()]
        return {record.address: record for record in records}
    files, made = [], {}
    for text, body in bodies.items():
        address = addresses[text]
        if address.kind == FILE.kind.name and tuple(body) in FILE_KEYS and body["type"] == FILE.name:
            files.append(body)
        else:
            check_record(address, body, addresses)
            made[address] = Record.from_checked(address, body)
    _check_files(files)
    return LazyRecords(by_address, made)


def _check_files(bodies: Sequence[Mapping[str, Any]]) -> None:
    """Raises the errors of `check_record` if one of `bodies` is not the JSON of a file's record with FILE_KEYS."""
    inputs, echoes = [body["inputs"] for body in bodies], [body["echo"] for body in bodies]
    for part in (inputs, echoes):
        if set(map(type, part)) - {dict}:
            raise TypeError("the fields of a file are no object")
        check_shapes(part, {"metadata": (dict, type(None))})
    check_shapes(inputs, UPLOAD_SHAPE)
    sizes = [each["bytes"] for each in inputs if "bytes" in each]
    for size in (min(sizes, default=0), max(sizes, default=0)):
        check_number(size, LARGEST)
    ids = [body["id"] for body in bodies]
    if ids:
        check_file_ids(ids)
    operations = [body["operation"] for body in bodies if "operation" in body]
    lines = "".join(f"{each}\n" for each in operations)
    if not OPERATIONS.fullmatch(lines) or lines.count("\n") != len(operations) or set(map(type, operations)) - {str}:
        for each in operations:
            check_operation(each)
