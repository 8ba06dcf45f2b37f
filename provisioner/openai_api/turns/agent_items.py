"""Converts the items of a turn with a saved agent (the target `agents`) to events. Also converts messages to input
events of the API.

Source: `types/beta/agent_output_item.py` and `agent_session_input_param.py` in openai-python 3.57.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.openai_api.turns.events import Code, CodeOutput, FunctionAnswered, TextDelta, TurnEvent
from provisioner.openai_api.turns.response_items import ItemEvents
from provisioner.openai_api.turns.rounds import TurnFailed, text
from provisioner.openai_api.turns.turn import Message

PREFIX = "agent.session."
#: Items of a turn that are no part of the answer.
SILENT = ("function_call", "function_call_output", "agent_message")


def is_inner(turn: object) -> bool:
    """Returns whether a turn of the session belongs to a subagent. `turn` is the turn object of the API."""
    return isinstance(turn, Mapping) and turn.get("subagent_id") is not None


def events_of(name: str, data: Mapping[str, Any], found: ItemEvents) -> Iterator[TurnEvent]:
    """Converts an API event of the session to events of the turn, and yields them. `name` is the name of the API event,
    such as `turn.item.done`, and `data` is its JSON object. `found` makes the events.
    """
    if name == "turn.output_text.delta":
        yield TextDelta(text(data.get("delta")), text(data.get("item_id")))
    elif name == "turn.item.done" and isinstance(data.get("item"), Mapping):
        yield from item_events(data["item"], found)


def item_events(item: Mapping[str, Any], found: ItemEvents) -> Iterator[TurnEvent]:
    """Yields the events for a complete item of a turn. `found` makes the events."""
    kind, id = text(item.get("type")), text(item.get("id"))
    if kind == "command_execution":
        if found.is_new(id):
            yield Code(text(item.get("command")), id, "shell")
            if output := text(item.get("output")):
                yield CodeOutput(output, id)
    elif kind == "message" and item.get("role") == "user":
        return
    elif kind not in SILENT:
        yield from found.of_item(item)


def input_of(message: Message) -> dict[str, Any]:
    """Returns a message in the format in which the API expects input."""
    return {"role": "user", "content": [{"type": "input_text", "text": message.text}]}


def message_event(message: Message) -> dict[str, Any]:
    """Returns the API event that sends a message to the session."""
    return {"type": f"{PREFIX}input.message", "input": [input_of(message)]}


def result_event(result: FunctionAnswered, turn: str) -> dict[str, Any]:
    """Returns the API event that sends the result of a function to the session. `turn` is the id of the turn."""
    event = {"type": f"{PREFIX}input.tool_result", "turn_id": turn, "call_id": result.call}
    if result.failed:
        return {**event, "success": False, "error": result.output}
    return {**event, "success": True, "output": result.output}


def failure_of(error: object) -> TurnFailed:
    """Returns the exception for an error in a turn. `error` is the error that the API has returned in an event or in a
    turn object.
    """
    body = error if isinstance(error, Mapping) else {}
    return TurnFailed(text(body.get("message")) or "the turn failed", text(body.get("code")))
