"""Decides quickly whether an uploaded file is unchanged, because most resources of a large project are uploaded files.
The result is the same as that of the general comparison in the module `comparison`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from provisioner.core.address import Address
from provisioner.core.equality import same
from provisioner.core.objecttype import FILE
from provisioner.core.resource import Resource
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.diff.actual import Actual
from provisioner.planning.shown_objects import is_shown_as_recorded
from provisioner.state.record_columns import text_of
from provisioner.state.record_texts import RecordText
from provisioner.state.records import Record, State

#: The types of most values. Values of these types are equal in JSON if they are equal in Python.
PLAIN = frozenset((str, int))


def find_unchanged_uploads(
    resources: Iterable[Resource], state: State, actual: Actual, moves: Mapping[Address, Address]
) -> dict[Address, str]:
    """Returns the ids of the uploaded files in `resources` for which there is nothing to do and nothing to report, by
    address. Renamed files (`moves`), and files that this state did not upload, are left out.
    """
    found: dict[Address, str] = {}
    if FILE.name in actual.gone:
        return found
    records, live, strangers, is_read = state.records, actual.live, actual.strangers, actual.refreshed
    for resource in resources:
        if resource.type != FILE.name:
            continue
        address = resource.address
        there = live.get(address)
        if address not in records or (is_read and there is None) or address in moves:
            continue
        text = text_of(records, address)
        if (
            text is not None
            and text.id not in strangers
            and is_declared_as_recorded(resource, text)
            # If the state has changed since the live objects were compared, it contains another text.
            and (there is None or actual.as_recorded.get(address) is text or is_shown_as_recorded(text, there))
        ):
            found[address] = text.id
            continue
        record = records[address]
        if record.marked is None and record.id not in strangers and is_unchanged_upload(resource, record, there):
            found[address] = record.id
    return found


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


def is_declared_as_recorded(resource: Resource, text: RecordText) -> bool:
    """Returns whether the resource is an uploaded file that certainly is declared as it is recorded, because its values
    have the same JSON as those in the text of its record. If the result is False, `is_unchanged_upload` decides.
    """
    if text.type != FILE.name or not text.is_of_plain_upload or resource.pin is not None:
        return False
    if resource.lifecycle.protect != text.protect or not PLAIN.issuperset(map(type, resource.inputs.values())):
        return False
    return text.has_inputs(resource.inputs)


def _is_contained(fields: Mapping[str, Any], echo: Mapping[str, Any]) -> bool:
    """Returns whether each field of the live file (`fields`) has the value that the API returned when the file was
    uploaded. The record (`echo`) may contain more than the fields, such as the time of the upload.
    """
    if PLAIN.issuperset(map(type, fields.values())) and PLAIN.issuperset(map(type, echo.values())):
        return fields.items() <= echo.items()
    return all(name in echo and same(value, echo[name]) for name, value in fields.items())
