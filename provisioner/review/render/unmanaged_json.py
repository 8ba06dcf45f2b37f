"""Converts the objects that the chosen environment of the project does not manage to JSON. The format is stable and has
a `format_version`.
"""

from __future__ import annotations

from typing import Any

from provisioner.core.estimate import Storage
from provisioner.planning.unmanaged import Survey, Unmanaged

FORMAT_VERSION = "1.0"


def unmanaged_json(found: Survey, storage: Storage | None) -> dict[str, Any]:
    """Returns a JSON object with all objects that the chosen environment of the project does not manage.

    In the result, `missing` contains the types that the server does not list. `unread` contains the environments of the
    project whose state cannot be read. `storage` is null if there are no unmanaged vector stores; its prices are in USD
    for 30 days.
    """
    return {
        "format_version": FORMAT_VERSION,
        "objects": [object_json(each) for each in found.objects],
        "missing": [{"type": type_, "reason": reason} for type_, reason in found.missing.items()],
        "unread": [{"environment": name, "reason": reason} for name, reason in found.unread.items()],
        "storage": None if storage is None else _storage_json(storage),
    }


def object_json(each: Unmanaged) -> dict[str, Any]:
    """Returns a JSON object that describes one unmanaged object. `created_at` is in seconds since 1970, and `bytes` is
    the size; both are null if they are not known. `owner` is the text of the object's ownership mark: the other
    project, or the other environment of the project, to which the object belongs. It is null if the object has no mark.
    """
    return {
        "type": each.type,
        "id": each.id,
        "name": each.name or None,
        "created_at": each.live.created_at or None,
        "bytes": each.size,
        "purpose": each.live.fields.get("purpose"),
        "status": each.live.status,
        "owner": each.owner,
        "used_by": [
            {"type": user.type, "id": user.id or None, "name": user.name or None, "managed_by": user.standing.value}
            for user in each.users
        ],
    }


def _storage_json(storage: Storage) -> dict[str, Any]:
    return {
        "bytes": storage.bytes_before,
        "bytes_unmanaged": storage.bytes_before - storage.bytes_after,
        "usd_per_month": storage.usd_before,
        "usd_per_month_without": storage.usd_after,
    }
