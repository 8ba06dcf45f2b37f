"""Defines the endpoints for files: upload, list, retrieve, delete, download."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from provisioner.emulator.checks.limits import check_range, read_integer
from provisioner.emulator.endpoints.paging import Listing, page
from provisioner.emulator.messages.refusal import Refusal, missing_parameter, unknown_parameter, unsupported_value
from provisioner.emulator.messages.request import ApiRequest, Content, Reply, Upload, takes_form, too_large
from provisioner.emulator.storage.database import Row
from provisioner.emulator.storage.identifiers import new_id

#: The accepted extensions for the purpose `assistants`: the list in public reports of `400 Invalid extension vb.
#: Supported formats: …`, and the types that file_search accepts.
EXTENSIONS = (
    "c", "cpp", "cs", "css", "csv", "doc", "docx", "gif", "go", "html", "java", "jpeg", "jpg", "js", "json", "md",
    "pdf", "php", "pkl", "png", "pptx", "py", "rb", "sh", "tar", "tex", "ts", "txt", "webp", "xlsx", "xml", "zip",
)  # fmt: skip
PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")
MAX_BYTES = 512 * 1024 * 1024
BATCH_EXPIRY = 30 * 86400
FORM_FIELDS = ("file", "purpose", "expires_after[anchor]", "expires_after[seconds]")


@takes_form(MAX_BYTES)
def create(call: ApiRequest) -> Reply:
    """Handles `POST /files`: stores the uploaded file and returns the file object."""
    form: dict[str, Any] = call.body
    for name in form:
        if name not in FORM_FIELDS:
            raise unknown_parameter(name)
    file, purpose = form.get("file"), form.get("purpose")
    if not isinstance(file, Upload):
        raise missing_parameter("file")
    if not isinstance(purpose, str):
        raise missing_parameter("purpose")
    if purpose not in PURPOSES:
        raise unsupported_value("purpose", purpose, PURPOSES)
    check_extension(file.filename, purpose)
    if not file.data:
        raise Refusal(400, "File is empty.", code="empty_file", param="file")
    if len(file.data) > MAX_BYTES:
        raise too_large(MAX_BYTES, "file")
    seconds = _expiry(form, purpose)
    with call.database.writing():
        row = add(call, file.filename, len(file.data), purpose, seconds)
        call.database.run("INSERT INTO contents VALUES (?, ?)", row["id"], file.data)
    return render(row)


def add(call: ApiRequest, filename: str, size: int, purpose: str, seconds: int | None) -> dict[str, Any]:
    """Adds a row for a new file to the database, and returns the row. The caller stores the file's content. `size` is
    the size of the file in bytes. The file expires after `seconds` seconds; None means that it does not expire. Must be
    called inside a transaction.
    """
    row = {
        "id": new_id("file-"),
        "filename": filename,
        "bytes": size,
        "purpose": purpose,
        "created_at": call.second,
        "expires_at": call.second + seconds if seconds else None,
    }
    call.database.run(
        "INSERT INTO files (id, filename, bytes, purpose, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
        *row.values(),
    )
    return row


def check_extension(filename: str, purpose: str) -> None:
    """Raises Refusal if a file with the purpose `purpose` cannot have the extension of `filename`."""
    if purpose != "assistants":
        return
    name = filename.replace("\\", "/").rstrip("/").rpartition("/")[2]
    dot = name.rfind(".")
    extension = name[dot + 1 :].lower() if dot > 0 else ""
    if extension not in EXTENSIONS:
        known = ", ".join(f'"{each}"' for each in EXTENSIONS)
        raise Refusal(400, f"Invalid extension {extension}. Supported formats: {known}", param="file")


def _expiry(form: dict[str, Any], purpose: str) -> int | None:
    anchor, seconds = form.get("expires_after[anchor]"), form.get("expires_after[seconds]")
    if anchor is None and seconds is None:
        return BATCH_EXPIRY if purpose == "batch" else None
    if anchor is None:
        raise missing_parameter("expires_after.anchor")
    if seconds is None:
        raise missing_parameter("expires_after.seconds")
    if anchor != "created_at":
        raise unsupported_value("expires_after.anchor", anchor, ("created_at",))
    number = read_integer("expires_after.seconds", seconds)
    check_range("expires_after.seconds", number, 3600, 2592000)
    return number


def list_all(call: ApiRequest) -> Reply:
    """Handles `GET /files`: returns a page of the file objects."""
    purpose = call.query.get("purpose")
    where, values = ("purpose = ?", (purpose,)) if purpose else ("1", ())
    return page(call, Listing("files", where=where, values=values, default=10_000, maximum=10_000), render)


def retrieve(call: ApiRequest) -> Reply:
    """Handles `GET /files/{file_id}`: returns the file object."""
    return render(find(call, call.ids["file_id"]))


def delete(call: ApiRequest) -> Reply:
    """Handles `DELETE /files/{file_id}`: deletes the file, and removes it from every vector store."""
    identifier = find(call, call.ids["file_id"])["id"]
    with call.database.writing():
        call.database.run("DELETE FROM files WHERE id = ?", identifier)
    return {"object": "file", "id": identifier, "deleted": True}


def download(call: ApiRequest) -> Reply:
    """Handles `GET /files/{file_id}/content`: returns the bytes of the file. A file with the purpose `assistants` is
    refused.
    """
    file = find(call, call.ids["file_id"])
    if file["purpose"] == "assistants":
        raise Refusal(400, "Not allowed to download files of purpose: assistants")
    return Content(read(call, file["id"]))


def expire(call: ApiRequest) -> None:
    """Deletes the files whose expiry time has passed."""
    gone = "expires_at IS NOT NULL AND expires_at <= ?"
    if call.database.row(f"SELECT 1 FROM files WHERE {gone}", call.second):
        with call.database.writing():
            call.database.run(f"DELETE FROM files WHERE {gone}", call.second)


def find(call: ApiRequest, identifier: str) -> Row:
    """Returns the row of the file with the id `identifier`. Raises Refusal with status 404 if the file does not
    exist.
    """
    row = call.database.row("SELECT * FROM files WHERE id = ?", identifier)
    if row is None:
        raise Refusal(404, f"No such File object: {identifier}", param="id")
    return row


def read(call: ApiRequest, identifier: str) -> bytes:
    """Returns the bytes of the file with the id `identifier`. The result is empty if the file does not exist."""
    row = call.database.row("SELECT data FROM contents WHERE file_id = ?", identifier)
    if row is None:
        rows = call.database.rows("SELECT id FROM upload_parts WHERE file_id = ? ORDER BY place", identifier)
        return b"".join(read_part(call, part["id"]) for part in rows)
    return bytes(row["data"])


def read_part(call: ApiRequest, identifier: str) -> bytes:
    """Returns the content of an uploaded part of a file. `identifier` is the id of the part."""
    row = call.database.rows("SELECT is_packed, data FROM upload_parts WHERE id = ?", identifier)[0]
    return zlib.decompress(row["data"]) if row["is_packed"] else bytes(row["data"])


def render(file: Row | Mapping[str, Any]) -> dict[str, Any]:
    """Returns a file object in the API's format. The field `expires_at` is present only if the file expires, because
    the specification does not allow null.
    """
    expiry = {} if file["expires_at"] is None else {"expires_at": file["expires_at"]}
    return {
        "object": "file",
        "id": file["id"],
        "purpose": file["purpose"],
        "filename": file["filename"],
        "bytes": file["bytes"],
        "created_at": file["created_at"],
        **expiry,
        "status": "processed",
    }
