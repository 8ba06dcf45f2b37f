"""Makes the `Turn` for a run from its messages, earlier steps and tools. A model then answers this turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.emulator.answering.outputs import CodeRun, FileSearch, FunctionCall, Hit, Output, Text
from provisioner.emulator.answering.turn import (
    Choice,
    CodeInterpreterTool,
    FileSearchTool,
    FunctionResult,
    FunctionTool,
    InputFile,
    Item,
    Message,
    Tool,
    Turn,
)
from provisioner.emulator.endpoints.threads.run_states import Document
from provisioner.emulator.endpoints.threads.tables import MESSAGES, STEPS, THREADS
from provisioner.emulator.messages.request import ApiRequest

#: The passages that file search gives to a model, for gpt-3.5-turbo and for all other models (OpenAI's guide on file
#: search in the Assistants API).
FEW_PASSAGES, PASSAGES = 5, 20


def make_turn(call: ApiRequest, run: Document) -> Turn:
    """Returns the `Turn` for a run. The turn also contains the earlier steps of the run."""
    messages = MESSAGES.under(run["thread_id"]).all(call)
    earlier = [_read_message(call, message) for message in messages if message["run_id"] != run["id"]]
    strategy = run["truncation_strategy"]
    if strategy["type"] == "last_messages":
        earlier = earlier[-strategy["last_messages"] :]
    made = {message["id"]: message for message in messages if message["run_id"] == run["id"]}
    items: list[Item] = [*earlier, *_read_steps(call, run, made)]
    limit = run["max_completion_tokens"]
    spent = (run.get("_usage") or {}).get("completion_tokens", 0)
    return Turn(
        model=run["model"],
        instructions=run["instructions"],
        items=tuple(items),
        tools=tuple(_read_tools(call, run)),
        choice=_read_choice(run["tool_choice"]),
        answer_format=_read_format(run["response_format"]),
        max_output_tokens=None if limit is None else max(limit - spent, 0),
        temperature=run["temperature"],
    )


def find_resources(call: ApiRequest, run: Mapping[str, Any], tool: str, field: str) -> list[str]:
    """Returns the ids of the files or vector stores that the tool `tool` of a run uses: first the ids from the
    assistant, then the ids from the thread. Both have a field `tool_resources`, in which the object `tool` contains the
    list `field` of ids.
    """
    thread = THREADS.find(call, run["thread_id"])
    blocks = [holder.get(tool) or {} for holder in (run["_tool_resources"], thread["tool_resources"])]
    return list(dict.fromkeys(identifier for block in blocks for identifier in block.get(field) or []))


def _read_message(call: ApiRequest, message: Mapping[str, Any]) -> Message:
    texts, files = [], []
    for part in message["content"]:
        if part["type"] == "text":
            texts.append(part["text"]["value"])
        elif part["type"] == "refusal":
            texts.append(part["refusal"])
        elif part["type"] == "image_url":
            files.append(InputFile("", url=part["image_url"]["url"]))
        else:
            files.append(_read_file(call, part["image_file"]["file_id"], with_data=True))
    files += [_read_file(call, each["file_id"]) for each in message["attachments"]]
    return Message(message["role"], "\n".join(texts), tuple(files))


def _read_file(call: ApiRequest, identifier: str, *, with_data: bool = False) -> InputFile:
    row = call.database.row("SELECT filename FROM files WHERE id = ?", identifier)
    data = call.database.row("SELECT data FROM contents WHERE file_id = ?", identifier) if with_data else None
    return InputFile(row["filename"] if row else identifier, bytes(data["data"]) if data else b"")


def _read_steps(call: ApiRequest, run: Mapping[str, Any], made: Mapping[str, Document]) -> Iterator[Item]:
    for step in STEPS.under(run["id"]).all(call):
        details = step["step_details"]
        if details["type"] == "message_creation":
            message = made.get(details["message_creation"]["message_id"])
            yield Text(_read_message(call, message).text if message else "")
            continue
        for each in details["tool_calls"]:
            yield _read_call(each)
        for each in details["tool_calls"]:
            if each["type"] == "function" and each["function"]["output"] is not None:
                yield FunctionResult(each["id"], each["function"]["output"])


def _read_call(each: Mapping[str, Any]) -> Output:
    inner = each[each["type"]]
    if each["type"] == "function":
        return FunctionCall(inner["name"], inner["arguments"], each["id"])
    if each["type"] == "code_interpreter":
        logs = "".join(output["logs"] for output in inner["outputs"] if output["type"] == "logs")
        return CodeRun(inner["input"], logs)
    hits = (
        Hit(hit["file_id"], hit["file_name"], "", hit["score"], hit["content"][0]["text"]) for hit in inner["results"]
    )
    return FileSearch((), tuple(hits))


def _read_tools(call: ApiRequest, run: Mapping[str, Any]) -> Iterator[Tool]:
    for tool in run["tools"]:
        if tool["type"] == "code_interpreter":
            yield CodeInterpreterTool()
        elif tool["type"] == "function":
            function = tool["function"]
            description = function.get("description") or ""
            yield FunctionTool(function["name"], description, function["parameters"], function["strict"])
        else:
            settings = tool["file_search"]
            most = FEW_PASSAGES if run["model"].startswith("gpt-3.5") else PASSAGES
            yield FileSearchTool(
                tuple(find_resources(call, run, "file_search", "vector_store_ids")),
                settings.get("max_num_results") or most,
                settings["ranking_options"]["score_threshold"],
            )


def _read_choice(choice: Any) -> Choice:
    if isinstance(choice, str):
        return Choice(choice)
    return Choice("required", (choice["function"]["name"] if choice["type"] == "function" else choice["type"],))


def _read_format(given: Any) -> Mapping[str, Any] | None:
    if not isinstance(given, Mapping) or given["type"] == "text":
        return None
    schema: Mapping[str, Any] | None = given["json_schema"].get("schema") if given["type"] == "json_schema" else None
    return schema or {"type": "object"}
