"""Defines the endpoints for agents (beta), as the SDK's types describe them. In responses, fields that the request
omitted have default values.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from provisioner.emulator.checks.body_check import check_body
from provisioner.emulator.checks.limits import check_length, check_metadata, check_range
from provisioner.emulator.checks.modelrules import check_effort, check_minimal, check_model, check_verbosity
from provisioner.emulator.checks.schemas import check_format, check_parameters
from provisioner.emulator.endpoints.assistants import check_function_name
from provisioner.emulator.endpoints.documents import DocumentTable
from provisioner.emulator.messages.refusal import Refusal, invalid
from provisioner.emulator.messages.request import ApiRequest, Reply

AGENTS = DocumentTable("agent", "agent_", "agent")
MAX_TOOLS_BYTES = 3 * 1024 * 1024

Fields = dict[str, Any]


def create(call: ApiRequest) -> Reply:
    """Handles `POST /agents`: creates an agent and returns it."""
    body = check_body(call.body, "beta.AgentCreateParams")
    return AGENTS.add(call, {**resolve(call, {}, body), "updated_at": call.second})


def list_all(call: ApiRequest) -> Reply:
    """Handles `GET /agents`: returns a page of the agents."""
    return AGENTS.list(call)


def retrieve(call: ApiRequest) -> Reply:
    """Handles `GET /agents/{agent_id}`: returns the agent."""
    return AGENTS.find(call, call.ids["agent_id"])


def update(call: ApiRequest) -> Reply:
    """Handles `POST /agents/{agent_id}`: changes the agent and returns it.

    An omitted field keeps its value, and null resets a field to its default. A field whose value is an object is
    replaced as a whole. Only `experimental` is merged key by key.
    """
    old = AGENTS.find(call, call.ids["agent_id"])
    body = check_body(call.body, "beta.AgentUpdateParams")
    return AGENTS.keep(call, {**old, **resolve(call, old, body), "updated_at": call.second})


def delete(call: ApiRequest) -> Reply:
    """Handles `DELETE /agents/{agent_id}`: deletes the agent."""
    return AGENTS.remove(call, call.ids["agent_id"])


def resolve(call: ApiRequest, old: Fields, body: Fields) -> Fields:
    """Returns all fields that an agent has after a request. `body` is the body of the request. `old` contains the
    stored fields of the agent; it is empty for a new agent. Raises Refusal if a field has a value that the API refuses.
    """
    kept = {name: old[name] if name in old else make(None) for name, make in RESOLVE.items()}
    fields = {**kept, **{name: make(body[name]) for name, make in RESOLVE.items() if name in body}}
    experimental = old.get("experimental", {"time_awareness": False})
    fields["experimental"] = {**experimental, **body.get("experimental", {})}
    fields["model"] = _model(body["model"]) if "model" in body else old["model"]
    _check_options(call, fields)
    return fields


def _model(model: str) -> str:
    if not model:
        raise invalid("model", "empty string. Expected a string with minimum length 1.", "empty_string")
    return model


def _check_options(call: ApiRequest, fields: Fields) -> None:
    """Raises Refusal if the model is unknown, or if it does not accept the options in `fields`."""
    model, effort = fields["model"], fields["reasoning"].get("effort")
    check_model(call.models, model)
    check_effort(model, effort, "reasoning.effort")
    check_verbosity(model, fields["text"]["verbosity"], "text.verbosity")
    check_minimal(effort, [tool["type"] for tool in fields["tools"]])
    check_format(fields["text"]["format"], "text.format", None)


def _name(name: str | None) -> str | None:
    check_length("name", name, 128)
    return name


def _compaction(given: Fields | None) -> Fields:
    return {"async": (given or {}).get("async") or False}


def _multi_agent(given: Fields | None) -> Fields:
    given = given or {"enabled": False}
    most = given.get("max_concurrent_subagents")
    check_range("multi_agent.max_concurrent_subagents", most, 1, 2**31 - 1)
    return {"enabled": given["enabled"], "max_concurrent_subagents": (most or 6) if given["enabled"] else None}


def _reasoning(given: Fields | None) -> Fields:
    return {"effort": None, "summary": None, **(given or {})}


def _text(given: Fields | None) -> Fields:
    given = given or {}
    return {"format": given.get("format") or {"type": "text"}, "verbosity": given.get("verbosity") or "medium"}


def _tools(given: list[Fields] | None) -> list[Fields]:
    tools = given or []
    size = len(json.dumps(tools, ensure_ascii=False, separators=(",", ":")).encode())
    if size > MAX_TOOLS_BYTES:
        raise Refusal(
            400,
            f"Invalid 'tools': the tools take {size} bytes of JSON, more than {MAX_TOOLS_BYTES}.",
            code="invalid_value",
            param="tools",
        )
    return [_tool(tool, f"tools[{index}]") for index, tool in enumerate(tools)]


def _tool(tool: Fields, path: str) -> Fields:
    given = {name: value for name, value in tool.items() if value is not None}
    kind = tool["type"]
    if kind == "function":
        check_function_name(f"{path}.name", tool["name"])
        check_parameters(tool["name"], tool["parameters"], f"{path}.parameters", strict=False)
        return {"defer_loading": False, **given}
    if kind == "mcp":
        return _mcp(given)
    if kind == "web_search":
        location = given.get("location")
        places = dict.fromkeys(("city", "country", "region", "timezone"))
        found = {"allowed_domains": None, "context_size": "medium", "mode": "live", **given}
        return {**found, "location": None if location is None else {**places, **location}}
    if kind == "programmatic_tool_calling":
        return {"enabled": True, **given}
    if kind == "computer_use":
        return {"include_screenshots": False, **given}
    return given


def _mcp(given: Fields) -> Fields:
    """Returns the MCP tool `given` with default values for omitted fields.

    The SDK's types name no default for `connection_origin`. The emulator's default is `environment` for a server that
    is started with a command, and `service` for a server with a URL.
    """
    transport = {name: value for name, value in given["transport"].items() if value is not None}
    local = transport["type"] == "stdio"
    empty: Fields = {"args": [], "env_vars": []} if local else {"headers": {}}
    return {
        "allowed_tools": None,
        "connection_origin": "environment" if local else "service",
        "credential_id": None,
        "request_metadata": {},
        "required": False,
        **given,
        "transport": {**empty, **transport},
    }


RESOLVE: dict[str, Callable[[Any], Any]] = {
    "name": _name,
    "instructions": lambda given: given,
    "metadata": check_metadata,
    "tools": _tools,
    "reasoning": _reasoning,
    "text": _text,
    "service_tier": lambda given: given or "auto",
    "multi_agent": _multi_agent,
    "compaction": _compaction,
}
"""For each field, the function that returns the stored value for the value in a request. None gives the default."""
