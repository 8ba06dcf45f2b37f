"""Finds the records that contain an id. An object whose id is in a record is never deleted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from provisioner.core.address import Address
from provisioner.core.leaves import leaves
from provisioner.state.records import Record

#: The longest id of the API. Longer texts are no ids.
LONGEST_ID = 128


class Users:
    """An index from ids to the addresses whose recorded inputs contain them."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._users: dict[str, set[Address]] = {}
        self._ids: dict[Address, set[str]] = {}
        for record in records:
            self.put(record)

    def put(self, record: Record) -> None:
        """Adds a record, in place of the address's former one."""
        self.remove(record.address)
        self._ids[record.address] = strings(record.inputs)
        for id in self._ids[record.address]:
            self._users.setdefault(id, set()).add(record.address)

    def remove(self, address: Address) -> None:
        """Removes an address."""
        for id in self._ids.pop(address, ()):
            self._users[id].discard(address)

    def of(self, id: str) -> list[Address]:
        """Returns the addresses whose inputs contain this id, sorted."""
        return sorted(self._users.get(id, ()))


def strings(value: Any) -> set[str]:
    """Returns the short texts in a value, which may be ids."""
    return {each for each in leaves(value) if isinstance(each, str) and len(each) <= LONGEST_ID}
