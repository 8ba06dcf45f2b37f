"""Converts outputs of a turn to items of the API, and items of a conversation to items of a turn."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from provisioner.emulator.answering.outputs import (
    Annotation,
    CodeRun,
    CustomCall,
    FileCitation,
    FileSearch,
    FunctionCall,
    Hit,
    McpCall,
    Output,
    Reasoning,
    Refused,
    Text,
    UrlCitation,
    WebSearch,
)
from provisioner.emulator.answering.turn import FunctionResult, InputFile, Item, Message
from provisioner.emulator.endpoints import files
from provisioner.emulator.endpoints.responses.input_items import PREFIXES, decode_data
from provisioner.emulator.messages.request import ApiRequest
from provisioner.emulator.storage.identifiers import new_id


def item_of(output: Output, container_id: str) -> dict[str, Any]:
    """Returns the API's item for an output of a turn. The item contains all optional details, for which a request can
    ask with the field `include`. `container_id` is the id of the turn's container, or an empty string.
    """
    match output:
        case Text():
            notes = [_annotation(each, container_id) for each in output.annotations]
            part = {"type": "output_text", "annotations": notes, "logprobs": [], "text": output.text}
            return _item("message", role="assistant", content=[part])
        case Refused():
            return _item("message", role="assistant", content=[{"type": "refusal", "refusal": output.text}])
        case Reasoning():
            return {"id": new_id("rs_"), "type": "reasoning", "summary": [_summary(output.summary)]}
        case FunctionCall():
            return _item("function_call", arguments=output.arguments, call_id=output.call_id, name=output.name)
        case CustomCall():
            return _item("custom_tool_call", call_id=output.call_id, input=output.input, name=output.name)
        case FileSearch():
            return _item(
                "file_search_call", queries=list(output.queries), results=[_result(hit) for hit in output.hits]
            )
        case CodeRun():
            return _item("code_interpreter_call", code=output.code, container_id=container_id, outputs=_outputs(output))
        case WebSearch():
            sources = [{"type": "url", "url": url} for url in output.sources]
            return _item("web_search_call", action={"type": "search", "query": output.query, "sources": sources})
        case McpCall():
            return _mcp_call(output)
        case _:
            raise TypeError(f"{type(output).__name__} is no item")


def _item(kind: str, **fields: Any) -> dict[str, Any]:
    return {"id": new_id(PREFIXES[kind]), "type": kind, "status": "completed", **fields}


def _summary(text: str) -> dict[str, Any]:
    return {"type": "summary_text", "text": text}


def _annotation(note: Annotation, container_id: str) -> dict[str, Any]:
    if isinstance(note, FileCitation):
        hit = note.hit
        return {"type": "file_citation", "file_id": hit.file_id, "filename": hit.filename, "index": note.position}
    place = {"start_index": note.start, "end_index": note.end}
    if isinstance(note, UrlCitation):
        return {"type": "url_citation", "title": note.title, "url": note.url, **place}
    named = {"file_id": note.file.id, "filename": note.file.filename}
    return {"type": "container_file_citation", "container_id": container_id, **named, **place}


def _result(hit: Hit) -> dict[str, Any]:
    return {
        "attributes": dict(hit.attributes),
        "file_id": hit.file_id,
        "filename": hit.filename,
        "score": hit.score,
        "text": hit.text,
    }


def _outputs(run: CodeRun) -> list[dict[str, Any]]:
    logs = [{"type": "logs", "logs": run.logs}] if run.logs else []
    return [*logs, *({"type": "image", "url": _data_url(file.filename, file.data)} for file in run.images)]


def _data_url(filename: str, data: bytes) -> str:
    kind = "png" if filename.lower().endswith(".png") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def _mcp_call(call: McpCall) -> dict[str, Any]:
    error = None if call.error is None else {"type": "mcp_tool_execution_error", "content": call.error}
    return {
        **_item("mcp_call", arguments=call.arguments, server_label=call.server_label, name=call.name),
        "status": "completed" if error is None else "failed",
        "approval_request_id": None,
        "error": error,
        "output": call.output if error is None else None,
    }


def shown(item: dict[str, Any], include: Collection[str]) -> dict[str, Any]:
    """Returns an item without its optional details, such as the results of a file search. Details that `include`, a
    field of the request, names are kept.
    """
    kind = item["type"]
    if kind == "file_search_call" and "file_search_call.results" not in include:
        return {**item, "results": None}
    if kind == "code_interpreter_call" and "code_interpreter_call.outputs" not in include:
        return {**item, "outputs": None}
    if kind == "web_search_call" and "web_search_call.action.sources" not in include:
        action = {name: value for name, value in item["action"].items() if name != "sources"}
        return {**item, "action": action}
    return item


def turn_items(call: ApiRequest, items: Sequence[Mapping[str, Any]]) -> tuple[Item, ...]:
    """Returns `items`, the API's items of a conversation, as items of a turn. Items of unknown types are left out."""
    return tuple(each for item in items for each in _turn_item(call, item))


def _turn_item(call: ApiRequest, item: Mapping[str, Any]) -> Iterator[Item]:
    match item["type"]:
        case "message" if item["role"] == "assistant":
            text = "".join(part.get("text", part.get("refusal", "")) for part in item["content"])
            yield Text(text)
        case "message":
            text = "\n".join(part["text"] for part in item["content"] if part["type"] == "input_text")
            found = [_file(call, part) for part in item["content"] if part["type"] != "input_text"]
            yield Message(item["role"], text, tuple(found))
        case "function_call":
            yield FunctionCall(item["name"], item["arguments"], item["call_id"])
        case "custom_tool_call":
            yield CustomCall(item["name"], item["input"], item["call_id"])
        case "function_call_output" | "custom_tool_call_output":
            yield FunctionResult(item.get("call_id") or "", _plain(item["output"]))
        case "file_search_call":
            hits = [_hit(result) for result in item.get("results") or ()]
            yield FileSearch(tuple(item["queries"]), tuple(hits))
        case "code_interpreter_call":
            logs = [output["logs"] for output in item.get("outputs") or () if output["type"] == "logs"]
            yield CodeRun(item.get("code") or "", "".join(logs))
        case "reasoning":
            yield Reasoning("\n".join(part["text"] for part in item["summary"]))
        case "web_search_call":
            yield WebSearch(item["action"].get("query") or "")
        case "mcp_call":
            yield McpCall(item["server_label"], item["name"], item["arguments"], item.get("output") or "")


def _plain(output: Any) -> str:
    if isinstance(output, str):
        return output
    return "\n".join(part["text"] for part in output if part.get("type") == "input_text")


def _hit(result: Mapping[str, Any]) -> Hit:
    text, score = result.get("text") or "", result.get("score") or 0.0
    file_id, filename = result.get("file_id") or "", result.get("filename") or ""
    return Hit(file_id, filename, "", score, text, result.get("attributes") or {})


def _file(call: ApiRequest, part: Mapping[str, Any]) -> InputFile:
    if part.get("file_id"):
        # A file of an earlier turn can be deleted by now.
        row = call.database.row("SELECT filename FROM files WHERE id = ?", part["file_id"])
        return InputFile(row["filename"] if row else part["file_id"], files.read(call, part["file_id"]))
    url = str(part.get("image_url") or part.get("file_url") or "")
    data = decode_data(part["file_data"], "input") if part.get("file_data") else b""
    return InputFile(str(part.get("filename") or url.rsplit("/", 1)[-1][:80]), data, url)
