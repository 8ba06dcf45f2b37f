"""What records say of versions: which one holds what was sent last, and when it was made."""

from __future__ import annotations

from provisioner.core.objecttype import TYPES
from provisioner.core.versionid import join_version
from provisioner.state.records import Origin, Record
from provisioner.state.shape import ID, origin_fields

#: The field of an echo that says when the recorded version was made. The first one is made together with its object.
VERSION_TIME = "version_created_at"


def version_of(record: Record) -> str | None:
    """The id of the version that holds what was sent last; None where the object has no versions."""
    versions = TYPES[record.type].versions
    number = record.echo.get(versions.default) if versions else None
    found = join_version(record.id, number) if number and isinstance(number, str) else ""
    return found if ID.fullmatch(found) else None


def ids_of(record: Record) -> tuple[str, ...]:
    """The ids of what is ours: the object's and, where it has versions, that of the recorded one."""
    version = version_of(record)
    return (record.id,) if version is None else (record.id, version)


def origins_of(record: Record) -> dict[str, Origin]:
    """What a record says of how its object, and the version that it records, were made; by id."""
    found, version = {record.id: Origin.of(record)}, version_of(record)
    if version is not None:
        made = record.echo.get(VERSION_TIME, record.echo.get("created_at"))
        found[version] = Origin(**origin_fields({"created_at": made}))
    return found
