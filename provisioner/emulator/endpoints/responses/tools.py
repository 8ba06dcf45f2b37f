"""Converts the tools of a request to the form that the API returns, and to the tools of a turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from provisioner.emulator.answering.turn import (
    Choice,
    CodeInterpreterTool,
    CustomTool,
    FileSearchTool,
    FunctionTool,
    McpTool,
    OtherTool,
    Tool,
    name_of,
)
from provisioner.emulator.checks.limits import check_count, check_length, check_range
from provisioner.emulator.checks.schemas import check_parameters
from provisioner.emulator.endpoints import stores
from provisioner.emulator.endpoints.assistants import MAX_FUNCTION_DESCRIPTION, check_function_name
from provisioner.emulator.endpoints.filters import check_filter
from provisioner.emulator.endpoints.responses import containers
from provisioner.emulator.messages.refusal import Refusal, missing_parameter
from provisioner.emulator.messages.request import ApiRequest

#: The default number of passages, from the object in the guide on file search.
MAX_RESULTS = 20
MAX_STORES, MAX_TOOLS = 2, 128


def fill_in(tools: Any) -> Any:
    """Returns the tools of a request with `parameters` and `strict` added to each function. The SDK's types require
    these fields, but the API does not.
    """
    if not isinstance(tools, list):
        return tools
    defaults = {"parameters": None, "strict": None}
    return [
        {**defaults, **tool} if isinstance(tool, dict) and tool.get("type") == "function" else tool for tool in tools
    ]


def resolve(call: ApiRequest, tools: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the tools in the form that the API returns, with default values for omitted fields. Raises Refusal if
    there are too many tools, or if a setting of a tool is not valid.
    """
    check_count("tools", tools, MAX_TOOLS)
    resolvers: dict[str, Callable[[ApiRequest, dict[str, Any], str], dict[str, Any]]] = {
        "function": _function,
        "file_search": _file_search,
        "code_interpreter": _code_interpreter,
        "mcp": _mcp,
        "web_search": _web_search,
        "web_search_preview": _web_search,
    }
    found = []
    for index, tool in enumerate(tools):
        resolver = resolvers.get(tool["type"])
        found.append(resolver(call, tool, f"tools[{index}]") if resolver else tool)
    return found


def _function(call: ApiRequest, tool: dict[str, Any], path: str) -> dict[str, Any]:
    check_function_name(f"{path}.name", tool["name"])
    check_length(f"{path}.description", tool.get("description"), MAX_FUNCTION_DESCRIPTION)
    strict = bool(tool.get("strict"))
    check_parameters(tool["name"], tool.get("parameters"), f"{path}.parameters", strict=strict)
    parameters = tool.get("parameters") or {"type": "object", "properties": {}}
    return {**tool, "description": tool.get("description"), "parameters": parameters, "strict": strict}


def _file_search(call: ApiRequest, tool: dict[str, Any], path: str) -> dict[str, Any]:
    check_count(f"{path}.vector_store_ids", tool["vector_store_ids"], MAX_STORES)
    limit = tool.get("max_num_results", MAX_RESULTS)
    check_range(f"{path}.max_num_results", limit, 1, 50)
    ranking = {"ranker": "auto", "score_threshold": 0.0, **(tool.get("ranking_options") or {})}
    check_range(f"{path}.ranking_options.score_threshold", ranking["score_threshold"], 0, 1)
    if tool.get("filters") is not None:
        check_filter(tool["filters"], f"{path}.filters")
    if not tool["vector_store_ids"]:
        raise missing_parameter(f"{path}.vector_store_ids")
    for identifier in tool["vector_store_ids"]:
        stores.find_usable(call, identifier)
    ranking["score_threshold"] = float(ranking["score_threshold"])
    return {**tool, "filters": tool.get("filters"), "max_num_results": limit, "ranking_options": ranking}


def _code_interpreter(call: ApiRequest, tool: dict[str, Any], path: str) -> dict[str, Any]:
    container = tool["container"]
    if isinstance(container, str):
        containers.find_active(call, container)
        return tool
    containers.check_files(call, container.get("file_ids"), f"{path}.container.file_ids")
    return {**tool, "container": {**container, "file_ids": container.get("file_ids", [])}}


def _mcp(call: ApiRequest, tool: dict[str, Any], path: str) -> dict[str, Any]:
    if not tool.keys() & {"server_url", "connector_id", "tunnel_id"}:
        message = f"One of '{path}.server_url' or '{path}.connector_id' must be provided."
        raise Refusal(400, message, code="missing_required_parameter", param=f"{path}.server_url")
    shown = {name: value for name, value in tool.items() if name not in ("authorization", "headers")}
    defaults = {"allowed_tools": None, "headers": None, "require_approval": "always"}
    return {**defaults, **shown}


def _web_search(call: ApiRequest, tool: dict[str, Any], path: str) -> dict[str, Any]:
    filters = {"filters": None} if tool["type"] == "web_search" else {}
    return {**filters, "search_context_size": "medium", "user_location": None, **tool}


def of_turn(tools: Sequence[Mapping[str, Any]]) -> tuple[Tool, ...]:
    """Returns the tools of a turn. `tools` are the tools of a response in the form that the API returns."""
    return tuple(_of_turn(tool) for tool in tools)


def _of_turn(tool: Mapping[str, Any]) -> Tool:
    match tool["type"]:
        case "function":
            return FunctionTool(tool["name"], tool["description"] or "", tool["parameters"], tool["strict"])
        case "custom":
            return CustomTool(tool["name"], tool.get("description") or "")
        case "file_search":
            return FileSearchTool(
                tuple(tool["vector_store_ids"]),
                tool["max_num_results"],
                tool["ranking_options"]["score_threshold"],
                tool["filters"],
            )
        case "code_interpreter":
            return CodeInterpreterTool()
        case "mcp":
            allowed = tool["allowed_tools"]
            names = allowed.get("tool_names", ()) if isinstance(allowed, Mapping) else allowed or ()
            return McpTool(tool["server_label"], tuple(names))
        case kind:
            return OtherTool(kind)


def choice_of(choice: Any, tools: Sequence[Mapping[str, Any]]) -> Choice:
    """Returns the tools that the model may or must use. `choice` is the field `tool_choice` of a request, and `tools`
    are the tools of the request. Raises Refusal if `choice` names a tool that is not in `tools`. Also raises Refusal if
    `choice` is `required` and there are no tools.
    """
    if isinstance(choice, str):
        if choice == "required" and not tools:
            raise Refusal(400, "Tool choice 'required' must be specified with 'tools' parameter.", param="tool_choice")
        return Choice(choice)
    offered = {name_of(tool) for tool in of_turn(tools)}
    if choice["type"] == "allowed_tools":
        names = tuple(_name(tool) for tool in choice["tools"])
        mode = choice["mode"]
    else:
        names, mode = (_name(choice),), "required"
    for name in names:
        if name not in offered:
            raise Refusal(400, f"Tool choice '{name}' not found in 'tools' parameter.", param="tool_choice")
    return Choice(mode, names)


def _name(choice: Mapping[str, Any]) -> str:
    return str(
        choice.get("name")
        if choice["type"] in ("function", "custom")
        else choice.get("server_label")
        if choice["type"] == "mcp"
        else choice["type"]
    )
