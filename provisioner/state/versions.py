"""Finds out from a record which version of an object contains the fields that were sent last, and when this version was
made.
"""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.core.address import Address
from provisioner.core.objecttype import TYPES
from provisioner.core.versionid import join_version
from provisioner.state.record_columns import bodies_of
from provisioner.state.records import Origin, Record
from provisioner.state.shape import ID, origin_fields

#: The field of an echo with the time at which the recorded version was made. An echo without this field has a version
#: that was made together with the object.
VERSION_TIME = "version_created_at"


def version_of(record: Record) -> str | None:
    """Returns the version id in `record`: the id of the object's version that contains the fields which were sent last.
    Returns None if objects of this type have no versions, or if the record contains no version id.
    """
    versions = TYPES[record.type].versions
    number = record.echo.get(versions.default) if versions else None
    found = join_version(record.id, number) if number and isinstance(number, str) else ""
    return found if ID.fullmatch(found) else None


def ids_of(record: Record) -> tuple[str, ...]:
    """Returns the id of the object in `record` and, if the object has versions, the id of the recorded version."""
    version = version_of(record)
    return (record.id,) if version is None else (record.id, version)


def ids_in(records: Mapping[Address, Record]) -> dict[str, Address]:
    """Returns the addresses of all recorded objects and versions, keyed by their ids. In a large state, only the
    records of objects with versions are converted.
    """
    found = {body.id: address for address, body in bodies_of(records)}
    for address, body in bodies_of(records):
        if TYPES[body.type].versions is not None:
            found |= dict.fromkeys(ids_of(records[address]), address)
    return found


def origins_of(record: Record) -> dict[str, Origin]:
    """Returns the `Origin` of the object in `record`, keyed by the object's id. An origin says how an object was made.
    If the record names a version of the object, the result also contains the origin of this version, keyed by the
    version's id.
    """
    found, version = {record.id: Origin.of(record)}, version_of(record)
    if version is not None:
        made = record.echo.get(VERSION_TIME, record.echo.get("created_at"))
        found[version] = Origin(**origin_fields({"created_at": made}))
    return found
