"""Defines the endpoints for the messages of a thread: create, list, retrieve, update, delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.emulator.checks.body_check import check_body
from provisioner.emulator.checks.limits import DEFAULT_CHUNKING, check_count, check_length, check_metadata
from provisioner.emulator.endpoints import files, stores
from provisioner.emulator.endpoints.threads.run_states import find_active_run
from provisioner.emulator.endpoints.threads.tables import MESSAGES, THREADS
from provisioner.emulator.messages.refusal import Refusal, invalid
from provisioner.emulator.messages.request import ApiRequest, Reply

#: The most characters of a message, and the most parts of its content (OpenAI's specification and guide).
MAX_CHARACTERS, MAX_PARTS = 256_000, 500
#: The most files of the code interpreter in one thread.
MAX_THREAD_FILES = 20
#: The days without use after which a vector store expires that a message's attachments created.
STORE_DAYS = 7

Message = dict[str, Any]


def create(call: ApiRequest) -> Reply:
    """Handles `POST /threads/{thread_id}/messages`: adds a message to the thread and returns it."""
    thread = THREADS.find(call, call.ids["thread_id"])
    body = check_body(call.body, "beta.threads.MessageCreateParams")
    _check_message(call, body, "")
    if active := find_active_run(call, thread["id"]):
        message = f"Can't add messages to {thread['id']} while a run {active['id']} is active."
        raise Refusal(400, message)
    return render(add_message(call, thread["id"], body))


def list_all(call: ApiRequest) -> Reply:
    """Handles `GET /threads/{thread_id}/messages`: returns a page of the messages. The query can select the messages of
    one run.
    """
    thread = THREADS.find(call, call.ids["thread_id"])
    run = call.query.get("run_id")
    return MESSAGES.under(thread["id"]).list(call, render, {"run_id": run} if run else None)


def retrieve(call: ApiRequest) -> Reply:
    """Handles `GET /threads/{thread_id}/messages/{message_id}`: returns the message."""
    return render(_find(call))


def update(call: ApiRequest) -> Reply:
    """Handles `POST /threads/{thread_id}/messages/{message_id}`: changes the metadata and returns the message."""
    message = _find(call)
    body = check_body(call.body, "beta.threads.MessageUpdateParams", in_path=("thread_id",))
    if "metadata" in body:
        message["metadata"] = check_metadata(body["metadata"])
        MESSAGES.under(call.ids["thread_id"]).keep(call, message)
    return render(message)


def delete(call: ApiRequest) -> Reply:
    """Handles `DELETE /threads/{thread_id}/messages/{message_id}`: deletes the message."""
    _find(call)
    return MESSAGES.under(call.ids["thread_id"]).remove(call, call.ids["message_id"])


def render(message: Mapping[str, Any]) -> Message:
    """Returns a message in the form that these endpoints return. The field `completed_at` is null, as in recorded
    responses of the real API. Only the events of a stream contain the time in this field.
    """
    return {**message, "completed_at": None}


def check_messages(call: ApiRequest, messages: Sequence[Mapping[str, Any]] | None, param: str) -> None:
    """Raises Refusal if one of the messages in a request is not valid. `param` is the name of the field in error
    messages.
    """
    for index, message in enumerate(messages or []):
        _check_message(call, message, f"{param}[{index}]")


def add_message(call: ApiRequest, thread_id: str, body: Mapping[str, Any]) -> Message:
    """Stores the message `body` in a thread, and returns the message. The body must already be checked. The attachments
    of the message are added to the files of the thread's tools.
    """
    attachments = [
        {"file_id": each["file_id"], "tools": each.get("tools", [])} for each in body.get("attachments") or []
    ]
    _attach(call, thread_id, attachments)
    fields = {
        "thread_id": thread_id,
        "role": body["role"],
        "content": _content(body["content"]),
        "attachments": attachments,
        "metadata": check_metadata(body.get("metadata")),
        "status": "completed",
        "completed_at": call.second,
    }
    return store_message(call, fields)


def store_message(call: ApiRequest, fields: Mapping[str, Any]) -> Message:
    """Stores a new message with `fields`, and returns the message. All other fields get default values."""
    empty = {"assistant_id": None, "run_id": None, "completed_at": None, "incomplete_at": None}
    made = {**empty, "incomplete_details": None, "attachments": [], "metadata": {}, **fields}
    return MESSAGES.under(made["thread_id"]).add(call, made)


def _find(call: ApiRequest) -> Message:
    thread = THREADS.find(call, call.ids["thread_id"])
    return MESSAGES.under(thread["id"]).find(call, call.ids["message_id"])


def _check_message(call: ApiRequest, message: Mapping[str, Any], path: str) -> None:
    prefix = f"{path}." if path else ""
    parts = _parts(message["content"])
    param = f"{prefix}content"
    if not parts or any(part["type"] == "text" and not part["text"] for part in parts):
        raise invalid(param, "Message content must be non-empty.", "empty_content")
    check_count(param, parts, MAX_PARTS)
    for part in parts:
        if part["type"] == "text":
            check_length(param, part["text"], MAX_CHARACTERS)
        elif part["type"] == "image_file":
            _check_file(call, part["image_file"]["file_id"], param)
    check_metadata(message.get("metadata"), f"{prefix}metadata")
    for index, attachment in enumerate(message.get("attachments") or []):
        param = f"{prefix}attachments[{index}]"
        if not attachment.get("file_id"):
            raise Refusal(
                400,
                f"Missing required parameter: '{param}.file_id'.",
                code="missing_required_parameter",
                param=f"{param}.file_id",
            )
        _check_file(call, attachment["file_id"], f"{param}.file_id")


def _check_file(call: ApiRequest, identifier: str, param: str) -> None:
    try:
        files.find(call, identifier)
    except Refusal as error:
        raise Refusal(400, f"No file found with id '{identifier}'.", code="invalid_value", param=param) from error


def _content(given: str | Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [_part(part) for part in _parts(given)]


def _parts(given: str | Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Returns the content of a message as a list of parts. If `given` is a string, the list contains one part with this
    text.
    """
    return [{"type": "text", "text": given}] if isinstance(given, str) else given


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    kind = part["type"]
    if kind == "text":
        return {"type": "text", "text": {"value": part["text"], "annotations": []}}
    return {"type": kind, kind: {"detail": "auto", **part[kind]}}


