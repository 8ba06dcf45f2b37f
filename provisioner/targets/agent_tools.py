"""The tools of the Responses API as saved agents know them (`types/beta/persisted_agent_tool_param.py`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from provisioner.resource import Problem
from provisioner.targets.target import Path

Tool = Mapping[str, Any]
Expressed = tuple[dict[str, Any] | None, list[Problem]]

FILE_SEARCH = (
    "agents have no file_search; keep this assistant on `target: responses`, mount the documents with "
    "`environment: {files: […]}`, or offer the store through an mcp server"
)


def express_tool(tool: Tool, path: Path) -> Expressed:
    """The tool as an agent keeps it (None where it cannot), and what is wrong with it."""
    expresser = EXPRESSERS.get(tool["type"])
    if expresser is None:
        return None, [
            Problem(path, f"agents have no `{tool['type']}` tool; use `target: responses` for this assistant")
        ]
    return expresser(tool, path)


def _express_file_search(tool: Tool, path: Path) -> Expressed:
    return None, [Problem(path, FILE_SEARCH)]


def _express_as_is(tool: Tool, path: Path) -> Expressed:
    return dict(tool), []


def _express_function(tool: Tool, path: Path) -> Expressed:
    problems = _unknown(tool, ("name", "description", "parameters", "strict", "defer_loading", "async"), path)
    if not tool.get("description"):
        problems.append(Problem(path, f"agents need a description of function `{tool['name']}`; add `description:`"))
    if tool.get("strict"):
        problems.append(Problem((*path, "strict"), "agents have no strict functions; write `strict: false`"))
    kept = {key: tool[key] for key in ("type", "name", "description", "defer_loading", "async") if key in tool}
    return kept | {"parameters": tool.get("parameters") or {"type": "object", "properties": {}}}, problems


def _express_web_search(tool: Tool, path: Path) -> Expressed:
    known = ("filters", "search_context_size", "user_location", "external_web_access")
    problems = _unknown(tool, known, path)
    kept: dict[str, Any] = {"type": "web_search"}
    if domains := (tool.get("filters") or {}).get("allowed_domains"):
        kept["allowed_domains"] = domains
    if size := tool.get("search_context_size"):
        kept["context_size"] = size
    if location := tool.get("user_location"):
        kept["location"] = {key: value for key, value in location.items() if key != "type"}
    if "external_web_access" in tool:
        kept["mode"] = "live" if tool["external_web_access"] else "cached"
    return kept, problems


def _express_mcp(tool: Tool, path: Path) -> Expressed:
    known = ("server_label", "server_url", "headers", "allowed_tools", "server_description", "require_approval")
    problems = _unknown(tool, known, path)
    headers = tool.get("headers") or {}
    if any(isinstance(value, Mapping) for value in headers.values()):
        problems.append(Problem((*path, "headers"), "saved agents keep no credentials; remove the runtime header"))
    # Left out, the Responses API asks before every call: an agent that does not ask must be wanted.
    if tool.get("require_approval") != "never":
        problems.append(
            Problem((*path, "require_approval"), "agents ask for no approval; write `require_approval: never`")
        )
    transport: dict[str, Any] = {"type": "http", "server_url": tool.get("server_url")}
    if headers:
        transport["headers"] = headers
    kept = {"type": "mcp", "server_label": tool["server_label"], "transport": transport}
    if (allowed := tool.get("allowed_tools")) is not None:
        if isinstance(allowed, Mapping) and "read_only" in allowed:
            problems.append(Problem((*path, "allowed_tools"), "agents know tools by name only; remove `read_only`"))
        kept["allowed_tools"] = allowed.get("tool_names") if isinstance(allowed, Mapping) else allowed
    return kept, problems


def _unknown(tool: Tool, known: Iterable[str], path: Path) -> list[Problem]:
    """A problem for every field of the tool that agents have nothing like."""
    return [
        Problem((*path, key), f"`{key}` of a {tool['type']} tool has no place on the agents target; remove it")
        for key in tool
        if key != "type" and key not in known
    ]


EXPRESSERS: dict[str, Callable[[Tool, Path], Expressed]] = {
    "function": _express_function,
    "web_search": _express_web_search,
    "mcp": _express_mcp,
    "tool_search": _express_as_is,
    "programmatic_tool_calling": _express_as_is,
    "computer_use": _express_as_is,
    "automations": _express_as_is,
    "file_search": _express_file_search,
}
