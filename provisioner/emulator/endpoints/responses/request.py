"""Checks a request to create a response. Makes the response object and the turn from the request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from provisioner.emulator.answering.turn import Turn
from provisioner.emulator.checks.body_check import check_body
from provisioner.emulator.checks.limits import check_length, check_metadata, check_range
from provisioner.emulator.checks.modelrules import (
    PLAIN,
    REASONING,
    check_effort,
    check_minimal,
    check_model,
    check_sampling,
    check_verbosity,
)
from provisioner.emulator.checks.schemas import check_format
from provisioner.emulator.endpoints.responses import tools
from provisioner.emulator.endpoints.responses.containers import ContainerWorkspace, find, is_expired
from provisioner.emulator.endpoints.responses.history import conversation_of, items_before
from provisioner.emulator.endpoints.responses.input_items import check_results, resolve_input
from provisioner.emulator.endpoints.responses.items import turn_items
from provisioner.emulator.messages.refusal import Refusal, invalid_type, missing_parameter
from provisioner.emulator.messages.request import ApiRequest
from provisioner.emulator.storage.identifiers import new_id

SHAPE = "responses.response_create_params.ResponseCreateParamsNonStreaming"
LARGEST = 2**31 - 1


class Plan(Struct):
    """Contains a checked request: the response object without output, the input items, and the turn that the model must
    answer.
    """

    response: dict[str, Any]
    items: list[dict[str, Any]]
    turn: Turn
    include: frozenset[str]
    workspace: ContainerWorkspace | None
    stream: bool

    @property
    def stored(self) -> bool:
        """True if the response must be stored, so that clients can retrieve it later."""
        return bool(self.response["store"])


def plan_response(call: ApiRequest) -> Plan:
    """Checks the request `call` and returns its Plan. Raises Refusal if OpenAI would refuse the request."""
    body = _check_shape(call.body)
    model = body.get("model")
    if model is None:
        raise missing_parameter("model")
    _check_bounds(body)
    check_model(call.models, model)
    _check_options(model, body)
    if body.get("prompt") is not None:
        raise Refusal(404, f"Prompt with id '{body['prompt']['id']}' not found.", param="prompt")
    resolved = tools.resolve(call, list(body.get("tools") or ()))
    choice = tools.choice_of(body.get("tool_choice") or "auto", resolved)
    if not any(body.get(name) is not None for name in ("input", "previous_response_id", "conversation")):
        message = "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' must be provided."
        raise Refusal(400, message, code="missing_required_parameter", param="input")
    before = items_before(call, body)
    items = resolve_input(call, body.get("input") or [])
    every = [*before, *items]
    check_results(every)
    _check_json(body, every)
    response = _response(call, body, resolved)
    text = response["text"]["format"]
    turn = Turn(
        model,
        body.get("instructions") or "",
        turn_items(call, every),
        tools.of_turn(resolved),
        choice,
        text.get("schema") if text["type"] == "json_schema" else {} if text["type"] == "json_object" else None,
        body.get("max_output_tokens"),
        body.get("max_tool_calls"),
        len(turn_items(call, before)),
        body.get("temperature"),
        response["parallel_tool_calls"],
    )
    include = frozenset(body.get("include") or ())
    return Plan(response, items, turn, include, _workspace(call, resolved, before), bool(body.get("stream")))


def _check_shape(body: Any) -> dict[str, Any]:
    """Checks the body of the request and returns it. Raises Refusal if a field is unknown or has a wrong type. The
    field `input` is checked later.
    """
    if not isinstance(body, dict):
        raise Refusal(400, "The request body must be a JSON object.", code="invalid_type")
    if not isinstance(body.get("stream"), bool | None):
        raise invalid_type("stream", "a boolean", body["stream"])
    rest = {name: value for name, value in body.items() if name not in ("input", "stream")}
    if "tools" in rest:
        rest["tools"] = tools.fill_in(rest["tools"])
    if rest.get("text") is None:
        rest.pop("text", None)
    return {**body, **check_body(rest, SHAPE)}


def _check_bounds(body: Mapping[str, Any]) -> None:
    check_range("max_output_tokens", body.get("max_output_tokens"), 16, LARGEST)
    check_range("max_tool_calls", body.get("max_tool_calls"), 1, LARGEST)
    check_range("temperature", body.get("temperature"), 0, 2)
    check_range("top_p", body.get("top_p"), 0, 1)
    check_range("top_logprobs", body.get("top_logprobs"), 0, 20)
    check_length("safety_identifier", body.get("safety_identifier"), 128)
    check_length("prompt_cache_key", body.get("prompt_cache_key"), 64)
    background = body.get("background")
    if background and body.get("store") is False:
        raise Refusal(400, "Background mode requires 'store' to be true.", code="invalid_value", param="background")
    if body.get("background_options") and not background:
        raise Refusal(400, "'background_options' requires 'background' to be true.", param="background_options")
    if body.get("stream_options") and not body.get("stream"):
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise Refusal(400, message, code="invalid_value", param="stream_options")


def _check_options(model: str, body: Mapping[str, Any]) -> None:
    effort = (body.get("reasoning") or {}).get("effort")
    sampling = {name: 1 if body.get(name) is None else body[name] for name in ("temperature", "top_p")}
    check_sampling(model, {**sampling, "reasoning_effort": effort})
    check_effort(model, effort, "reasoning.effort")
    check_minimal(effort, {tool["type"] for tool in body.get("tools") or ()})
    text = body.get("text") or {}
    if text.get("verbosity"):
        check_verbosity(model, text["verbosity"], "text.verbosity")
    check_format(text.get("format"), "text.format", None)


def _check_json(body: Mapping[str, Any], items: list[dict[str, Any]]) -> None:
    """Raises Refusal if the answer format is `json_object`, but neither the messages nor the instructions contain the
    word JSON.
    """
    if ((body.get("text") or {}).get("format") or {}).get("type") != "json_object":
        return
    texts = [part.get("text", "") for item in items if item["type"] == "message" for part in item["content"]]
    if not any("json" in text.lower() for text in (*texts, body.get("instructions") or "")):
        message = (
            "Response input messages must contain the word 'json' in some form to use 'text.format' of type "
            "'json_object'."
        )
        raise Refusal(400, message, param="input")


def _response(call: ApiRequest, body: Mapping[str, Any], resolved: list[dict[str, Any]]) -> dict[str, Any]:
    model = body["model"]
    reasoning, text = body.get("reasoning") or {}, body.get("text") or {}
    effort = "medium" if REASONING.match(model) and not PLAIN.match(model) else None
    conversation = conversation_of(dict(body))
    return {
        "id": new_id("resp_"),
        "object": "response",
        "created_at": call.second,
        "status": "in_progress",
        "background": bool(body.get("background")),
        "completed_at": None,
        "conversation": {"id": conversation} if conversation else None,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "max_tool_calls": body.get("max_tool_calls"),
        "model": model,
        "output": [],
        "parallel_tool_calls": _given(body, "parallel_tool_calls", default=True),
        "previous_response_id": body.get("previous_response_id"),
        "prompt_cache_key": body.get("prompt_cache_key"),
        "prompt_cache_retention": body.get("prompt_cache_retention"),
        "reasoning": {"effort": effort, "summary": None, **reasoning},
        "safety_identifier": body.get("safety_identifier"),
        "service_tier": "default" if body.get("service_tier") in (None, "auto") else body["service_tier"],
        "store": _given(body, "store", default=True),
        "temperature": float(_given(body, "temperature", default=1.0)),
        "text": {"verbosity": "medium", **text, "format": text.get("format") or {"type": "text"}},
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": resolved,
        "top_logprobs": _given(body, "top_logprobs", default=0),
        "top_p": float(_given(body, "top_p", default=1.0)),
        "truncation": body.get("truncation") or "disabled",
        "metadata": check_metadata(body.get("metadata")),
        **({"user": body["user"]} if body.get("user") else {}),
    }


def _given(body: Mapping[str, Any], name: str, *, default: Any) -> Any:
    return default if body.get(name) is None else body[name]


def _workspace(
    call: ApiRequest, resolved: list[dict[str, Any]], before: list[dict[str, Any]]
) -> ContainerWorkspace | None:
    """Returns the workspace of the code interpreter, or None if the request does not have this tool. `resolved` are the
    tools of the request. `before` are the items of the conversation before the input. If they name an automatic
    container that has not expired, it is used again.
    """
    tool = next((tool for tool in resolved if tool["type"] == "code_interpreter"), None)
    if tool is None:
        return None
    used = [item["container_id"] for item in before if item["type"] == "code_interpreter_call"]
    earlier = None
    if used and not isinstance(tool["container"], str):
        try:
            earlier = None if is_expired(find(call, used[-1]), call.second) else used[-1]
        except Refusal:
            earlier = None
    return ContainerWorkspace(call, tool["container"], earlier)
