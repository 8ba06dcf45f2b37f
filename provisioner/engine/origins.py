"""Finds out from a state how each of its objects was made."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from provisioner.core.address import Address
from provisioner.core.objecttype import FILE, TYPES
from provisioner.openai_api.collections.collection import Live
from provisioner.state.origin import origin_names
from provisioner.state.record_columns import bodies_of, body_of
from provisioner.state.record_texts import RecordText
from provisioner.state.records import Origin, Record, State
from provisioner.state.shape import LARGEST
from provisioner.state.versions import origins_of

NO_ORIGIN = Origin()


class Origins(Struct, frozen=True):
    """Everything that a state says about how its objects were made. An `Origin` is made when it is first needed,
    because most objects are uploads that `is_unchanged_upload` recognises.

    `records` are the records of the state, and `addresses` maps the ids of the recorded objects to addresses.
    `versions` maps the ids of the recorded versions of objects to their origins, and `others` maps the ids of further
    objects to their origins.
    """

    records: Mapping[Address, Record]
    addresses: Mapping[str, Address]
    versions: Mapping[str, Origin]
    others: Mapping[str, Origin]

    @classmethod
    def of(cls, state: State) -> Origins:
        """Returns the `Origins` of all objects and versions that `state` names."""
        addresses = {body.id: address for address, body in bodies_of(state.records)}
        versions: dict[str, Origin] = {}
        for address, body in bodies_of(state.records):
            if TYPES[body.type].versions is not None:
                found = origins_of(state.records[address])
                versions |= {id: origin for id, origin in found.items() if id != body.id}
        return cls(state.records, addresses, versions, state.origins)

    def find(self, id: str) -> Origin:
        """Returns the origin of the object or version with the id `id`. It is empty if the state does not know it."""
        found = self.others.get(id) or self.versions.get(id)
        if found is not None:
            return found
        address = self.addresses.get(id)
        body = None if address is None else body_of(self.records, address)
        if body is None:
            return NO_ORIGIN
        if isinstance(body, Record):
            return Origin.of(body)
        return Origin.from_echo(body.echoed(origin_names(body.type)), body.operation)

    def is_recorded(self, id: str) -> bool:
        """Returns whether the state has a record of the object or version with the id `id`."""
        return id in self.addresses or id in self.versions

    def is_unchanged_upload(self, address: Address, live: Live, as_recorded: Mapping[Address, RecordText]) -> bool:
        """Returns whether `live` certainly is the upload that is recorded for `address`: it has the recorded id, name,
        size and time. Returns False if this is not certain, and if the object is no upload. `as_recorded` are the
        texts of the records of those objects that certainly are as recorded.
        """
        if live.id in self.others:
            return False
        body = body_of(self.records, address)
        if body is None or body.type != FILE.name or body.id != live.id:
            return False
        return _has_recorded_traits(body, live) if isinstance(body, Record) else as_recorded.get(address) is body


def _has_recorded_traits(record: Record, live: Live) -> bool:
    """Returns whether the live upload `live` has the name, the size and the time in `record`. Returns False if one of
    them is not known.
    """
    echo, fields = record.echo, live.fields
    name, size, time = fields.get("filename"), fields.get("bytes"), live.created_at
    if type(name) is not str or type(size) is not int or not 0 <= size <= LARGEST or not 0 < time <= LARGEST:
        return False
    recorded = echo.get("filename"), echo.get("bytes"), echo.get("created_at")
    return recorded == (name, size, time) and bool not in map(type, recorded)
