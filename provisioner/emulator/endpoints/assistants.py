"""Defines the endpoints for assistants of the Assistants API v2. Default values are those of the real API. The emulator
also changes the values of a request in the same way as the real API.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from provisioner.emulator.checks.body_check import check_body
from provisioner.emulator.checks.limits import check_count, check_length, check_metadata, check_range
from provisioner.emulator.checks.modelrules import check_effort, check_model, check_sampling
from provisioner.emulator.checks.schemas import check_format, check_parameters
from provisioner.emulator.endpoints.documents import DocumentTable
from provisioner.emulator.endpoints.tool_resources import resolve_resources
from provisioner.emulator.messages.refusal import invalid
from provisioner.emulator.messages.request import ApiRequest, Reply

ASSISTANTS = DocumentTable("assistant", "asst_", "assistant")
#: The limit in a reported message: `string too long. Expected a string with maximum length 1024`.
MAX_FUNCTION_DESCRIPTION = 1024
FUNCTION_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
DEFAULTS: dict[str, Any] = {
    "name": None,
    "description": None,
    "instructions": None,
    "tools": [],
    "top_p": 1.0,
    "temperature": 1.0,
    "reasoning_effort": None,
    "response_format": "auto",
    "metadata": {},
}
RANKING = {"ranker": "default_2024_08_21", "score_threshold": 0.0}


def create(call: ApiRequest) -> Reply:
    """Handles `POST /assistants`: creates an assistant and returns it."""
    body = check_body(call.body, "beta.AssistantCreateParams")
    return ASSISTANTS.add(call, resolve(call, {}, body))


def list_all(call: ApiRequest) -> Reply:
    """Handles `GET /assistants`: returns a page of the assistants."""
    return ASSISTANTS.list(call)


def retrieve(call: ApiRequest) -> Reply:
    """Handles `GET /assistants/{assistant_id}`: returns the assistant."""
    return ASSISTANTS.find(call, call.ids["assistant_id"])


def update(call: ApiRequest) -> Reply:
    """Handles `POST /assistants/{assistant_id}`: changes the assistant and returns it. An omitted field keeps its
    value, and null resets a field to its default.
    """
    old = ASSISTANTS.find(call, call.ids["assistant_id"])
    body = check_body(call.body, "beta.AssistantUpdateParams")
    return ASSISTANTS.keep(call, {**old, **resolve(call, old, body)})


def delete(call: ApiRequest) -> Reply:
    """Handles `DELETE /assistants/{assistant_id}`: deletes the assistant."""
    return ASSISTANTS.remove(call, call.ids["assistant_id"])


def resolve(call: ApiRequest, old: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """Returns all fields that an assistant has after a request. `body` is the body of the request. `old` contains the
    stored fields of the assistant; it is empty for a new assistant. Raises Refusal if a field has a value that the API
    refuses.
    """
    given = {name: DEFAULTS[name] if value is None else value for name, value in body.items() if name in DEFAULTS}
    merged = {**DEFAULTS, **{name: old[name] for name in DEFAULTS if name in old}, **given}
    model = body.get("model", old.get("model", ""))
    _check_bounds(model, merged)
    check_model(call.models, model)
    check_sampling(model, merged)
    check_effort(model, merged["reasoning_effort"], "reasoning_effort")
    check_format(merged["response_format"], "response_format", "json_schema")
    merged["metadata"] = check_metadata(merged["metadata"])
    merged["temperature"], merged["top_p"] = float(merged["temperature"]), float(merged["top_p"])
    if "tools" in body:
        merged["tools"] = [resolve_tool(tool, f"tools[{index}]") for index, tool in enumerate(body["tools"])]
    tool_types = {tool["type"] for tool in merged["tools"]}
    merged["tool_resources"] = resolve_resources(call, old.get("tool_resources", {}), body, tool_types)
    return {"model": model, **merged}


def _check_bounds(model: str, fields: Mapping[str, Any]) -> None:
    if not model:
        raise invalid("model", "empty string. Expected a string with minimum length 1.", "empty_string")
    check_length("name", fields["name"], 256)
    check_length("description", fields["description"], 512)
    check_length("instructions", fields["instructions"], 256_000)
    check_count("tools", fields["tools"], 128)
    check_range("temperature", fields["temperature"], 0, 2)
    check_range("top_p", fields["top_p"], 0, 1)


def resolve_tool(tool: dict[str, Any], path: str) -> dict[str, Any]:
    """Returns a tool of an assistant or run, with default values for omitted fields. `path` is the path of the tool in
    error messages. Raises Refusal if a setting of the tool is not valid.
    """
    if tool["type"] == "file_search":
        settings = tool.get("file_search", {})
        check_range(f"{path}.file_search.max_num_results", settings.get("max_num_results"), 1, 50)
        ranking = {**RANKING, **settings.get("ranking_options", {})}
        check_range(f"{path}.file_search.ranking_options.score_threshold", ranking["score_threshold"], 0, 1)
        ranking["score_threshold"] = float(ranking["score_threshold"])
        return {"type": "file_search", "file_search": {**settings, "ranking_options": ranking}}
    if tool["type"] == "function":
        function = tool["function"]
        check_function_name(f"{path}.function.name", function["name"])
        check_length(f"{path}.function.description", function.get("description"), MAX_FUNCTION_DESCRIPTION)
        parameters = function.get("parameters", {"type": "object", "properties": {}})
        strict = bool(function.get("strict"))
        check_parameters(function["name"], function.get("parameters"), f"{path}.function.parameters", strict=strict)
        return {"type": "function", "function": {**function, "parameters": parameters, "strict": strict}}
    return tool


def check_function_name(param: str, name: str) -> None:
    """Raises Refusal if `name` is not a valid name of a function. A valid name has 1 to 64 ASCII letters, digits, `_`
    and `-`. `param` is the name of the field in error messages.
    """
    if not FUNCTION_NAME.fullmatch(name):
        raise invalid(
            param,
            "string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]{1,64}$'.",
        )
