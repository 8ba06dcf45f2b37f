"""Finds out from a state how each of its objects was made."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from provisioner.core.objecttype import FILE, TYPES
from provisioner.openai_api.collections.collection import Live
from provisioner.state.records import Origin, Record, State
from provisioner.state.shape import LARGEST
from provisioner.state.versions import origins_of

NO_ORIGIN = Origin()


class Origins(Struct, frozen=True):
    """Everything that a state says about how its objects were made. An `Origin` is made when it is first needed,
    because most objects are uploads that `is_unchanged_upload` recognises.

    `records` maps the ids of the recorded objects to their records. `versions` maps the ids of the recorded versions of
    objects to their origins, and `others` maps the ids of further objects to their origins.
    """

    records: Mapping[str, Record]
    versions: Mapping[str, Origin]
    others: Mapping[str, Origin]

    @classmethod
    def of(cls, state: State) -> Origins:
        """Returns the `Origins` of all objects and versions that `state` names."""
        records = {record.id: record for record in state.records.values()}
        versioned = [record for record in records.values() if TYPES[record.type].versions is not None]
        versions = {id: origin for record in versioned for id, origin in origins_of(record).items() if id != record.id}
        return cls(records, versions, state.origins)

    def find(self, id: str) -> Origin:
        """Returns the origin of the object or version with the id `id`. It is empty if the state does not know it."""
        found = self.others.get(id) or self.versions.get(id)
        if found is not None:
            return found
        record = self.records.get(id)
        return NO_ORIGIN if record is None else Origin.of(record)

    def is_recorded(self, id: str) -> bool:
        """Returns whether the state has a record of the object or version with the id `id`."""
        return id in self.records or id in self.versions

    def is_unchanged_upload(self, record: Record, live: Live) -> bool:
        """Returns whether `live` certainly is the upload in `record`: it has the recorded id, name, size and time.
        Returns False if this is not certain, and if the object is no upload.
        """
        if record.type != FILE.name or record.id != live.id or live.id in self.others:
            return False
        echo, fields = record.echo, live.fields
        name, size, time = fields.get("filename"), fields.get("bytes"), live.created_at
        if type(name) is not str or type(size) is not int or not 0 <= size <= LARGEST or not 0 < time <= LARGEST:
            return False
        recorded = echo.get("filename"), echo.get("bytes"), echo.get("created_at")
        return recorded == (name, size, time) and bool not in map(type, recorded)
