"""Reads the agent files of other tools: Markdown files with front matter, and maps of agents in YAML or JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.core.assistant_fields import ASSISTANT_FIELDS
from provisioner.core.diagnostic import Place
from provisioner.core.kinds.tool_types import FIRST_NAMES
from provisioner.core.objecttype import DEFINITION
from provisioner.manifest.migration.reading import Reading
from provisioner.manifest.writing.found import Found

#: The names that other tools give to fields of an assistant, with the names of these fields in manifests.
NAMES: Mapping[str, str] = {
    "system": "instructions",
    "system_prompt": "instructions",
    "prompt": "instructions",
    "instruction": "instructions",
    "max_tokens": "max_output_tokens",
    "llm": "model",
}
#: The fields that describe a role. Their texts become instructions in this order.
ROLE = ("role", "goal", "backstory")
#: The names that other programs give to tools that OpenAI hosts, with the types of these tools.
TOOLS: Mapping[str, str] = {"python": "code_interpreter", "websearch": "web_search", "browser": "web_search"}
KNOWN = frozenset({"model", "instructions", "tools", "description"}) | NAMES.keys() | set(ROLE)


def is_agent(value: Any) -> bool:
    """Returns whether a value seems to describe one agent. Such a value is a mapping with instructions, with a role, or
    with a model and tools.
    """
    if not isinstance(value, Mapping):
        return False
    has_text = any(
        isinstance(value.get(name), str) for name in ("instructions", "system_prompt", "system", "prompt", "role")
    )
    return has_text or ("model" in value and "tools" in value)


def read_agents_map(value: Mapping[str, Any], reading: Reading) -> bool:
    """Adds each agent in a map or list of agents to `reading`. The map or list may be in the field `agents` of `value`.
    Returns False if `value` contains no such map or list.
    """
    is_declared = isinstance(value.get("agents"), Mapping | list)
    agents = value["agents"] if is_declared else value
    named: list[tuple[str, Any]]
    if isinstance(agents, list):
        named = [(_name_of(each) or f"agent-{n}", each) for n, each in enumerate(agents)]
    elif isinstance(agents, Mapping):
        named = [(str(name), each) for name, each in agents.items()]
    else:
        return False
    wrong = [name for name, each in named if not is_agent(each)]
    if len(wrong) == len(named) or (wrong and not is_declared):
        return False
    for name, each in named:
        if name not in wrong:
            reading.found.append(make_agent(name, each, None, Place(reading.file)))
    for name in wrong:
        message = f"`{name}` below `agents:` has neither instructions nor a model and tools; it was left out"
        reading.report("warning", message)
    return True


def _name_of(agent: Any) -> str:
    return str(agent.get("name") or "") if isinstance(agent, Mapping) else ""


def make_agent(name: str, data: Mapping[str, Any], body: str | None, place: Place) -> Found:
    """Returns an agent as a `Found` value (the description of an object that was found in a source). `data` has the
    agent's fields. `name` is the name of the result. It also becomes the field `name` if `data` contains no name.
    `body` is the text below the front matter of a Markdown file, or None.
    """
    fields: dict[str, Any] = {}
    role = [str(data[field]).strip() for field in ROLE if isinstance(data.get(field), str)]
    for field, value in data.items():
        known = NAMES.get(field, field)
        if field in ROLE:
            continue
        if known == "tools":
            fields["tools"] = [_tool(each) for each in _listed(value)]
        else:
            fields.setdefault(known, value)
    texts = [*role, fields.get("instructions"), (body or "").strip()]
    written = [text for text in texts if isinstance(text, str) and text]
    if written:
        fields["instructions"] = "\n\n".join(written)
    fields.setdefault("name", name)
    return Found(DEFINITION.name, f"agent {name} at {place}", fields, place=place, is_echo=False, name=name)


def reads_like_agent(data: Any) -> bool:
    """Returns whether `data`, the front matter of a Markdown file, seems to describe an agent. The result is False if
    the front matter contains a field `layout`, because such a file is a page of a website.
    """
    return isinstance(data, Mapping) and bool(data.keys() & {"model", "tools"}) and "layout" not in data


def is_own_field(name: str) -> bool:
    """Returns whether the entry of an assistant in a manifest can have a field named `name`."""
    return name in ASSISTANT_FIELDS


def _listed(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [each.strip() for each in value.split(",") if each.strip()]
    if isinstance(value, Mapping):
        return [name for name, wanted in value.items() if wanted]
    return list(value) if isinstance(value, list) else []


def _tool(tool: Any) -> Any:
    if not isinstance(tool, str):
        return tool
    name = TOOLS.get(tool.lower(), tool.lower())
    return {"type": name} if name in FIRST_NAMES else {"type": tool}
