"""Defines the endpoints for vector stores: create, list, retrieve, update, delete. Also lets vector stores expire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from provisioner.emulator.checks.body_check import check_body
from provisioner.emulator.checks.limits import check_chunking, check_count, check_metadata, check_range
from provisioner.emulator.endpoints import files
from provisioner.emulator.endpoints.paging import Listing, page
from provisioner.emulator.file_indexing.indexing import COUNTED, STATUS
from provisioner.emulator.messages.refusal import Refusal
from provisioner.emulator.messages.request import ApiRequest, Reply
from provisioner.emulator.storage.database import Row, pack, unpack
from provisioner.emulator.storage.identifiers import new_id

DAY = 86400
MAX_FILES = 500

_CANCELLED = "count(CASE WHEN outcome = 'cancelled' THEN 1 END) AS cancelled"
#: The SQL queries that count the files of a vector store which are ready, and those which are not ready yet. Each query
#: reads only a part of one index, so a vector store with 100,000 files is counted quickly. Only completed files have a
#: size (`usage`).
COUNT_READY = (
    f"SELECT count(*) AS files, count(outcome) AS outcomes, {_CANCELLED}, "
    "count(CASE WHEN outcome = 'failed' THEN 1 END) AS failed, coalesce(sum(usage), 0) AS bytes "
    "FROM members INDEXED BY members_by_readiness WHERE store_id = ? AND ready_at <= ?"
)
COUNT_WAITING = (
    f"SELECT count(*) AS files, {_CANCELLED} "
    "FROM members INDEXED BY members_by_readiness WHERE store_id = ? AND ready_at > ?"
)


def create(call: ApiRequest) -> Reply:
    """Handles `POST /vector_stores`: creates a vector store and returns it."""
    body = check_body(call.body, "VectorStoreCreateParams")
    check_count("file_ids", body.get("file_ids"), MAX_FILES)
    days = _days(body.get("expires_after"))
    metadata = check_metadata(body.get("metadata"))
    chunking = check_chunking(body.get("chunking_strategy"))
    wanted = [files.find(call, identifier) for identifier in dict.fromkeys(body.get("file_ids", ()))]
    with call.database.writing():
        identifier = insert(call, body.get("name", ""), metadata, days, wanted, chunking)
    return render(call, find(call, identifier))


def insert(
    call: ApiRequest,
    name: str,
    metadata: dict[str, str],
    days: int | None,
    members: Sequence[Row],
    chunking: dict[str, Any],
) -> str:
    """Creates a vector store, and returns its id. `members` are the rows of the files that are attached, and `chunking`
    is their chunking strategy. The vector store expires if it is not used for `days` days; None means that it does not
    expire.

    Must be called inside a transaction.
    """
    identifier = new_id("vs_")
    call.database.run(
        "INSERT INTO stores (id, name, metadata, days, created_at, last_active_at) VALUES (?, ?, ?, ?, ?, ?)",
        identifier,
        name,
        pack(metadata),
        days,
        call.second,
        call.second,
    )
    for file in members:
        call.indexing.attach(identifier, file, call.now, None, chunking)
    return identifier


def list_all(call: ApiRequest) -> Reply:
    """Handles `GET /vector_stores`: returns a page of the vector stores."""
    return page(call, Listing("stores"), lambda store: render(call, store))


def retrieve(call: ApiRequest) -> Reply:
    """Handles `GET /vector_stores/{vector_store_id}`: returns the vector store."""
    return render(call, find(call, call.ids["vector_store_id"]))


def update(call: ApiRequest) -> Reply:
    """Handles `POST /vector_stores/{vector_store_id}`: changes the name, the metadata and `expires_after`, and returns
    the vector store. Null removes a value.
    """
    store = find(call, call.ids["vector_store_id"])
    body = check_body(call.body, "VectorStoreUpdateParams")
    name = (body["name"] or "") if "name" in body else store["name"]
    metadata = check_metadata(body["metadata"]) if "metadata" in body else unpack(store["metadata"])
    days = _days(body["expires_after"]) if "expires_after" in body else store["days"]
    with call.database.writing():
        call.database.run(
            "UPDATE stores SET name = ?, metadata = ?, days = ? WHERE id = ?", name, pack(metadata), days, store["id"]
        )
    return render(call, find(call, store["id"]))


def delete(call: ApiRequest) -> Reply:
    """Handles `DELETE /vector_stores/{vector_store_id}`: deletes the vector store. The uploaded files are not
    deleted.
    """
    identifier = find(call, call.ids["vector_store_id"])["id"]
    with call.database.writing():
        call.database.run("DELETE FROM stores WHERE id = ?", identifier)
    return {"id": identifier, "object": "vector_store.deleted", "deleted": True}


def expire(call: ApiRequest) -> None:
    """Gives the status `expired` to vector stores that were not used for longer than `expires_after`, and removes their
    files. An expired vector store keeps its id.
    """
    gone = "days IS NOT NULL AND NOT expired AND last_active_at + days * 86400 <= ?"
    if call.database.row(f"SELECT 1 FROM stores WHERE {gone}", call.second):
        with call.database.writing():
            call.database.run(
                f"DELETE FROM members WHERE store_id IN (SELECT id FROM stores WHERE {gone})", call.second
            )
            call.database.run(f"UPDATE stores SET expired = 1 WHERE {gone}", call.second)


def touch(call: ApiRequest, identifier: str) -> None:
    """Records the present time as the last use of the vector store with the id `identifier`. Must be called inside a
    transaction.
    """
    call.database.run("UPDATE stores SET last_active_at = ? WHERE id = ?", call.second, identifier)


def find(call: ApiRequest, identifier: str) -> Row:
    """Returns the row of the vector store with the id `identifier`. Raises Refusal with status 404 if the vector store
    does not exist.
    """
    row = call.database.row("SELECT * FROM stores WHERE id = ?", identifier)
    if row is None:
        raise Refusal(404, f"Vector store with id '{identifier}' not found.", param="vector_store_id")
    return row


def find_usable(call: ApiRequest, identifier: str) -> Row:
    """Returns the row of the vector store with the id `identifier`. Raises Refusal with status 404 if the vector store
    does not exist. Raises Refusal with status 400 if it has expired, because an expired vector store cannot be
    searched, and no file can be attached to it.
    """
    store = find(call, identifier)
    if store["expired"]:
        raise Refusal(400, f"Vector store '{identifier}' is expired.", code="vector_store_expired")
    return store


def render(call: ApiRequest, store: Row) -> dict[str, Any]:
    """Returns a vector store in the API's format, with the present number of its files in each status."""
    counts, usage = _count_members(call, store["id"])
    expires_at = store["last_active_at"] + store["days"] * DAY if store["days"] else None
    status = "expired" if store["expired"] else "in_progress" if counts["in_progress"] else "completed"
    policy = {"expires_after": {"anchor": "last_active_at", "days": store["days"]}} if store["days"] else {}
    return {
        "id": store["id"],
        "object": "vector_store",
        "name": store["name"],
        "status": status,
        "usage_bytes": usage,
        "created_at": store["created_at"],
        "file_counts": counts,
        "metadata": unpack(store["metadata"]),
        **policy,
        "expires_at": expires_at,
        "last_active_at": store["last_active_at"],
    }


