"""What the endpoints for uploads in parts refuse, and what becomes of the parts. They are called without a server."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import pytest

from provisioner.emulator.answering.opening import open_answering
from provisioner.emulator.answering.running import RunningTurns
from provisioner.emulator.endpoints import files, uploads
from provisioner.emulator.faults import Faults
from provisioner.emulator.file_indexing.indexing import Indexing
from provisioner.emulator.messages.refusal import Refusal
from provisioner.emulator.messages.request import ApiRequest, Upload
from provisioner.emulator.options import Options
from provisioner.emulator.storage.database import Database

NOW = 1_800_000_000
BODY = {"bytes": 6, "filename": "a.jsonl", "mime_type": "text/jsonl", "purpose": "user_data"}


class Calls:
    """Calls endpoints at a time of the test's choice."""

    def __init__(self, database: Database) -> None:
        faults = Faults(())
        self.database, self.now = database, float(NOW)
        self._parts = (Indexing(database, 0, faults), open_answering(Options(), faults), RunningTurns())

    def request(self, body: Any = None, **ids: str) -> ApiRequest:
        indexing, answering, running = self._parts
        return ApiRequest(self.database, indexing, self.now, answering, running, ids, body=body)

    def open(self, **fields: Any) -> str:
        opened: Any = uploads.create(self.request({**BODY, **fields}))
        return str(opened["id"])

    def part(self, upload: str, data: bytes) -> str:
        stored: Any = uploads.add_part(self.request({"data": Upload("part", data)}, upload_id=upload))
        return str(stored["id"])

    def complete(self, upload: str, parts: Sequence[str], **fields: Any) -> Any:
        return uploads.complete(self.request({"part_ids": list(parts), **fields}, upload_id=upload))

    def cancel(self, upload: str) -> Any:
        return uploads.cancel(self.request({}, upload_id=upload))

    def count_parts(self) -> int:
        return int(self.database.rows("SELECT count(*) AS count FROM upload_parts")[0]["count"])


@pytest.fixture
def calls() -> Iterator[Calls]:
    with closing(Database(None)) as database:
        yield Calls(database)


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"bytes": 0}, "bytes"),
        ({"bytes": 8 * 1024**3 + 1}, "bytes"),
        ({"bytes": "6"}, "bytes"),
        ({"filename": ""}, "filename"),
        ({"mime_type": ""}, "mime_type"),
        ({"purpose": "other"}, None),
        ({"purpose": "assistants", "filename": "a.vb"}, "file"),
        ({"expires_after": {"anchor": "created_at", "seconds": 60}}, "expires_after.seconds"),
        ({"more": 1}, "more"),
    ],
    ids=str,
)
def test_an_upload_that_cannot_be_opened(calls: Calls, fields: dict[str, Any], param: str | None) -> None:
    with pytest.raises(Refusal) as refused:
        calls.open(**fields)
    assert refused.value.status == 400
    assert refused.value.param == param or param is None


def test_the_largest_upload_is_opened(calls: Calls) -> None:
    assert calls.open(bytes=8 * 1024**3).startswith("upload_")


@pytest.mark.parametrize(("size", "status"), [(0, 400), (uploads.MAX_PART, 200), (uploads.MAX_PART + 1, 413)])
def test_the_size_of_a_part(calls: Calls, size: int, status: int) -> None:
    upload = calls.open(bytes=2 * uploads.MAX_PART)
    if status == 200:
        assert calls.part(upload, bytes(size))
        return
    with pytest.raises(Refusal) as refused:
        calls.part(upload, bytes(size))
    assert refused.value.status == status


def test_the_order_is_that_of_the_completion(calls: Calls) -> None:
    upload = calls.open()
    late, early = calls.part(upload, b"def"), calls.part(upload, b"abc")
    with pytest.raises(Refusal, match="MD5"):
        calls.complete(upload, [late, early], md5=md5(b"abcdef"))
    done = calls.complete(upload, [early, late], md5=md5(b"abcdef").upper())
    assert done["status"] == "completed"
    assert files.read(calls.request(), done["file"]["id"]) == b"abcdef"
    assert calls.count_parts() == 0


def test_a_part_that_was_stored_twice_is_named_once(calls: Calls) -> None:
    upload = calls.open()
    first, again, last = (calls.part(upload, data) for data in (b"abc", b"abc", b"def"))
    with pytest.raises(Refusal, match="9 bytes together"):
        calls.complete(upload, [first, again, last])
    with pytest.raises(Refusal, match="only once"):
        calls.complete(upload, [first, first])
    with pytest.raises(Refusal, match="3 bytes together"):
        calls.complete(upload, [first])
    with pytest.raises(Refusal, match="No part"):
        calls.complete(upload, ["part_other", last])
    assert calls.complete(upload, [again, last])["file"]["bytes"] == 6


def test_an_upload_expires_after_an_hour(calls: Calls) -> None:
    upload = calls.open()
    part = calls.part(upload, b"abcdef")
    calls.now = NOW + 3599
    calls.part(upload, b"a")
    calls.now = NOW + 3600
    for ask in (lambda: calls.part(upload, b"a"), lambda: calls.complete(upload, [part]), lambda: calls.cancel(upload)):
        with pytest.raises(Refusal, match="expired"):
            ask()
    assert calls.count_parts() == 0


@pytest.mark.parametrize("ending", ["completed", "cancelled"])
def test_an_upload_ends_once(calls: Calls, ending: str) -> None:
    upload = calls.open()
    part = calls.part(upload, b"abcdef")
    assert (calls.complete(upload, [part]) if ending == "completed" else calls.cancel(upload))["status"] == ending
    for ask in (lambda: calls.part(upload, b"a"), lambda: calls.complete(upload, [part]), lambda: calls.cancel(upload)):
        with pytest.raises(Refusal, match=ending):
            ask()
    assert calls.count_parts() == 0


def test_an_unknown_upload(calls: Calls) -> None:
    with pytest.raises(Refusal) as refused:
        calls.cancel("upload_other")
    assert refused.value.status == 404


def test_parts_of_another_upload_are_refused(calls: Calls) -> None:
    part = calls.part(calls.open(), b"abcdef")
    with pytest.raises(Refusal, match="No part"):
        calls.complete(calls.open(), [part])


def test_the_file_expires_as_it_was_opened(calls: Calls) -> None:
    upload = calls.open(expires_after={"anchor": "created_at", "seconds": 3600})
    part = calls.part(upload, b"abcdef")
    calls.now = NOW + 60
    assert calls.complete(upload, [part])["file"]["expires_at"] == NOW + 60 + 3600


def test_a_content_that_one_row_cannot_hold_stays_in_parts(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 5)
    noise = zlib.compress(b"abc" * 10)[:6]
    upload = calls.open(bytes=6 + len(noise))
    parts = [calls.part(upload, noise), calls.part(upload, bytes(6))]
    file = calls.complete(upload, parts, md5=md5(noise + bytes(6)))["file"]["id"]
    assert calls.count_parts() == 2
    assert files.read(calls.request(), file) == noise + bytes(6)
    files.delete(calls.request(file_id=file))
    assert calls.count_parts() == 0
