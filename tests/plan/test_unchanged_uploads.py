"""The fast comparison of uploads finds the same as the general one."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.objecttype import FILE
from provisioner.core.resource import Lifecycle, Pin, Resource
from provisioner.openai_api.collections import FIELDS
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.diff.comparison import Subject, Verdict, compare
from provisioner.planning.diff.unchanged_uploads import is_declared_as_recorded, is_unchanged_upload
from provisioner.planning.shown_objects import is_shown_as_recorded
from provisioner.state.record_texts import RecordText
from provisioner.state.records import Record

ADDRESS = Address("file", "books/hamlet.md")
INPUTS = {"sha256": "a" * 64, "purpose": "assistants", "bytes": 5, "filename": "hamlet.md"}
ECHO = {"filename": "hamlet.md", "bytes": 5, "purpose": "assistants"}
RESOURCE = Resource(ADDRESS, FILE.name, INPUTS)
RECORD = Record(ADDRESS, FILE.name, "file-1", INPUTS, ECHO)
LIVE = Live("file-1", ECHO, status="processed")


def subject(**changes: Any) -> Subject:
    return replace(Subject(RESOURCE, RECORD, LIVE, True, FIELDS[FILE.name], {}), **changes)


SUBJECTS = {
    "unchanged": subject(),
    "recorded with the time of the upload": subject(record=replace(RECORD, echo={**ECHO, "created_at": 1_700_000_000})),
    "recorded with the time of the upload, another name at OpenAI": subject(
        record=replace(RECORD, echo={**ECHO, "created_at": 1_700_000_000}),
        live=replace(LIVE, fields={**ECHO, "filename": "macbeth.md"}),
    ),
    "not refreshed": subject(live=None),
    "the recorded text": subject(
        record=replace(RECORD, echo={**ECHO, "created_at": 1_700_000_000}), live=replace(LIVE, created_at=1_700_000_000)
    ),
    "uploaded at another time": subject(
        record=replace(RECORD, echo={**ECHO, "created_at": 1_700_000_000}), live=replace(LIVE, created_at=1_700_000_001)
    ),
    "with needs": subject(record=replace(RECORD, needs=("file.a",))),
    "with sources": subject(record=replace(RECORD, sources={"tool.a": "b"})),
    "pinned": subject(record=replace(RECORD, pinned=Pin(1, "a" * 64, "b" * 64))),
    "a new one": subject(record=None),
    "deleted by others": subject(live=None, found=False),
    "expired": subject(live=replace(LIVE, status="expired")),
    "other content": subject(resource=replace(RESOURCE, inputs={**INPUTS, "sha256": "b" * 64})),
    "an expiry": subject(
        resource=replace(RESOURCE, inputs={**INPUTS, "expires_after": {"anchor": "created_at", "seconds": 3600}})
    ),
    "another name at OpenAI": subject(live=replace(LIVE, fields={**ECHO, "filename": "macbeth.md"})),
    "another purpose at OpenAI": subject(live=replace(LIVE, fields={**ECHO, "purpose": "user_data"})),
    "a field of a newer API": subject(live=replace(LIVE, fields={**ECHO, "newer": 1})),
    "an echo without a name": subject(record=replace(RECORD, echo={"bytes": 5})),
    "true is not 1": subject(
        resource=replace(RESOURCE, inputs={**INPUTS, "bytes": 1}),
        record=replace(RECORD, inputs={**INPUTS, "bytes": True}),
    ),
    "true at OpenAI is not 1": subject(
        resource=replace(RESOURCE, inputs={**INPUTS, "bytes": 1}),
        record=replace(RECORD, inputs={**INPUTS, "bytes": 1}, echo={**ECHO, "bytes": 1}),
        live=replace(LIVE, fields={**ECHO, "bytes": True}),
    ),
    "a size that is recorded as 5.0": subject(record=replace(RECORD, inputs={**INPUTS, "bytes": 5.0})),
    "protected from now on": subject(resource=replace(RESOURCE, lifecycle=Lifecycle(protect=True))),
}


UNCHANGED = {
    *("with needs", "with sources"),  # Such records are not those of files, and are left to the general comparison.
    *("unchanged", "recorded with the time of the upload", "not refreshed", "the recorded text"),
    "a size that is recorded as 5.0",
    "uploaded at another time",  # This is not a change. The state did not make such a file, which is found elsewhere.
}


#: The subjects whose JSON is the recorded one, including the time of the upload.
SURELY_UNCHANGED = {"the recorded text", "not refreshed"}


def record_text(record: Record) -> RecordText:
    return msgspec.json.decode(msgspec.json.encode(record.to_json(), order="sorted"), type=RecordText)


@pytest.mark.parametrize("name", SUBJECTS)
def test_an_upload_that_counts_as_unchanged_is_unchanged_in_the_general_comparison(name: str) -> None:
    each = SUBJECTS[name]
    record = each.record if each.found else None  # The planner looks only at recorded files that exist.
    is_unchanged = record is not None and is_unchanged_upload(each.resource, record, each.live)
    assert is_unchanged == (name in UNCHANGED)
    text = record_text(record) if record is not None else None
    is_declared = text is not None and is_declared_as_recorded(each.resource, text)
    is_shown = text is not None and (each.live is None or is_shown_as_recorded(text, each.live))
    assert (is_declared and is_shown) == (name in SURELY_UNCHANGED)
    if is_unchanged:
        assert compare(each) == Verdict(None)