def _count_members(call: ApiRequest, store_id: str) -> tuple[dict[str, int], int]:
    """Counts all files of the vector store `store_id`. Returns two values: the number of files in each status, keyed by
    status, with the sum under the key `total`; and the total size in bytes of the completed files.
    """
    ready, waiting = (call.database.rows(sql, store_id, call.now)[0] for sql in (COUNT_READY, COUNT_WAITING))
    counts = {
        "in_progress": ready["files"] - ready["outcomes"] + waiting["files"] - waiting["cancelled"],
        "completed": ready["outcomes"] - ready["failed"] - ready["cancelled"],
        "failed": ready["failed"],
        "cancelled": ready["cancelled"] + waiting["cancelled"],
    }
    return {**counts, "total": ready["files"] + waiting["files"]}, ready["bytes"]


def count(call: ApiRequest, where: str, *values: Any) -> tuple[dict[str, int], int]:
    """Returns two values: the number of files in each status, keyed by status, with the sum under the key `total`; and
    the total size in bytes of the completed files. `where` is the SQL condition that selects the files, and `values`
    are its parameters.
    """
    counts, usage = dict.fromkeys(COUNTED, 0), 0
    for row in call.database.rows(
        f"SELECT {STATUS.format(now=call.now)} AS status, count(*) AS files, sum(usage) AS bytes "
        f"FROM members WHERE {where} GROUP BY 1",
        *values,
    ):
        counts[row["status"]] = row["files"]
        usage += row["bytes"] if row["status"] == "completed" else 0
    return {**counts, "total": sum(counts.values())}, usage


def _days(policy: dict[str, Any] | None) -> int | None:
    if policy is None:
        return None
    days: int = policy["days"]
    check_range("expires_after.days", days, 1, 365)
    return days
