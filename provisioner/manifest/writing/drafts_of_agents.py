"""Makes drafts (manifest entries with a report on each field) from saved agents and their environment templates. For an
apply, the target `agents` converts manifest entries to agents.

Source: `types/beta/agent.py`, `persisted_agent_tool.py` and `types/beta/agents/environments/template.py` in
openai-python 3.57.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.core.kinds.agent import AgentFields
from provisioner.core.kinds.environment import EnvironmentModel
from provisioner.manifest.resources.environments import WORKSPACE
from provisioner.manifest.writing.draft import EMPTY, Draft, filled
from provisioner.manifest.writing.found import Found
from provisioner.manifest.writing.outcomes import Outcome
from provisioner.openai_api.targets import agents
from provisioner.openai_api.targets.agent_fields import EXPERIMENTAL_DEFAULTS

#: The values that the API returns for fields of an agent that nobody has set.
DEFAULTS: Mapping[str, Any] = {
    "reasoning": {"effort": None, "summary": None},
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "service_tier": "auto",
    "multi_agent": {"enabled": False, "max_concurrent_subagents": None},
    "compaction": {"async": False},
    "experimental": dict(EXPERIMENTAL_DEFAULTS),
}
#: The values that the API returns for fields of an agent's tools that nobody has set, by the type of the tool.
TOOL_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "function": {"defer_loading": False},
    "mcp": {"connection_origin": "service", "required": False, "allowed_tools": None},
    "web_search": {"context_size": "medium", "mode": "live"},
    "programmatic_tool_calling": {"enabled": True},
    "computer_use": {"include_screenshots": False},
}
NETWORK: Mapping[str, Any] = {"access": "disabled", "allowed_domains": []}
#: The name that a JSON schema gets in a manifest, because agents do not keep the name.
FORMAT_NAME = "answer"


def draft_agent(draft: Draft, template: Found | None) -> None:
    """Fills the draft of an agent: its manifest entry, and its report. `template` is the agent's environment template,
    or None.
    """
    draft.drop_unread()
    draft.drop_given()
    tools = draft.take_tools()
    draft.drop_defaults(DEFAULTS)
    for name in agents.FIELDS:
        if name not in ("metadata", "tools", "text"):
            _carry_block(draft, name)
    if isinstance(text := draft.left.pop("text", None), Mapping):
        if kept := _text(draft, text):
            draft.place("text", kept, ("text",))
        else:
            draft.say("text", Outcome.DEFAULT)
    made = [_tool(draft, tool, f"tools[{index}]") for index, tool in enumerate(tools) if isinstance(tool, Mapping)]
    if made:
        draft.entry["tools"] = made
    for name in AgentFields.model_fields:
        if name in draft.left:
            value = draft.left.pop(name)
            draft.place(name, filled(value) if isinstance(value, Mapping) else value, ("agents", name))
    draft.carry_metadata()
    if template is not None:
        inner = Draft(template)
        draft_environment(inner)
        draft.outcomes += inner.outcomes
        if inner.entry:
            draft.entry["environment"] = inner.entry
        else:  # A manifest has no empty environment, but a tool that runs code makes one.
            draft.entry["tools"] = ["code_interpreter", *draft.entry.get("tools", ())]


def draft_environment(draft: Draft) -> None:
    """Fills the draft of an environment template: its manifest entry, and the report on its fields. The entry later
    becomes the block `environment:` of an assistant.
    """
    draft.drop_unread()
    draft.drop_given()
    draft.left.pop("name", None)
    draft.say("environment.name", Outcome.GIVEN, reason="it is made from the names of the project and the assistant")
    for name, value in list(draft.left.items()):
        full = f"environment.{name}"
        inner = filled(value) if isinstance(value, Mapping) else value
        if isinstance(inner, dict) and name != "env":
            inner = {key: item for key, item in inner.items() if item not in EMPTY}
        is_default = inner in EMPTY or (name == "network" and inner == {"access": "disabled"})
        is_default = is_default or (name == "desktop" and inner == {"enabled": False})
        del draft.left[name]
        if is_default:
            draft.say(full, Outcome.DEFAULT)
        elif name == "files":
            draft.entry[name] = [_mounted(file) for file in inner if isinstance(file, Mapping)]
            draft.say(full, Outcome.MOVED, full)
        elif name in EnvironmentModel.model_fields:
            draft.entry[name] = inner
            draft.say(full, Outcome.CARRIED)
        else:
            draft.say(full, Outcome.HOMELESS, reason="no field of `environment:` is called so")


def _carry_block(draft: Draft, name: str) -> None:
    if isinstance(draft.left.get(name), Mapping):
        draft.left[name] = filled(draft.left[name])
    draft.carry(name)


def _mounted(file: Mapping[str, Any]) -> dict[str, Any]:
    path = str(file.get("path") or "").removeprefix(f"{WORKSPACE}/")
    id_ = file.get("file_id")
    return {"path": id_, "mount": path} if path and path != id_ else {"path": id_}


def _text(draft: Draft, text: Mapping[str, Any]) -> dict[str, Any]:
    made = filled(text)
    if draft.found.is_echo and made.get("verbosity") == DEFAULTS["text"]["verbosity"]:
        del made["verbosity"]
        draft.say("text.verbosity", Outcome.DEFAULT)
    format_ = made.get("format")
    if isinstance(format_, Mapping) and format_.get("type") == "json_schema":
        made["format"] = {"type": "json_schema", "name": FORMAT_NAME, **filled(format_)}
    if made.get("format") == {"type": "text"}:
        del made["format"]
    return made


def _tool(draft: Draft, tool: Mapping[str, Any], path: str) -> Any:
    kind = str(tool.get("type"))
    defaults = TOOL_DEFAULTS.get(kind, {}) if draft.found.is_echo else {}
    kept = {key: value for key, value in filled(tool).items() if key not in defaults or defaults[key] != value}
    draft.say(path, Outcome.CARRIED)
    if kind == "web_search":
        return _web_search(draft, kept, path)
    if kind == "mcp":
        return _mcp(draft, kept, path)
    return kept


def _web_search(draft: Draft, tool: dict[str, Any], path: str) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "web_search"}
    for name, value in tool.items():
        if name == "allowed_domains":
            made["filters"] = {"allowed_domains": value}
            draft.say(f"{path}.{name}", Outcome.MOVED, f"{path}.filters.allowed_domains")
        elif name == "context_size":
            made["search_context_size"] = value
            draft.say(f"{path}.{name}", Outcome.MOVED, f"{path}.search_context_size")
        elif name == "location":
            made["user_location"] = {"type": "approximate", **filled(value)}
            draft.say(f"{path}.{name}", Outcome.MOVED, f"{path}.user_location")
        elif name == "mode":
            made["external_web_access"] = value == "live"
            draft.say(f"{path}.{name}", Outcome.MOVED, f"{path}.external_web_access")
        else:
            made[name] = value
    return made


def _mcp(draft: Draft, tool: dict[str, Any], path: str) -> dict[str, Any]:
    transport = tool.pop("transport", None)
    tool = {name: value for name, value in tool.items() if value not in EMPTY}
    if isinstance(transport, Mapping):
        if transport.get("type") == "stdio":
            draft.say(f"{path}.transport", Outcome.HOMELESS, reason="a server that runs in the environment has no home")
        else:
            given = {name: value for name, value in transport.items() if name != "type" and value not in EMPTY}
            tool |= given
            for name in given:
                draft.say(f"{path}.transport.{name}", Outcome.MOVED, f"{path}.{name}")
    return {**tool, "require_approval": "never"}
