"""Makes the `Turn` for a session from its items and from the tools of its agent. A model then answers this turn."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.emulator.answering.outputs import CodeRun, FunctionCall, McpCall, WebSearch
from provisioner.emulator.answering.turn import (
    CodeInterpreterTool,
    FunctionResult,
    FunctionTool,
    InputFile,
    Item,
    McpTool,
    Message,
    OtherTool,
    Tool,
    Turn,
)
from provisioner.emulator.endpoints.sessions.item_recording import read_command
from provisioner.emulator.endpoints.sessions.tables import ITEMS
from provisioner.emulator.messages.request import ApiRequest

Document = dict[str, Any]


def make_turn(call: ApiRequest, session: Mapping[str, Any]) -> Turn:
    """Returns the `Turn` for a session. The turn contains all items of the session so far, except the summaries of the
    model's reasoning.
    """
    agent = session["agent"]
    form = agent["text"]["format"]
    return Turn(
        model=agent["model"],
        instructions=agent["instructions"] or "",
        items=tuple(item for each in ITEMS.under(session["id"]).all(call) for item in _read_item(each)),
        tools=tuple(_read_tools(session)),
        answer_format=form["schema"] if form["type"] == "json_schema" else None,
    )


def count_messages(turn: Turn) -> int:
    """Returns the number of messages of the user in a turn."""
    return sum(isinstance(item, Message) and item.role == "user" for item in turn.items)


def _read_item(item: Mapping[str, Any]) -> Iterator[Item]:
    match item["type"]:
        case "message":
            texts = [part["text"] for part in item["content"] if "text" in part]
            images = [InputFile("", url=part["image_url"]) for part in item["content"] if "image_url" in part]
            yield Message(item["role"], "\n".join(texts), tuple(images))
        case "function_call":
            yield FunctionCall(item["name"], _write_arguments(item["arguments"]), item["call_id"])
        case "function_call_output":
            yield FunctionResult(item["call_id"], _read_output(item))
        case "command_execution":
            yield CodeRun(read_command(item["command"]), item["output"] or "")
        case "web_search_call":
            yield WebSearch(item["action"]["query"])
        case "mcp_call":
            arguments = _write_arguments(item["arguments"])
            yield McpCall(item["server_label"], item["name"], arguments, item["output"] or "")


def _write_arguments(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _read_output(item: Mapping[str, Any]) -> str:
    if item["status"] == "failed":
        return item["error"] or "The function failed."
    output = item["output"]
    if isinstance(output, list):
        return "\n".join(part["text"] for part in output if part["type"] == "input_text")
    return output or ""


def _read_tools(session: Mapping[str, Any]) -> Iterator[Tool]:
    if session["environment"]["type"] != "none":
        yield CodeInterpreterTool()
    for tool in session["agent"]["tools"]:
        if tool["type"] == "function":
            yield FunctionTool(tool["name"], tool["description"], tool["parameters"])
        elif tool["type"] == "mcp":
            yield McpTool(tool["server_label"], tuple(tool["allowed_tools"] or ()))
        elif tool.get("mode") != "disabled":
            yield OtherTool(tool["type"])
