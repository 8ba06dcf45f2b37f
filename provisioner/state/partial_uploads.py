"""Defines the journal's entries about uploads in parts. After a crash, the next run sends only the parts that are
missing, or cancels the upload.

An upload in parts becomes a file when it is completed. Until then, the API lists it nowhere, so the journal is the only
place where its id is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.authorship import LATEST_TIME
from provisioner.core.strictjson import NUMBER, Shape, check_shape
from provisioner.state.shape import DIGEST, ID, check_integer, check_number, check_text

#: The most parts of one upload. A file of 8 GB has 128 parts of 64 MB.
MOST_PARTS = 10_000


class UploadOpened(Struct, frozen=True):
    """The entry for an upload that was opened. `upload` is its id, and `content` is the digest of the content that will
    be uploaded.

    `bytes` is the size of the file, and `part_bytes` is the size of each part except the last one. `expires_at` is the
    time at which the upload expires at the API, in seconds since 1970 by the clock of this machine.
    """

    upload: str
    content: str
    filename: str
    bytes: int
    part_bytes: int
    expires_at: float

    def to_json(self) -> dict[str, Any]:
        """Returns the entry as JSON in the format of the journal."""
        return {
            "entry": "upload_opened",
            "upload": self.upload,
            "content": self.content,
            "filename": self.filename,
            "bytes": self.bytes,
            "part_bytes": self.part_bytes,
            "expires_at": self.expires_at,
        }


class PartStored(Struct, frozen=True):
    """The entry for a part that the API has stored. `number` counts the parts from 0, and `part` is the part's id."""

    upload: str
    number: int
    part: str

    def to_json(self) -> dict[str, Any]:
        """Returns the entry as JSON in the format of the journal."""
        return {"entry": "part_stored", "upload": self.upload, "number": self.number, "part": self.part}


class UploadCompleting(Struct, frozen=True):
    """The entry that is written before an upload is completed. From then on, the upload may have become a file."""

    upload: str

    def to_json(self) -> dict[str, Any]:
        """Returns the entry as JSON in the format of the journal."""
        return {"entry": "upload_completing", "upload": self.upload}


class UploadClosed(Struct, frozen=True):
    """The entry for an upload that was completed, was cancelled or has expired. Later runs ignore this upload."""

    upload: str

    def to_json(self) -> dict[str, Any]:
        """Returns the entry as JSON in the format of the journal."""
        return {"entry": "upload_closed", "upload": self.upload}


UploadEntry = UploadOpened | PartStored | UploadCompleting | UploadClosed

#: The values of `entry` in the entries about uploads.
UPLOAD_ENTRIES = ("upload_opened", "part_stored", "upload_completing", "upload_closed")
OPENED_SHAPE: Shape = {"upload": str, "content": str, "filename": str, "expires_at": NUMBER}


class PartialUpload(Struct, frozen=True):
    """An upload in parts that is not completed yet. `parts` maps the number of each stored part to its id. If
    `completing` is True, the request to complete the upload may have been sent.
    """

    opened: UploadOpened
    parts: Mapping[int, str] = field(default_factory=dict)
    completing: bool = False

    @property
    def id(self) -> str:
        """The id of the upload at the API."""
        return self.opened.upload

    @property
    def count(self) -> int:
        """The number of parts that the upload has when it is complete."""
        return -(-self.opened.bytes // self.opened.part_bytes)

    def entries(self) -> Iterator[UploadEntry]:
        """Yields journal entries that describe this upload, as few as possible."""
        yield self.opened
        for number, part in sorted(self.parts.items()):
            yield PartStored(self.id, number, part)
        if self.completing:
            yield UploadCompleting(self.id)


def parse_upload_entry(body: Mapping[str, Any]) -> UploadEntry:
    """Returns the entry for `body`, the JSON that `to_json` of an entry about an upload wrote. Raises KeyError,
    TypeError or ValueError if `body` has another form.
    """
    rest = {name: value for name, value in body.items() if name != "entry"}
    _check_id(rest["upload"])
    match body["entry"]:
        case "upload_opened":
            check_shape(rest, OPENED_SHAPE)
            check_number(rest["expires_at"], LATEST_TIME)
            opened = UploadOpened(**rest)
            if not DIGEST.fullmatch(opened.content):
                raise ValueError("the content of an upload is no digest")
            if not check_integer(opened.bytes) or not check_integer(opened.part_bytes):
                raise ValueError("an upload of nothing")
            if PartialUpload(opened).count > MOST_PARTS:
                raise ValueError("an upload in too many parts")
            return opened
        case "part_stored":
            _check_id(rest["part"])
            check_integer(rest["number"])
            return PartStored(**rest)
        case "upload_completing":
            return UploadCompleting(**rest)
        case "upload_closed":
            return UploadClosed(**rest)
        case other:
            raise ValueError(f"no such entry: {other}")


def _check_id(id: Any) -> None:
    """Raises TypeError or ValueError if `id` cannot be used in the path of a request."""
    if not ID.fullmatch(check_text(id)):
        raise ValueError("an id that nothing can be called by")


def find_upload_disagreement(entries: Iterable[object]) -> str | None:
    """Returns a sentence about the first contradiction between the entries about uploads in a journal, or None if there
    is no contradiction.
    """
    try:
        partial_uploads(entries)
    except ValueError as error:
        return str(error)
    return None


def partial_uploads(entries: Iterable[object]) -> dict[str, PartialUpload]:
    """Returns the uploads in the journal `entries` that are not closed, keyed by their ids. Entries about other things
    are ignored. Raises ValueError if an entry contradicts the entries before it.
    """
    found: dict[str, PartialUpload] = {}
    parts: dict[str, dict[int, str]] = {}
    for entry in entries:
        if isinstance(entry, UploadOpened):
            if entry.upload in found:
                raise ValueError(f"{entry.upload} is opened twice")
            parts[entry.upload] = {}
            found[entry.upload] = PartialUpload(entry, parts[entry.upload])
        elif isinstance(entry, PartStored | UploadCompleting | UploadClosed):
            upload = found.get(entry.upload)
            if upload is None:
                raise ValueError(f"{entry.upload} was not opened")
            if isinstance(entry, UploadClosed):
                del found[entry.upload]
            elif isinstance(entry, UploadCompleting):
                found[entry.upload] = replace(upload, completing=True)
            elif entry.number >= upload.count:
                raise ValueError(f"{entry.upload} has no part {entry.number}")
            else:
                parts[entry.upload][entry.number] = entry.part
    return found


def entries_of(uploads: Iterable[PartialUpload]) -> list[UploadEntry]:
    """Returns journal entries that describe `uploads`, as few as possible."""
    return [entry for upload in uploads for entry in upload.entries()]