def _attach(call: ApiRequest, thread_id: str, attachments: Sequence[Mapping[str, Any]]) -> None:
    """Adds attached files to the tool resources of a thread. A file for the code interpreter is added to the files of
    this tool. A file for file search is added to the thread's vector store, which is created if it does not exist.
    """
    wanted: dict[str, list[str]] = {"code_interpreter": [], "file_search": []}
    for attachment in attachments:
        for tool in attachment["tools"]:
            wanted[tool["type"]].append(attachment["file_id"])
    if not any(wanted.values()):
        return
    thread = THREADS.find(call, thread_id)
    resources = dict(thread["tool_resources"])
    if wanted["code_interpreter"]:
        held = resources.get("code_interpreter", {}).get("file_ids", [])
        listed = list(dict.fromkeys([*held, *wanted["code_interpreter"]]))
        check_count("tool_resources.code_interpreter.file_ids", listed, MAX_THREAD_FILES)
        resources["code_interpreter"] = {"file_ids": listed}
    if wanted["file_search"]:
        held = resources.get("file_search", {}).get("vector_store_ids", [])
        resources["file_search"] = {"vector_store_ids": [_fill_store(call, held, wanted["file_search"])]}
    THREADS.keep(call, {**thread, "tool_resources": resources})


def _fill_store(call: ApiRequest, held: Sequence[str], wanted: Sequence[str]) -> str:
    members = [files.find(call, identifier) for identifier in dict.fromkeys(wanted)]
    with call.database.writing():
        if not held:
            return stores.insert(call, "", {}, STORE_DAYS, members, DEFAULT_CHUNKING)
        for file in members:
            taken = "SELECT 1 FROM members WHERE store_id = ? AND file_id = ?"
            if not call.database.row(taken, held[0], file["id"]):
                call.indexing.attach(held[0], file, call.now, None, DEFAULT_CHUNKING)
        return held[0]
