"""Determines the settings of a new run from the request and from the assistant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.emulator.checks.limits import check_metadata, check_range
from provisioner.emulator.endpoints.assistants import resolve
from provisioner.emulator.endpoints.threads.run_states import LIFETIME
from provisioner.emulator.messages.refusal import Refusal, invalid
from provisioner.emulator.messages.request import ApiRequest

#: The settings of an assistant that a run can replace.
REPLACEABLE = ("model", "instructions", "tools", "temperature", "top_p", "reasoning_effort", "response_format")
#: The settings that a run takes from its assistant.
TAKEN = (*REPLACEABLE, "tool_resources")
#: The fewest tokens that a limit of a run may allow (OpenAI's specification).
LEAST_TOKENS = 256
MOST = 2**31 - 1
#: The fields of a run that has just been created.
NEW: dict[str, Any] = {
    "status": "queued",
    "required_action": None,
    "last_error": None,
    "started_at": None,
    "cancelled_at": None,
    "failed_at": None,
    "completed_at": None,
    "incomplete_details": None,
    "usage": None,
    "tool_resources": {},
}


def resolve_run(call: ApiRequest, assistant: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the fields of a new run, except the fields about its thread. `body` is the body of the request, and
    already matches the SDK's types. Settings that it omits are those of `assistant`. Raises Refusal if the API does not
    accept a setting.
    """
    given = {name: body[name] for name in REPLACEABLE if body.get(name) is not None}
    settings = resolve(call, assistant, given)
    more = body.get("additional_instructions")
    instructions = [text for text in (settings["instructions"], more) if text]
    limits = {name: _limit(name, body.get(name)) for name in ("max_prompt_tokens", "max_completion_tokens")}
    choice = body.get("tool_choice") or "auto"
    _check_choice(choice, settings["tools"])
    return {
        **NEW,
        **{name: settings[name] for name in REPLACEABLE},
        "assistant_id": assistant["id"],
        "instructions": "\n\n".join(instructions),
        "expires_at": call.second + LIFETIME,
        "metadata": check_metadata(body.get("metadata")),
        **limits,
        "truncation_strategy": _truncation(body.get("truncation_strategy")),
        "tool_choice": choice,
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "_tool_resources": settings["tool_resources"],
        "_expires_at": call.second + LIFETIME,
        "_retrieved": False,
    }


def _limit(name: str, value: int | None) -> int | None:
    check_range(name, value, LEAST_TOKENS, MOST)
    return value


def _truncation(given: Mapping[str, Any] | None) -> dict[str, Any]:
    strategy = {"type": "auto", "last_messages": None, **(given or {})}
    check_range("truncation_strategy.last_messages", strategy["last_messages"], 1, MOST)
    if strategy["type"] == "last_messages" and strategy["last_messages"] is None:
        raise invalid("truncation_strategy.last_messages", "must be given with the type 'last_messages'.")
    return strategy


def _check_choice(choice: Any, tools: list[dict[str, Any]]) -> None:
    """Raises Refusal if `choice` requires a tool that is not in `tools`. `choice` is the field `tool_choice` of the
    run, and `tools` are the tools of the run.
    """
    if not isinstance(choice, dict):
        return
    name = choice.get("function", {}).get("name")
    fits = [tool for tool in tools if tool["type"] == choice["type"]]
    if choice["type"] == "function":
        fits = [tool for tool in fits if tool["function"]["name"] == name]
    if not fits:
        message = f"Invalid value for 'tool_choice': the run has no tool '{name or choice['type']}'."
        raise Refusal(400, message, code="invalid_value", param="tool_choice")
