"""The journal's entries about uploads in parts: read as they were written, and refused where they were edited."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provisioner.core.errors import TornState
from provisioner.engine.guards import check_journal
from provisioner.state.backends.serialization import Serializer
from provisioner.state.journal import Entry, Opening
from provisioner.state.partial_uploads import (
    PartialUpload,
    PartStored,
    UploadClosed,
    UploadCompleting,
    UploadOpened,
    entries_of,
    partial_uploads,
)
from provisioner.state.sealing import UNSEALED

OPENING = Opening("lineage", 1, "here", "shop", "prod", 1.0)
OPENED = UploadOpened("upload_1", "a" * 64, "햄릿.md", 9, 4, 1_800_000_000.5)
STORED, COMPLETING, CLOSED = PartStored("upload_1", 2, "part_1"), UploadCompleting("upload_1"), UploadClosed("upload_1")
SERIALIZER = Serializer("prod", UNSEALED)


def read(lines: bytes) -> list[Entry]:
    return SERIALIZER.split(lines, "the journal", "a hint")


def test_entries_are_read_as_they_were_written() -> None:
    entries: list[Entry] = [OPENING, OPENED, STORED, COMPLETING, CLOSED]
    assert read(SERIALIZER.join(entries)) == entries
    assert check_journal(entries, None) == OPENING


def test_entries_fold_to_the_uploads_that_are_not_closed() -> None:
    upload = PartialUpload(OPENED, {2: "part_1"}, completing=True)
    assert partial_uploads([OPENING, OPENED, STORED, COMPLETING]) == {"upload_1": upload}
    assert partial_uploads(entries_of([upload])) == {"upload_1": upload}
    assert partial_uploads([OPENED, STORED, CLOSED]) == {}
    assert upload.count == 3


@pytest.mark.parametrize(
    "entries",
    [
        [STORED],
        [COMPLETING],
        [CLOSED],
        [OPENED, OPENED],
        [OPENED, CLOSED, STORED],
        [OPENED, PartStored("upload_1", 3, "p")],
    ],
    ids=["a part of nothing", "completing", "closed", "opened twice", "a part after the end", "a part too many"],
)
def test_entries_that_contradict_each_other(entries: list[Entry]) -> None:
    with pytest.raises(TornState, match="is not what provision wrote"):
        check_journal([OPENING, *entries], None)


@pytest.mark.parametrize(
    ("entry", "name", "value"),
    [
        (OPENED, "upload", "../files"),
        (OPENED, "upload", 1),
        (OPENED, "content", "abc"),
        (OPENED, "filename", None),
        (OPENED, "bytes", 0),
        (OPENED, "bytes", -1),
        (OPENED, "bytes", 1e3),
        (OPENED, "bytes", 2**60),
        (OPENED, "part_bytes", 0),
        (OPENED, "bytes", 40_001),
        (OPENED, "expires_at", 1e300),
        (OPENED, "more", 1),
        (STORED, "part", "a/b"),
        (STORED, "number", -1),
        (STORED, "number", True),
        (STORED, "number", "1"),
        (CLOSED, "upload", ""),
        (CLOSED, "entry", "upload_lost"),
    ],
)
def test_an_edited_entry_is_torn(entry: Entry, name: str, value: Any) -> None:
    line = json.dumps({**entry.to_json(), name: value}).encode() + b"\n"
    with pytest.raises(TornState):
        read(line)
