"""Checks the input items of a request, and converts them to the form that the API returns."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

from provisioner.emulator.checks.body_check import check, field_hint, load
from provisioner.emulator.endpoints import files
from provisioner.emulator.endpoints.parts import find_anywhere
from provisioner.emulator.messages.refusal import (
    Refusal,
    invalid_type,
    missing_parameter,
    unknown_parameter,
    unsupported_value,
)
from provisioner.emulator.messages.request import ApiRequest
from provisioner.emulator.storage.identifiers import new_id

ROLES = ("assistant", "system", "developer", "user")
INPUT_PARTS = ("input_text", "input_image", "input_file")
OUTPUT_PARTS = ("output_text", "refusal")
#: The prefixes of ids, by the type of the item.
PREFIXES = {
    "message": "msg_",
    "function_call": "fc_",
    "function_call_output": "fco_",
    "custom_tool_call": "ctc_",
    "custom_tool_call_output": "ctco_",
    "reasoning": "rs_",
    "file_search_call": "fs_",
    "code_interpreter_call": "ci_",
    "web_search_call": "ws_",
    "mcp_call": "mcp_",
    "mcp_list_tools": "mcpl_",
}
STATUS = frozenset({"function_call", "function_call_output", "message"})


def resolve_input(call: ApiRequest, given: Any, param: str = "input") -> list[dict[str, Any]]:
    """Returns the input of a request as a list of items with ids. `given` is the input in the request: a text or a list
    of items. `param` is the name of the field in error messages. Raises Refusal if an item is not valid.
    """
    if isinstance(given, str):
        return [_message("user", [{"type": "input_text", "text": given}])]
    if not isinstance(given, list):
        raise invalid_type(param, "an array or a string", given)
    return [_resolve(call, item, f"{param}[{index}]") for index, item in enumerate(given)]


def _message(role: str, content: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"id": new_id("msg_"), "type": "message", "status": "completed", "content": content, "role": role, **more}


def _resolve(call: ApiRequest, item: Any, path: str) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise invalid_type(path, "an object", item)
    kind = item.get("type", "message" if "role" in item else None)
    if kind is None:
        raise missing_parameter(f"{path}.type")
    if kind == "message":
        return _resolve_message(call, item, path)
    _check_item(item, kind, path)
    if kind == "item_reference":
        found = find_anywhere(call, item["id"])
        if found is None:
            raise Refusal(404, f"Item with id '{item['id']}' not found.", param="input")
        return found
    status = {"status": "completed"} if kind in STATUS else {}
    given = {name: value for name, value in item.items() if value is not None}
    return {"id": new_id(PREFIXES.get(kind, "item_")), **status, **given}


def _check_item(item: Mapping[str, Any], kind: Any, path: str) -> None:
    shapes = {
        tag: shape
        for shape in get_args(load("responses.ResponseInputItemParam"))
        for tag in _tags(shape)
        if tag != "message"
    }
    if kind not in shapes:
        raise unsupported_value(f"{path}.type", kind, sorted({"message", *shapes}))
    check(item, shapes[kind], path)


def _tags(shape: Any) -> Iterator[Any]:
    """Yields the values that are allowed for the field `type` of `shape`, an object type of the SDK. The field may be
    optional.
    """
    for option in (field_hint(shape, "type"), *get_args(field_hint(shape, "type"))):
        if get_origin(option) is Literal:
            yield from get_args(option)


def _resolve_message(call: ApiRequest, item: dict[str, Any], path: str) -> dict[str, Any]:
    allowed = {"type", "role", "content", "id", "status", "phase"}
    for name in item:
        if name not in allowed:
            raise unknown_parameter(f"{path}.{name}")
    role, content = item.get("role"), item.get("content")
    if role not in ROLES:
        raise unsupported_value(f"{path}.role", role, ROLES)
    if content is None:
        raise missing_parameter(f"{path}.content")
    output = role == "assistant"
    if isinstance(content, str):
        text = {"type": "output_text", "text": content, "annotations": [], "logprobs": []}
        parts = [text if output else {"type": "input_text", "text": content}]
    elif isinstance(content, list):
        parts = [_resolve_part(call, part, f"{path}.content[{n}]", output=output) for n, part in enumerate(content)]
    else:
        raise invalid_type(f"{path}.content", "an array or a string", content)
    kept = {name: item[name] for name in ("phase", "status") if item.get(name) is not None}
    message = _message(role, parts, **kept)
    return {**message, "id": item.get("id") or message["id"]}


def _resolve_part(call: ApiRequest, part: Any, path: str, *, output: bool) -> dict[str, Any]:
    allowed = OUTPUT_PARTS if output else INPUT_PARTS
    if not isinstance(part, dict):
        raise invalid_type(path, "an object", part)
    if part.get("type") not in allowed:
        raise unsupported_value(f"{path}.type", part.get("type"), allowed)
    shapes = {
        "input_text": "ResponseInputTextParam",
        "input_image": "ResponseInputImageParam",
        "input_file": "ResponseInputFileParam",
        "output_text": "ResponseOutputTextParam",
        "refusal": "ResponseOutputRefusalParam",
    }
    kind = part["type"]
    filled = {"annotations": [], **part} if kind == "output_text" else part
    filled = {"detail": "auto", **filled} if kind == "input_image" else filled
    check(filled, load(f"responses.{shapes[kind]}"), path)
    _check_file(call, filled, path)
    return {**filled, "logprobs": []} if kind == "output_text" and "logprobs" not in filled else filled


def _check_file(call: ApiRequest, part: Mapping[str, Any], path: str) -> None:
    """Raises Refusal if a part of a message names a file that does not exist, or if it contains neither a file nor a
    URL, or if its file data is not base64. `path` is the path of the part in error messages.
    """
    identifier = part.get("file_id")
    if identifier:
        try:
            files.find(call, identifier)
        except Refusal as error:
            raise Refusal(404, f"File with id '{identifier}' not found.", param=f"{path}.file_id") from error
    elif part["type"] == "input_file" and not part.get("file_data") and not part.get("file_url"):
        message = f"One of '{path}.file_id', '{path}.file_data' or '{path}.file_url' must be provided."
        raise Refusal(400, message, code="missing_required_parameter", param=path)
    elif part["type"] == "input_image" and not part.get("image_url"):
        raise missing_parameter(f"{path}.image_url")
    elif part.get("file_data"):
        decode_data(part["file_data"], f"{path}.file_data")


def decode_data(data: str, path: str) -> bytes:
    """Returns the bytes in `data`, which is base64 text or a data URL. `path` is the path of the field in error
    messages. Raises Refusal if `data` is neither.
    """
    text = data.partition(",")[2] if data.startswith("data:") else data
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        message = f"Invalid '{path}'. Expected a base64-encoded data URL with a MIME type."
        raise Refusal(400, message, code="invalid_value", param=path) from error


def check_results(items: Sequence[Mapping[str, Any]]) -> None:
    """Checks that the function calls and the results in a conversation belong together. Raises Refusal if a result has
    no call, or if a call has no result.
    """
    pairs = (("function_call", "function call"), ("custom_tool_call", "custom tool call"))
    for kind, name in pairs:
        asked = [item["call_id"] for item in items if item["type"] == kind]
        given = [item.get("call_id") for item in items if item["type"] == f"{kind}_output"]
        for call_id in given:
            if call_id not in asked:
                raise Refusal(400, f"No tool call found for {name} output with call_id {call_id}.", param="input")
        missing = set(asked) - set(given)
        for call_id in asked:
            if call_id in missing:
                raise Refusal(400, f"No tool output found for {name} {call_id}.", param="input")
