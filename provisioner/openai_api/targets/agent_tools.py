"""Converts tools of the Responses API to tools of saved agents.

Source: `types/beta/persisted_agent_tool_param.py` in openai-python 3.57.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from provisioner.core.resource import Problem
from provisioner.openai_api.targets.newer import fields_of, newer_than_known
from provisioner.openai_api.targets.target import Path

Tool = Mapping[str, Any]
Expressed = tuple[dict[str, Any] | None, list[Problem]]

FILE_SEARCH = (
    "agents have no file_search; keep this assistant on `target: responses`, mount the documents with "
    "`environment: {files: […]}`, or offer the store through an mcp server"
)
#: Fields of an MCP tool that have the same name on the target `agents`.
MCP_FIELDS = ("credential_id", "connection_origin", "required", "request_metadata")


def express_tool(tool: Tool, path: Path) -> Expressed:
    """Converts `tool`, a tool in the format of the Responses API, to a tool of an agent. Returns the new tool, and the
    problems that were found. If agents do not support tools of this type, None is returned instead of the tool. `path`
    is the path of the tool in the manifest.

    Each field that this version of provision knows is either converted or reported as a problem. Fields from `extra:`
    stay unchanged.
    """
    expresser = EXPRESSERS.get(tool["type"])
    if expresser is None:
        return None, [
            Problem(path, f"agents have no `{tool['type']}` tool; use `target: responses` for this assistant")
        ]
    given = {key: value for key, value in tool.items() if value is not None}
    kept, problems = expresser(given, path)
    return None if kept is None else kept | newer_than_known(given), problems


def _express_file_search(tool: Tool, path: Path) -> Expressed:
    return None, [Problem(path, FILE_SEARCH)]


def _express_same(*names: str) -> Callable[[Tool, Path], Expressed]:
    """Returns a function that converts a tool of the Responses API to a tool of an agent. The function copies the type
    of the tool and the fields in `names` without changes. It also returns a problem for each other field, except fields
    that are newer than this version of provision.
    """

    def express(tool: Tool, path: Path) -> Expressed:
        return {key: tool[key] for key in ("type", *names) if key in tool}, _refused(tool, names, path)

    return express


def _express_function(tool: Tool, path: Path) -> Expressed:
    problems = _refused(tool, ("name", "description", "parameters", "strict", "defer_loading", "async"), path)
    if not tool.get("description"):
        problems.append(Problem(path, f"agents need a description of function `{tool['name']}`; add `description:`"))
    if tool.get("strict"):
        problems.append(Problem((*path, "strict"), "agents have no strict functions; write `strict: false`"))
    kept = {key: tool[key] for key in ("type", "name", "description", "defer_loading", "async") if key in tool}
    return kept | {"parameters": tool.get("parameters") or {"type": "object", "properties": {}}}, problems


def _express_web_search(tool: Tool, path: Path) -> Expressed:
    problems = _refused(tool, ("filters", "search_context_size", "user_location", "external_web_access"), path)
    filters, location = tool.get("filters") or {}, tool.get("user_location")
    if filters.get("blocked_domains") is not None:
        message = "agents cannot exclude domains from web search; remove `blocked_domains`, or use `target: responses`"
        problems.append(Problem((*path, "filters", "blocked_domains"), message))
    kept: dict[str, Any] = {"type": "web_search"}
    if filters.get("allowed_domains") is not None:
        kept["allowed_domains"] = filters["allowed_domains"]
    if "search_context_size" in tool:
        kept["context_size"] = tool["search_context_size"]
    if location is not None:
        kept["location"] = {key: value for key, value in location.items() if key != "type"}
        if location.get("type") is not None:
            message = "`type: approximate` is not sent: a location is always approximate on the agents target"
            problems.append(Problem((*path, "user_location", "type"), message, "info"))
    if "external_web_access" in tool:
        kept["mode"] = "live" if tool["external_web_access"] else "cached"
    return kept, problems


def _express_mcp(tool: Tool, path: Path) -> Expressed:
    known = ("server_label", "server_url", "headers", "allowed_tools", "server_description", "require_approval")
    problems = _refused(tool, (*known, *MCP_FIELDS), path)
    headers = tool.get("headers") or {}
    if any(isinstance(value, Mapping) for value in headers.values()):
        message = "saved agents keep no credentials; remove the runtime header, or name a vault's `credential_id`"
        problems.append(Problem((*path, "headers"), message))
    # If it is omitted, the Responses API asks before every call, so an agent that does not ask must be explicit.
    if tool.get("require_approval") != "never":
        problems.append(
            Problem((*path, "require_approval"), "agents ask for no approval; write `require_approval: never`")
        )
    if "server_description" in tool:
        message = "`server_description` is not sent: agents describe a server by its label alone"
        problems.append(Problem((*path, "server_description"), message, "info"))
    transport: dict[str, Any] = {"type": "http", "server_url": tool.get("server_url")}
    if headers:
        transport["headers"] = headers
    kept = {"type": "mcp", "server_label": tool["server_label"], "transport": transport}
    kept |= {key: tool[key] for key in MCP_FIELDS if key in tool}
    allowed = tool.get("allowed_tools")
    if isinstance(allowed, Mapping):
        if allowed.get("read_only") is not None:
            message = "agents know tools by name only; remove `read_only`"
            problems.append(Problem((*path, "allowed_tools"), message))
        allowed = allowed.get("tool_names")
    if allowed is not None:
        kept["allowed_tools"] = allowed
    return kept, problems


def _refused(tool: Tool, known: Iterable[str], path: Path) -> list[Problem]:
    """Returns a problem for each field of the tool that agents do not support. `known` are the names of the supported
    fields. Fields that are newer than this version of provision are ignored. `path` is the path of the tool in the
    manifest.
    """
    known = {"type", *known}
    return [
        Problem((*path, key), f"`{key}` of a {tool['type']} tool has no place on the agents target; remove it")
        for key in tool
        if key in fields_of(tool["type"]) and key not in known
    ]


EXPRESSERS: dict[str, Callable[[Tool, Path], Expressed]] = {
    "function": _express_function,
    "web_search": _express_web_search,
    "mcp": _express_mcp,
    "tool_search": _express_same(),
    "programmatic_tool_calling": _express_same("enabled"),
    "computer_use": _express_same("include_screenshots"),
    "automations": _express_same(),
    "file_search": _express_file_search,
}
