"""Decides quickly whether an uploaded file is unchanged, because most resources of a large project are uploaded files.
The result is the same as that of the general comparison in the module `comparison`.
"""

from __future__ import annotations

from provisioner.core.equality import same
from provisioner.core.objecttype import FILE
from provisioner.core.resource import Resource
from provisioner.openai_api.collections.collection import Live
from provisioner.state.records import Record


def is_unchanged_upload(resource: Resource, record: Record | None, live: Live | None, *, found: bool) -> bool:
    """Returns whether the resource is an uploaded file for which there is nothing to do and nothing to report.

    `record` is the record of the file, and `live` is its live object (None: the account was not read). `found` says
    whether the object still exists.
    """
    if resource.type != FILE.name or record is None or not found or record.type != resource.type:
        return False
    if live is not None and (live.status == "expired" or not same(live.fields, record.echo)):
        return False
    settings = (resource.lifecycle.protect, resource.pin) == (record.protect, record.pinned)
    return settings and not resource.needs and same(resource.inputs, record.inputs)
