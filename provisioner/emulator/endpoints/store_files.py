"""Defines the endpoints for the files in a vector store: attach, list, retrieve, change attributes, detach, read the
text.
"""

from __future__ import annotations

from typing import Any

from provisioner.emulator.checks.body_check import check_body
from provisioner.emulator.checks.limits import check_attributes, check_chunking
from provisioner.emulator.endpoints import files, stores
from provisioner.emulator.endpoints.paging import Listing, page
from provisioner.emulator.file_indexing.indexing import COUNTED, STATUS, read_text, status_of
from provisioner.emulator.messages.refusal import Refusal, unsupported_value
from provisioner.emulator.messages.request import ApiRequest, Reply
from provisioner.emulator.storage.database import Row, pack, unpack


def create(call: ApiRequest) -> Reply:
    """Handles `POST /vector_stores/{vector_store_id}/files`: attaches a file to the vector store, and returns the
    object that describes the attached file.
    """
    store = stores.find_usable(call, call.ids["vector_store_id"])
    body = check_body(call.body, "vector_stores.FileCreateParams")
    given = body.get("attributes")
    attributes = None if given is None else check_attributes(given)
    chunking = check_chunking(body.get("chunking_strategy"))
    file = files.find(call, body["file_id"])
    with call.database.writing():
        call.indexing.attach(store["id"], file, call.now, attributes, chunking)
        stores.touch(call, store["id"])
    return render(find(call, store["id"], file["id"]), call.now)


def list_all(call: ApiRequest) -> Reply:
    """Handles `GET /vector_stores/{vector_store_id}/files`: returns a page of the files in the vector store."""
    store = stores.find(call, call.ids["vector_store_id"])
    return list_members(call, "store_id = ?", store["id"])


def list_members(call: ApiRequest, scope: str, *values: Any) -> Reply:
    """Returns a page of the objects that describe attached files of vector stores. `scope` is the SQL condition that
    selects the files, and `values` are its parameters. If the query of the request contains `filter`, only files whose
    status is the value of `filter` are listed.
    """
    wanted = call.query.get("filter")
    if wanted and wanted not in COUNTED:
        raise unsupported_value("filter", wanted, COUNTED)
    # The first value of a scope is the store's id.
    hidden = call.indexing.hidden.of_list(values[0], is_first_page=not call.query.get("after"))
    where, parameters = (f"{STATUS.format(now=call.now)} = ?", (wanted,)) if wanted else ("1", ())
    if hidden:
        where += f" AND file_id NOT IN ({', '.join('?' * len(hidden))})"
    listing = Listing("members", scope, values, where, (*parameters, *hidden), key="file_id")
    return page(call, listing, lambda member: render(member, call.now))


def retrieve(call: ApiRequest) -> Reply:
    """Handles `GET /vector_stores/{vector_store_id}/files/{file_id}`: returns the object that describes the attached
    file.
    """
    return render(_called(call), call.now)


def update(call: ApiRequest) -> Reply:
    """Handles `POST /vector_stores/{vector_store_id}/files/{file_id}`: replaces all attributes of the file, and returns
    the object that describes the attached file.
    """
    member = _called(call)
    body = call.body if isinstance(call.body, dict) else {}
    # The SDK's type also has the store's id, which is in the path.
    given = check_body({**body, "vector_store_id": member["store_id"]}, "vector_stores.FileUpdateParams")
    attributes = check_attributes(given["attributes"])
    with call.database.writing():
        call.database.run("UPDATE members SET attributes = ? WHERE seq = ?", pack(attributes), member["seq"])
    return render(_called(call), call.now)


def delete(call: ApiRequest) -> Reply:
    """Handles `DELETE /vector_stores/{vector_store_id}/files/{file_id}`: detaches the file from the vector store. The
    uploaded file itself is not deleted.
    """
    member = _called(call)
    with call.database.writing():
        call.database.run("DELETE FROM members WHERE seq = ?", member["seq"])
        stores.touch(call, member["store_id"])
    return {"id": member["file_id"], "object": "vector_store.file.deleted", "deleted": True}


def content(call: ApiRequest) -> Reply:
    """Handles `GET /vector_stores/{vector_store_id}/files/{file_id}/content`: returns the text that was extracted from
    the file, or an empty list if its indexing has not completed.
    """
    member = _called(call)
    ready = status_of(member, call.now) == "completed"
    filename = files.find(call, member["file_id"])["filename"]
    return {
        "object": "vector_store.file_content.page",
        "data": [{"type": "text", "text": read_text(call.database, member["file_id"], filename)}] if ready else [],
        "has_more": False,
        "next_page": None,
    }


def find(call: ApiRequest, store_id: str, file_id: str) -> Row:
    """Returns the row of a file in a vector store. Raises Refusal with status 404 if the file is not attached to the
    vector store.
    """
    row = call.database.row("SELECT * FROM members WHERE store_id = ? AND file_id = ?", store_id, file_id)
    if row is None:
        raise Refusal(404, f"No file found with id '{file_id}' in vector store '{store_id}'.", param="file_id")
    return row


def _called(call: ApiRequest) -> Row:
    store = stores.find(call, call.ids["vector_store_id"])
    return find(call, store["id"], call.ids["file_id"])


def render(member: Row, now: float) -> dict[str, Any]:
    """Returns the object that describes an attached file of a vector store, in the API's format. `member` is the row of
    the file in the database. The object contains the status at the time `now`, in seconds since 1970.
    """
    status = status_of(member, now)
    error = {"code": member["code"], "message": member["message"]} if status == "failed" else None
    return {
        "id": member["file_id"],
        "object": "vector_store.file",
        "usage_bytes": member["usage"] if status == "completed" else 0,
        "created_at": member["created_at"],
        "vector_store_id": member["store_id"],
        "status": status,
        "last_error": error,
        "chunking_strategy": unpack(member["chunking"]),
        "attributes": unpack(member["attributes"]),
    }
