"""Decides whether the parts of an object are as recorded: the files of a vector store, or the versions of a skill. The
API's lists omit these parts.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from provisioner.core.address import Address
from provisioner.core.objecttype import TYPES
from provisioner.openai_api.collections.collection import Live
from provisioner.state.member_summary import MEMBER_SUMMARY, is_settled
from provisioner.state.record_columns import body_of
from provisioner.state.record_texts import RecordText, encode
from provisioner.state.records import Record


def is_as_recorded(
    unsettled: Container[Address], records: Mapping[Address, Record], address: Address, live: Live
) -> bool:
    """Returns whether the values in the API's list show that the parts of the object `live` (files or versions) are as
    recorded for `address`.

    Returns False if the list cannot prove this: the record contains no such values, as in a state that an older version
    of provision wrote; files are still being indexed; or the server counts fewer files than are recorded. Also returns
    False for the addresses in `unsettled`, whose last write got no response, and for objects without parts.
    """
    if address in unsettled:
        return False
    body = body_of(records, address)
    if isinstance(body, RecordText) and (holding := TYPES[body.type].members) is not None:
        return _has_recorded_summary(body, holding, live)
    record = records[address]
    declared = TYPES[record.type]
    if declared.members is not None:
        recorded = record.inputs.get(declared.members) or {}
        summary = live.summary
        return (
            summary is not None
            and is_settled(summary)
            and summary == record.echo.get(MEMBER_SUMMARY)
            and summary["file_counts"]["total"] >= len(recorded)
        )
    if declared.versions is not None:
        names = (declared.versions.default, declared.versions.latest)
        return all(name in live.fields and live.fields[name] == record.echo.get(name) for name in names)
    return False


def _has_recorded_summary(text: RecordText, holding: str, live: Live) -> bool:
    """Returns the same as `is_as_recorded` for a vector store whose record was not converted. `text` is the text of the
    record, and `holding` is the name of the field with the files.
    """
    summary, recorded = live.summary, text.parts("echo").get(MEMBER_SUMMARY)
    if summary is None or recorded is None or not is_settled(summary) or encode(summary) != bytes(recorded):
        return False
    return bool(summary["file_counts"]["total"] >= text.count_inputs(holding))
