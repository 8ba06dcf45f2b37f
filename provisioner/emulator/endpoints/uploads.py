"""Defines the endpoints for uploads in parts: open, add a part, complete, cancel.

The messages of the refusals are the emulator's own, because OpenAI does not document them.
"""

from __future__ import annotations

import hashlib
import zlib
from typing import Any

from provisioner.emulator.checks.body_check import check_body
from provisioner.emulator.checks.limits import check_range
from provisioner.emulator.endpoints import files
from provisioner.emulator.messages.refusal import Refusal, invalid, missing_parameter, unknown_parameter
from provisioner.emulator.messages.request import ApiRequest, Reply, Upload, takes_form, too_large
from provisioner.emulator.storage.database import Row
from provisioner.emulator.storage.identifiers import new_id

#: The most bytes of one part and of one upload, and the seconds after which an upload expires (`createUpload` and
#: `addUploadPart` in OpenAI's specification).
MAX_PART, MAX_UPLOAD, LIFETIME = 64 * 1024 * 1024, 8 * 1024**3, 3600
#: The number of bytes at the beginning of a part that show whether the part is worth compressing.
SAMPLE = 64 * 1024


def create(call: ApiRequest) -> Reply:
    """Handles `POST /uploads`: opens an upload and returns it."""
    body = check_body(call.body, "UploadCreateParams")
    check_range("bytes", body["bytes"], 1, MAX_UPLOAD)
    for name in ("filename", "mime_type"):
        if not body[name]:
            raise invalid(name, "must not be empty.")
    files.check_extension(body["filename"], body["purpose"])
    expiry = body.get("expires_after")
    if expiry:
        check_range("expires_after.seconds", expiry["seconds"], 3600, 2592000)
    seconds = expiry["seconds"] if expiry else (files.BATCH_EXPIRY if body["purpose"] == "batch" else None)
    identifier = new_id("upload_")
    with call.database.writing():
        call.database.run(
            "INSERT INTO uploads (id, filename, bytes, purpose, created_at, expires_at, seconds, status) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, 'pending')",
            identifier,
            body["filename"],
            body["bytes"],
            body["purpose"],
            call.second,
            call.second + LIFETIME,
            seconds,
        )
    return _render(call, _find(call, identifier))


@takes_form(MAX_PART)
def add_part(call: ApiRequest) -> Reply:
    """Handles `POST /uploads/{upload_id}/parts`: stores a part of the file and returns the part object."""
    upload = _find_pending(call)
    form: dict[str, Any] = call.body
    for name in form:
        if name != "data":
            raise unknown_parameter(name)
    part = form.get("data")
    if not isinstance(part, Upload):
        raise missing_parameter("data")
    if not part.data:
        raise Refusal(400, "The part is empty.", param="data")
    if len(part.data) > MAX_PART:
        raise too_large(MAX_PART, "data")
    row = call.database.rows(
        "SELECT coalesce(sum(bytes), 0) AS bytes FROM upload_parts WHERE upload_id = ?", upload["id"]
    )
    if row[0]["bytes"] + len(part.data) > MAX_UPLOAD:
        raise too_large(MAX_UPLOAD, "data")
    is_packed = len(zlib.compress(part.data[:SAMPLE], 1)) < len(part.data[:SAMPLE]) // 2
    identifier = new_id("part_")
    with call.database.writing():
        call.database.run(
            "INSERT INTO upload_parts (id, upload_id, bytes, is_packed, data) VALUES (?, ?, ?, ?, ?)",
            identifier,
            upload["id"],
            len(part.data),
            int(is_packed),
            zlib.compress(part.data, 1) if is_packed else part.data,
        )
    return {"id": identifier, "object": "upload.part", "created_at": call.second, "upload_id": upload["id"]}


