"""Finds the records whose inputs contain an id. An object is not deleted while the record of another object contains
its id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from provisioner.core.address import Address
from provisioner.core.leaves import leaves
from provisioner.core.objecttype import TYPES
from provisioner.state.records import Record

#: The most characters in an id of the API. A longer text is never an id.
LONGEST_ID = 128
#: The field with prose. An id inside prose is no reference.
PROSE = "instructions"
#: The pattern of an id inside a longer text: the prefix of a type of objects, and the characters after it.
INSIDE = re.compile(
    rf"(?<![A-Za-z0-9_-])(?:{'|'.join(re.escape(each.id_prefix) for each in TYPES.values() if each.id_prefix)})"
    r"[A-Za-z0-9_-]{1,120}"
)


class Users:
    """An index of the ids in the inputs of records. It finds the records that contain an id without a search through
    all records.
    """

    def __init__(self, records: Iterable[Record] = ()) -> None:
        # Most ids occur in one record. A set for each of these ids would take most of the memory of the index.
        self._users: dict[str, Address | set[Address]] = {}
        self._ids: dict[Address, tuple[str, ...]] = {}
        for record in records:
            self.put(record)

    def put(self, record: Record) -> None:
        """Adds `record` to the index. If the index contains a record with the same address already, `record` replaces
        it.
        """
        self.remove(record.address)
        self._ids[record.address] = tuple(strings(record.inputs))
        for id in self._ids[record.address]:
            known = self._users.setdefault(id, record.address)
            if isinstance(known, set):
                known.add(record.address)
            elif known is not record.address:
                self._users[id] = {known, record.address}

    def remove(self, address: Address) -> None:
        """Removes the record with this address from the index."""
        for id in self._ids.pop(address, ()):
            known = self._users[id]
            if isinstance(known, set):
                known.discard(address)
            else:
                del self._users[id]

    def of(self, id: str) -> list[Address]:
        """Returns the sorted addresses of the records whose inputs contain this id."""
        known = self._users.get(id, set())
        return sorted(known) if isinstance(known, set) else [known]


def strings(value: Any) -> set[str]:
    """Returns all texts inside `value` that may be ids. These are whole texts of at most LONGEST_ID characters, and
    parts of texts that look like an id of the API. Parts of instructions are not returned, because an id in prose is no
    reference.
    """
    prose = value.get(PROSE) if isinstance(value, Mapping) else None
    rest = {name: item for name, item in value.items() if name != PROSE} if prose is not None else value
    found = {each for each in leaves(prose) if isinstance(each, str) and len(each) <= LONGEST_ID}
    for each in leaves(rest):
        if isinstance(each, str):
            if len(each) <= LONGEST_ID:
                found.add(each)
            found.update(INSIDE.findall(each))
    return found
