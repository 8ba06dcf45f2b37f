"""Decides quickly whether an uploaded file is unchanged, because most resources of a large project are uploaded files.
The result is the same as that of the general comparison in the module `comparison`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.core.equality import same
from provisioner.core.objecttype import FILE
from provisioner.core.resource import Resource
from provisioner.openai_api.collections.collection import Live
from provisioner.state.records import Record

#: The types of most values. Values of these types are equal in JSON if they are equal in Python.
PLAIN = frozenset((str, int))


def is_unchanged_upload(resource: Resource, record: Record, live: Live | None) -> bool:
    """Returns whether the resource is an uploaded file for which there is nothing to do and nothing to report.

    `record` is the record of the file, and `live` is its live object (None: the account was not read).
    """
    if resource.type != FILE.name or record.type != resource.type:
        return False
    if live is not None and (live.status == "expired" or not _is_contained(live.fields, record.echo)):
        return False
    if resource.lifecycle.protect != record.protect or resource.pin != record.pinned:
        return False
    inputs, sent = resource.inputs, record.inputs
    if PLAIN.issuperset(map(type, inputs.values())) and PLAIN.issuperset(map(type, sent.values())):
        return bool(inputs == sent)
    return same(inputs, sent) and not resource.needs


def _is_contained(fields: Mapping[str, Any], echo: Mapping[str, Any]) -> bool:
    """Returns whether each field of the live file (`fields`) has the value that the API returned when the file was
    uploaded. The record (`echo`) may contain more than the fields, such as the time of the upload.
    """
    if PLAIN.issuperset(map(type, fields.values())) and PLAIN.issuperset(map(type, echo.values())):
        return fields.items() <= echo.items()
    return all(name in echo and same(value, echo[name]) for name, value in fields.items())
