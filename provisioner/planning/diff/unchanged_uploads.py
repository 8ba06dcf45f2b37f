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
    if live is not None and (live.status == "expired" or not _is_as_recorded(live, record)):
        return False
    settings = (resource.lifecycle.protect, resource.pin) == (record.protect, record.pinned)
    return settings and same(resource.inputs, record.inputs) and not resource.needs


def _is_as_recorded(live: Live, record: Record) -> bool:
    """Returns whether each field of the live file has the value that the API returned when the file was uploaded. The
    record may contain more than the fields, such as the time of the upload.
    """
    echo = record.echo
    return all(name in echo and same(value, echo[name]) for name, value in live.fields.items())