def complete(call: ApiRequest) -> Reply:
    """Handles `POST /uploads/{upload_id}/complete`: makes a file of the parts in the given order, and returns the
    upload with the file object.
    """
    upload = _find_pending(call)
    body = check_body(call.body, "UploadCompleteParams")
    parts = list(body["part_ids"])
    sizes = {
        row["id"]: row["bytes"]
        for row in call.database.rows("SELECT id, bytes FROM upload_parts WHERE upload_id = ?", upload["id"])
    }
    for part in parts:
        if part not in sizes:
            raise Refusal(400, f"No part '{part}' was found in upload '{upload['id']}'.", param="part_ids")
    if len(set(parts)) != len(parts):
        raise invalid("part_ids", "each part may be named only once.")
    total = sum(sizes[part] for part in parts)
    if total != upload["bytes"]:
        raise Refusal(
            400, f"The parts have {total} bytes together, but the upload was opened for {upload['bytes']} bytes."
        )
    if "md5" in body:
        _check_md5(call, parts, body["md5"])
    with call.database.writing():
        file = files.add(call, upload["filename"], total, upload["purpose"], upload["seconds"])["id"]
        _store_content(call, upload["id"], file, parts, total)
        call.database.run("UPDATE uploads SET status = 'completed', file_id = ? WHERE id = ?", file, upload["id"])
    return _render(call, _find(call, upload["id"]))


def cancel(call: ApiRequest) -> Reply:
    """Handles `POST /uploads/{upload_id}/cancel`: discards the parts of the upload and returns the upload."""
    upload = _find_pending(call)
    _end(call, "cancelled", "id = ?", upload["id"])
    return _render(call, _find(call, upload["id"]))


def _check_md5(call: ApiRequest, parts: list[str], expected: str) -> None:
    """Raises Refusal if the MD5 of the parts in the given order is not `expected`, for example because the order is
    wrong.
    """
    digest = hashlib.md5(usedforsecurity=False)
    for part in parts:
        digest.update(files.read_part(call, part))
    if digest.hexdigest() != expected.lower():
        raise Refusal(
            400, f"The MD5 of the uploaded bytes is {digest.hexdigest()}, and {expected} was expected.", param="md5"
        )


def _store_content(call: ApiRequest, upload: str, file: str, parts: list[str], total: int) -> None:
    """Makes the content of the file `file` from the parts `parts` of the upload `upload`. `total` is the size of the
    content in bytes. If the content has more than `files.MAX_BYTES` bytes, which is too large for one row of the
    database, the parts are kept instead of being joined. Parts that are not in `parts` are deleted.
    """
    if total <= files.MAX_BYTES:
        data = b"".join(files.read_part(call, part) for part in parts)
        call.database.run("INSERT INTO contents VALUES (?, ?)", file, data)
    else:
        rows = [(file, place, part) for place, part in enumerate(parts)]
        call.database.run_many("UPDATE upload_parts SET file_id = ?, place = ? WHERE id = ?", rows)
    call.database.run("DELETE FROM upload_parts WHERE upload_id = ? AND file_id IS NULL", upload)


def _find_pending(call: ApiRequest) -> Row:
    """Returns the row of the upload that the path names. Raises Refusal if the upload does not exist, has expired, or
    was completed or cancelled.
    """
    _end(call, "expired", "expires_at <= ?", call.second)
    upload = _find(call, call.ids["upload_id"])
    if upload["status"] != "pending":
        raise Refusal(400, f"The upload '{upload['id']}' has the status {upload['status']}, and is no longer pending.")
    return upload


def _end(call: ApiRequest, status: str, condition: str, value: Any) -> None:
    """Gives pending uploads the status `status`, and discards their parts. The uploads are those that fulfil the SQL
    condition `condition`, which has the parameter `value`.
    """
    where = f"status = 'pending' AND {condition}"
    if call.database.row(f"SELECT 1 FROM uploads WHERE {where}", value):
        with call.database.writing():
            call.database.run(
                f"DELETE FROM upload_parts WHERE upload_id IN (SELECT id FROM uploads WHERE {where})", value
            )
            call.database.run(f"UPDATE uploads SET status = ? WHERE {where}", status, value)


def _find(call: ApiRequest, identifier: str) -> Row:
    row = call.database.row("SELECT * FROM uploads WHERE id = ?", identifier)
    if row is None:
        raise Refusal(404, f"No upload found with id '{identifier}'.", param="upload_id")
    return row


def _render(call: ApiRequest, upload: Row) -> dict[str, Any]:
    """Returns an upload object in the API's format. The field `file` is present only if the upload was completed."""
    made = {"file": files.render(files.find(call, upload["file_id"]))} if upload["file_id"] else {}
    return {
        "id": upload["id"],
        "object": "upload",
        "bytes": upload["bytes"],
        "created_at": upload["created_at"],
        "expires_at": upload["expires_at"],
        "filename": upload["filename"],
        "purpose": upload["purpose"],
        "status": upload["status"],
        **made,
    }
