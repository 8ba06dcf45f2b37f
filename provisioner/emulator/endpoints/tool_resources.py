"""Checks and completes the field `tool_resources` of assistants and threads. This field names the files of the code
interpreter, and the vector store of file search.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.emulator.checks.limits import check_chunking, check_count, check_metadata
from provisioner.emulator.endpoints import files, stores
from provisioner.emulator.messages.refusal import Refusal
from provisioner.emulator.messages.request import ApiRequest


def resolve_resources(
    call: ApiRequest,
    old: Mapping[str, Any],
    body: Mapping[str, Any],
    tool_types: set[str],
    days: int | None = None,
) -> dict[str, Any]:
    """Returns the field `tool_resources` that an assistant or thread has after a request. `old` is the stored field,
    and `body` is the body of the request. The result contains an entry for each tool in `tool_types` and for each tool
    that the request names. The entry contains a list of ids of files or vector stores, which can be empty.

    The request can describe a new vector store. This vector store expires if it is not used for `days` days; None means
    that it does not expire.
    """
    given = body.get("tool_resources") or {}
    kept = {} if "tool_resources" in body and body["tool_resources"] is None else old
    found: dict[str, Any] = {}
    if "code_interpreter" in tool_types or "code_interpreter" in given:
        listed = given.get("code_interpreter", {}).get("file_ids")
        if listed is not None:
            _check_files(call, listed)
        found["code_interpreter"] = {
            "file_ids": kept.get("code_interpreter", {}).get("file_ids", []) if listed is None else listed
        }
    if "file_search" in tool_types or "file_search" in given:
        attached = _attached_stores(call, given.get("file_search", {}), days)
        found["file_search"] = {
            "vector_store_ids": kept.get("file_search", {}).get("vector_store_ids", [])
            if attached is None
            else attached
        }
    return found


def _check_files(call: ApiRequest, listed: Sequence[str]) -> None:
    param = "tool_resources.code_interpreter.file_ids"
    check_count(param, listed, 20)
    for identifier in listed:
        try:
            files.find(call, identifier)
        except Refusal as error:
            raise Refusal(400, f"No file found with id '{identifier}'.", code="invalid_value", param=param) from error


def _attached_stores(call: ApiRequest, given: Mapping[str, Any], days: int | None) -> list[str] | None:
    """Returns the ids of the vector stores that `given` names. `given` is the object `file_search` in the field
    `tool_resources` of a request. If `given` describes a new vector store, creates this vector store and returns its
    id. The new vector store expires if it is not used for `days` days; None means that it does not expire.

    Returns None if `given` neither names nor describes a vector store.
    """
    param = "tool_resources.file_search"
    listed, made = given.get("vector_store_ids"), given.get("vector_stores")
    if listed is None and made is None:
        return None
    check_count(f"{param}.vector_store_ids", [*(listed or []), *(made or [])], 1)
    for identifier in listed or []:
        try:
            stores.find(call, identifier)
        except Refusal as error:
            raise Refusal(400, error.message, code="invalid_value", param=f"{param}.vector_store_ids") from error
    return [*(listed or []), *[_make_store(call, store, f"{param}.vector_stores[0]", days) for store in made or []]]


def _make_store(call: ApiRequest, store: Mapping[str, Any], path: str, days: int | None) -> str:
    members = [files.find(call, identifier) for identifier in dict.fromkeys(store.get("file_ids", ()))]
    chunking = check_chunking(store.get("chunking_strategy"), f"{path}.chunking_strategy")
    metadata = check_metadata(store.get("metadata"), f"{path}.metadata")
    with call.database.writing():
        return stores.insert(call, "", metadata, days, members, chunking)
