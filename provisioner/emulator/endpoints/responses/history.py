"""Finds the items that come before a response. These items are in the conversation of the response, or in earlier
responses.
"""

from __future__ import annotations

from typing import Any

from provisioner.emulator.endpoints.documents import DocumentTable
from provisioner.emulator.endpoints.parts import PartTable
from provisioner.emulator.messages.refusal import Refusal
from provisioner.emulator.messages.request import ApiRequest

RESPONSES = DocumentTable("response", "resp_", "response")
CONVERSATIONS = DocumentTable("conversation", "conv_", "conversation")
#: The input and the output of each response, and the items of each conversation.
INPUTS, OUTPUTS, ITEMS = PartTable("input"), PartTable("output"), PartTable("item")


def find_response(call: ApiRequest, identifier: str) -> dict[str, Any]:
    """Returns the stored response with the id `identifier`. Raises Refusal with status 404 if the response does not
    exist.
    """
    try:
        return RESPONSES.find(call, identifier)
    except Refusal:
        raise Refusal(404, f"Response with id '{identifier}' not found.") from None


def find_conversation(call: ApiRequest, identifier: str) -> dict[str, Any]:
    """Returns the stored conversation with the id `identifier`. Raises Refusal with status 404 if the conversation does
    not exist.
    """
    try:
        return CONVERSATIONS.find(call, identifier)
    except Refusal:
        raise Refusal(404, f"Conversation with id '{identifier}' not found.") from None


def items_before(call: ApiRequest, body: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the items that come before the input of a request, the oldest first. `body` is the body of the request.

    Raises Refusal if the body names a response or conversation that does not exist, a previous response that is still
    in progress, or both a response and a conversation.
    """
    previous, conversation = body.get("previous_response_id"), conversation_of(body)
    if previous is not None and conversation is not None:
        message = (
            "Mutually exclusive parameters: 'previous_response_id' and 'conversation'. "
            "Ensure you are only providing one of: 'previous_response_id' or 'conversation'."
        )
        raise Refusal(400, message, code="mutually_exclusive_parameters")
    if conversation is not None:
        return ITEMS.all(call, find_conversation(call, conversation)["id"])
    return _items_of_chain(call, previous) if previous is not None else []


def conversation_of(body: dict[str, Any]) -> str | None:
    """Returns the id of the conversation in `body`, the body of a request. Returns None if the body contains no
    conversation.
    """
    named = body.get("conversation")
    return named["id"] if isinstance(named, dict) else named


def _items_of_chain(call: ApiRequest, identifier: str) -> list[dict[str, Any]]:
    chain: list[list[dict[str, Any]]] = []
    wanted: str | None = identifier
    while wanted is not None:
        row = call.database.row(
            "SELECT json_extract(body, '$.previous_response_id') AS previous, json_extract(body, '$.status') AS status "
            "FROM documents WHERE kind = 'response' AND id = ?",
            wanted,
        )
        if row is None and not chain:
            message = f"Previous response with id '{identifier}' not found."
            raise Refusal(400, message, code="previous_response_not_found", param="previous_response_id")
        if row is None:
            break  # The response before was deleted meanwhile. Its items are gone with it.
        if row["status"] in ("queued", "in_progress") and not chain:
            message = f"Previous response with id '{identifier}' is still in progress."
            raise Refusal(400, message, code="previous_response_not_completed", param="previous_response_id")
        chain.append([*INPUTS.all(call, wanted), *OUTPUTS.all(call, wanted)])
        wanted = row["previous"]
    return [item for items in reversed(chain) for item in items]
