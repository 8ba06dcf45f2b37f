"""Defines the endpoints for conversations and their items."""

from __future__ import annotations

from typing import Any

from provisioner.emulator.checks.body_check import check_body
from provisioner.emulator.checks.limits import check_count, check_metadata
from provisioner.emulator.endpoints.responses.history import CONVERSATIONS, ITEMS, find_conversation
from provisioner.emulator.endpoints.responses.input_items import resolve_input
from provisioner.emulator.endpoints.responses.items import shown
from provisioner.emulator.messages.refusal import Refusal
from provisioner.emulator.messages.request import ApiRequest, Reply

#: The most items of one request.
MAX_ITEMS = 20


def create(call: ApiRequest) -> Reply:
    """Handles `POST /conversations`: creates a conversation and returns it."""
    body = _check(call.body, "conversations.ConversationCreateParams")
    items = _resolve(call, body.get("items") or [])
    conversation = CONVERSATIONS.add(call, {"metadata": check_metadata(body.get("metadata"))})
    with call.database.writing():
        ITEMS.add(call, conversation["id"], items)
    return conversation


def retrieve(call: ApiRequest) -> Reply:
    """Handles `GET /conversations/{conversation_id}`: returns the conversation."""
    return _called(call)


def update(call: ApiRequest) -> Reply:
    """Handles `POST /conversations/{conversation_id}`: replaces the metadata and returns the conversation."""
    conversation = _called(call)
    body = check_body(call.body, "conversations.ConversationUpdateParams")
    return CONVERSATIONS.keep(call, {**conversation, "metadata": check_metadata(body["metadata"])})


def delete(call: ApiRequest) -> Reply:
    """Handles `DELETE /conversations/{conversation_id}`: deletes the conversation and its items."""
    identifier = _called(call)["id"]
    with call.database.writing():
        ITEMS.remove(call, identifier)
    return CONVERSATIONS.remove(call, identifier)


def create_items(call: ApiRequest) -> Reply:
    """Handles `POST /conversations/{conversation_id}/items`: adds items, and returns them."""
    conversation = _called(call)
    body = _check(call.body, "conversations.ItemCreateParams")
    items = _resolve(call, body["items"])
    with call.database.writing():
        ITEMS.add(call, conversation["id"], items)
    data = [shown(item, _include(call)) for item in items]
    ends = {"first_id": items[0]["id"] if items else None, "last_id": items[-1]["id"] if items else None}
    return {"object": "list", "data": data, "has_more": False, **ends}


def list_items(call: ApiRequest) -> Reply:
    """Handles `GET /conversations/{conversation_id}/items`: returns a page of the conversation's items."""
    listed = ITEMS.list(call, _called(call)["id"])
    return {**listed, "data": [shown(item, _include(call)) for item in listed["data"]]}


def retrieve_item(call: ApiRequest) -> Reply:
    """Handles `GET /conversations/{conversation_id}/items/{item_id}`: returns the item."""
    return shown(_called_item(call), _include(call))


def delete_item(call: ApiRequest) -> Reply:
    """Handles `DELETE /conversations/{conversation_id}/items/{item_id}`: deletes the item, and returns the
    conversation.
    """
    item, conversation = _called_item(call), _called(call)
    with call.database.writing():
        ITEMS.remove(call, conversation["id"], item["id"])
    return conversation


def _check(body: Any, shape: str) -> dict[str, Any]:
    """Checks the body of a request, except its items, against a type of the SDK, and returns the body. `shape` is the
    name of the type below `openai.types`. The items are checked later.
    """
    if not isinstance(body, dict) or "items" not in body:
        return check_body(body, shape)
    return {**check_body({**body, "items": []}, shape), "items": body["items"]}


def _resolve(call: ApiRequest, items: Any) -> list[dict[str, Any]]:
    resolved = resolve_input(call, items, "items")
    check_count("items", resolved, MAX_ITEMS)
    return resolved


def _include(call: ApiRequest) -> set[str]:
    return {*call.query.getlist("include[]"), *call.query.getlist("include")}


def _called(call: ApiRequest) -> dict[str, Any]:
    return find_conversation(call, call.ids["conversation_id"])


def _called_item(call: ApiRequest) -> dict[str, Any]:
    identifier = call.ids["item_id"]
    item = ITEMS.find(call, _called(call)["id"], identifier)
    if item is None:
        raise Refusal(404, f"Item with id '{identifier}' not found.")
    return item
