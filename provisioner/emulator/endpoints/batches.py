"""Defines the endpoints for file batches. A file batch attaches many files to a vector store with one request. A client
can ask for the status of a batch and cancel it.
"""

from __future__ import annotations

from typing import Any

from provisioner.emulator.checks.body_check import check_body
from provisioner.emulator.checks.limits import check_attributes, check_chunking, check_count
from provisioner.emulator.endpoints import files, store_files, stores
from provisioner.emulator.messages.refusal import Refusal, invalid, missing_parameter
from provisioner.emulator.messages.request import ApiRequest, Reply
from provisioner.emulator.storage.database import Row
from provisioner.emulator.storage.identifiers import new_id

MAX_FILES = 2000
"""The most files in a batch, from OpenAI's specification. The guide says 500."""

IN_BATCH = (
    "seq IN (SELECT member.seq FROM batches CROSS JOIN batch_files CROSS JOIN members AS member "
    "WHERE batches.store_id = ? AND batches.id = ? AND batch_id = batches.id "
    "AND member.store_id = batches.store_id AND member.file_id = batch_files.file_id)"
)
"""The SQL condition for the members of a batch. Its parameters are the ids of the vector store and of the batch. It
begins with the files of the batch (SQLite keeps the order of a CROSS JOIN), so that the size of the vector store does
not matter.
"""


def create(call: ApiRequest) -> Reply:
    """Handles `POST /vector_stores/{vector_store_id}/file_batches`: attaches the files and returns the batch. The body
    contains either `file_ids` or `files`.
    """
    store = stores.find_usable(call, call.ids["vector_store_id"])
    body = check_body(call.body, "vector_stores.FileBatchCreateParams")
    wanted = [(files.find(call, item["file_id"]), *_settings(item, path)) for item, path in _items(body)]
    identifier = new_id("vsfb_")
    with call.database.writing():
        call.database.run(
            "INSERT INTO batches (id, store_id, created_at) VALUES (?, ?, ?)", identifier, store["id"], call.second
        )
        for file, attributes, chunking in wanted:
            call.indexing.attach(store["id"], file, call.now, attributes, chunking)
        call.database.run_many(
            "INSERT OR IGNORE INTO batch_files VALUES (?, ?)", [(identifier, file["id"]) for file, *_ in wanted]
        )
        stores.touch(call, store["id"])
    return render(call, _find(call, store["id"], identifier))


def _items(body: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """Returns the files that a request attaches to a vector store. For each file, returns two values: a mapping with
    the file's id and its settings, and the path of these settings in the body.

    If the body contains `files`, each of them has its own settings, and the settings of the batch are ignored. Raises
    Refusal if the body contains no files, too many files, or both `file_ids` and `files`.
    """
    if "file_ids" in body and "files" in body:
        raise Refusal(
            400,
            "Mutually exclusive parameters: 'file_ids' and 'files'. Provide one of them.",
            code="mutually_exclusive_parameters",
            param="files",
        )
    name = "files" if "files" in body else "file_ids"
    if name not in body:
        raise missing_parameter("file_ids")
    check_count(name, body[name], MAX_FILES)
    if not body[name]:
        raise invalid(
            name,
            "empty array. Expected an array with minimum length 1, but got an empty array instead.",
            "empty_array",
        )
    if name == "files":
        return [(item, f"files[{index}].") for index, item in enumerate(body["files"])]
    shared: dict[str, Any] = {key: body[key] for key in ("attributes", "chunking_strategy") if key in body}
    return [({"file_id": identifier, **shared}, "") for identifier in body["file_ids"]]


def _settings(item: dict[str, Any], path: str) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    given = item.get("attributes")
    attributes = None if given is None else check_attributes(given, f"{path}attributes")
    return attributes, check_chunking(item.get("chunking_strategy"), f"{path}chunking_strategy")


def retrieve(call: ApiRequest) -> Reply:
    """Handles `GET /vector_stores/{vector_store_id}/file_batches/{batch_id}`: returns the batch."""
    return render(call, _called(call))


def cancel(call: ApiRequest) -> Reply:
    """Handles `POST /vector_stores/{vector_store_id}/file_batches/{batch_id}/cancel`: cancels the indexing of the files
    that are in progress, and returns the batch.
    """
    batch = _called(call)
    counts, _ = stores.count(call, IN_BATCH, batch["store_id"], batch["id"])
    if counts["in_progress"]:
        with call.database.writing():
            call.database.run(
                f"UPDATE members SET outcome = 'cancelled', usage = 0 "
                f"WHERE {IN_BATCH} AND (outcome IS NULL OR ready_at > ?) AND outcome IS NOT 'cancelled'",
                batch["store_id"],
                batch["id"],
                call.now,
            )
            call.database.run("UPDATE batches SET cancelled = 1 WHERE id = ?", batch["id"])
    return render(call, _called(call))


def list_files(call: ApiRequest) -> Reply:
    """Handles `GET /vector_stores/{vector_store_id}/file_batches/{batch_id}/files`: returns a page of the batch's
    files.
    """
    batch = _called(call)
    return store_files.list_members(call, IN_BATCH, batch["store_id"], batch["id"])


def _called(call: ApiRequest) -> Row:
    store = stores.find(call, call.ids["vector_store_id"])
    return _find(call, store["id"], call.ids["batch_id"])


def _find(call: ApiRequest, store_id: str, identifier: str) -> Row:
    row = call.database.row("SELECT * FROM batches WHERE store_id = ? AND id = ?", store_id, identifier)
    if row is None:
        raise Refusal(
            404, f"No file batch found with id '{identifier}' in vector store '{store_id}'.", param="batch_id"
        )
    return row


def render(call: ApiRequest, batch: Row) -> dict[str, Any]:
    """Returns a file batch in the API's format, with the present number of files in each status. The status of the
    batch is `completed` if no file is in progress, even if files have failed.
    """
    counts, _ = stores.count(call, IN_BATCH, batch["store_id"], batch["id"])
    status = "cancelled" if batch["cancelled"] else "in_progress" if counts["in_progress"] else "completed"
    return {
        "id": batch["id"],
        "object": "vector_store.files_batch",
        "created_at": batch["created_at"],
        "vector_store_id": batch["store_id"],
        "status": status,
        "file_counts": counts,
    }
