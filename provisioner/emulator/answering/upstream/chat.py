"""Converts a turn to a request for a chat completion: messages, tools and settings."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from provisioner.emulator.answering.outputs import (
    CodeRun,
    CustomCall,
    FileSearch,
    FunctionCall,
    McpCall,
    Refused,
    Text,
    WebSearch,
)
from provisioner.emulator.answering.turn import (
    CodeInterpreterTool,
    CustomTool,
    FileSearchTool,
    FunctionResult,
    FunctionTool,
    InputFile,
    Item,
    Message,
    Tool,
    Turn,
)
from provisioner.emulator.file_indexing.extraction import extract

#: The names of the functions that stand for built-in tools.
SEARCH, CODE = "file_search", "code_interpreter"
#: The most characters of a file's text in a message.
MOST_TEXT = 100_000
CITING = "Cite a passage with its number, such as 【1】, directly behind the sentence that uses it."


def chat_of(turn: Turn, model: str, rounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Returns the body of a request for the chat completion that answers a turn. `model` is the name of the model at
    the other server. A turn needs several requests if the model calls tools. `rounds` are the chat messages with these
    calls and their results, from the earlier requests of the turn.
    """
    body: dict[str, Any] = {"model": model, "messages": [*messages_of(turn), *rounds]}
    tools = [described for tool in turn.usable_tools() if (described := _describe(tool)) is not None]
    if tools:
        body["tools"] = tools
        body["tool_choice"] = _choice(turn, tools) if not rounds else "auto"
    if turn.answer_format is not None:
        schema = {"name": "answer", "schema": dict(turn.answer_format)}
        body["response_format"] = (
            {"type": "json_schema", "json_schema": schema} if turn.answer_format else {"type": "json_object"}
        )
    if turn.max_output_tokens is not None:
        body["max_completion_tokens"] = turn.max_output_tokens
    if turn.temperature is not None:
        body["temperature"] = turn.temperature
    return body


def _choice(turn: Turn, tools: list[dict[str, Any]]) -> Any:
    if turn.choice.mode == "required" and len(tools) == 1:
        return {"type": "function", "function": {"name": tools[0]["function"]["name"]}}
    return turn.choice.mode


def _describe(tool: Tool) -> dict[str, Any] | None:
    """Returns a tool in the format of a chat function. Returns None if the other server cannot use a tool of
    this type.
    """
    if isinstance(tool, FunctionTool):
        strict = {"strict": True} if tool.strict else {}
        return _function(tool.name, tool.description, dict(tool.parameters), **strict)
    if isinstance(tool, CustomTool):
        return _function(tool.name, tool.description, _one_text("input", "The input of the tool."))
    if isinstance(tool, FileSearchTool):
        description = f"Searches the files and returns numbered passages. {CITING}"
        return _function(SEARCH, description, _one_text("query", "What to search for."))
    if isinstance(tool, CodeInterpreterTool):
        description = "Runs Python code and returns what it prints. Files are in /mnt/data."
        return _function(CODE, description, _one_text("code", "The Python code."))
    return None


def _function(name: str, description: str, parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {"name": name, "description": description, "parameters": parameters, **more},
    }


def _one_text(name: str, description: str) -> dict[str, Any]:
    properties = {name: {"type": "string", "description": description}}
    return {"type": "object", "properties": properties, "required": [name], "additionalProperties": False}


def messages_of(turn: Turn) -> list[dict[str, Any]]:
    """Returns the instructions and the items of a turn as chat messages. Consecutive calls of functions become one
    message, together with the text of the assistant before them. Servers require this, because the results of all calls
    must directly follow the message with the calls.
    """
    messages: list[dict[str, Any]] = []
    if turn.instructions:
        messages.append({"role": "system", "content": turn.instructions})
    for number, item in enumerate(turn.items):
        for message in _messages(item, f"call_item_{number}"):
            last = messages[-1] if messages else {}
            if message.get("tool_calls") and last.get("tool_calls"):
                last["tool_calls"].extend(message["tool_calls"])
            elif message.get("tool_calls") and last.get("role") == "assistant":
                last["tool_calls"] = message["tool_calls"]
            else:
                messages.append(message)
    return messages


def _messages(item: Item, identifier: str) -> Iterator[dict[str, Any]]:
    match item:
        case Message():
            role = "system" if item.role == "developer" else item.role
            yield {"role": role, "content": _content(item)}
        case Text() | Refused():
            yield {"role": "assistant", "content": item.text}
        case FunctionCall():
            yield calling(item.call_id, item.name, item.arguments)
        case CustomCall():
            yield calling(item.call_id, item.name, json.dumps({"input": item.input}, ensure_ascii=False))
        case FunctionResult():
            yield result(item.call_id, item.output)
        case FileSearch():
            yield calling(identifier, SEARCH, json.dumps({"query": " ".join(item.queries)}, ensure_ascii=False))
            yield result(identifier, passages_of(item))
        case CodeRun():
            yield calling(identifier, CODE, json.dumps({"code": item.code}, ensure_ascii=False))
            yield result(identifier, item.logs)
        case WebSearch():
            yield {"role": "assistant", "content": f"(searched the web for: {item.query})"}
        case McpCall():
            yield {"role": "assistant", "content": f"({item.server_label}.{item.name} returned: {item.output})"}
        case _:
            return


def calling(identifier: str, name: str, arguments: str) -> dict[str, Any]:
    """Returns the chat message in which a model calls the function `name`. `identifier` is the id of the call, and
    `arguments` is JSON.
    """
    call = {"id": identifier, "type": "function", "function": {"name": name, "arguments": arguments}}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def result(identifier: str, output: str) -> dict[str, Any]:
    """Returns the chat message with the result `output` of a function call. `identifier` is the id of the call."""
    return {"role": "tool", "tool_call_id": identifier, "content": output}


def passages_of(found: FileSearch, known: int = 0) -> str:
    """Returns the passages in `found`, the result of a search, as a numbered text for a model. The first number is
    `known` + 1, because the model has already received `known` passages.
    """
    if not found.hits:
        return "No passage was found."
    return "\n\n".join(f"【{number}】 {hit.filename}:\n{hit.text}" for number, hit in enumerate(found.hits, known + 1))


def _content(message: Message) -> Any:
    if not message.files:
        return message.text
    parts = [{"type": "text", "text": message.text}] if message.text else []
    return [*parts, *(_part(file) for file in message.files)]


def _part(file: InputFile) -> Mapping[str, Any]:
    if file.is_image:
        kind = "png" if file.filename.lower().endswith(".png") else "jpeg"
        url = file.url or f"data:image/{kind};base64,{base64.b64encode(file.data).decode()}"
        return {"type": "image_url", "image_url": {"url": url}}
    text = extract(file.filename, file.data).text or ""
    return {"type": "text", "text": f"The file {file.filename}:\n{text[:MOST_TEXT]}"}
