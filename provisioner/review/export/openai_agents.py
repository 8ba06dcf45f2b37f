"""Exports a Python module for the SDK `openai-agents`. The exported module makes an `Agent` object from each
definition.

Source: the classes `Agent` and `ModelSettings`, and the classes of tools, in the Python package `agents`. Fields of a
definition that are missing in `ModelSettings` are sent in `extra_body`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.core.runtime_values import copy, replace_at
from provisioner.review.export.exported import MARK, Exported, Notes, runtime_values
from provisioner.review.export.literals import INDENT, Expression, assign, literal_type, python_literal

#: The fields of `ModelSettings`, by the fields of definitions.
SETTINGS = {
    **{name: name for name in ("temperature", "top_p", "tool_choice", "parallel_tool_calls", "truncation")},
    **{name: name for name in ("metadata", "store", "top_logprobs")},
    "max_output_tokens": "max_tokens",
    "include": "response_include",
}
#: The arguments of tools that have arguments for their fields.
ARGUMENTS = {
    "file_search": ("FileSearchTool", ("vector_store_ids", "max_num_results", "filters", "ranking_options")),
    "web_search": ("WebSearchTool", ("user_location", "filters", "search_context_size")),
}
#: Tools that take their fields as a configuration.
CONFIGURED = {
    "code_interpreter": "CodeInterpreterTool",
    "mcp": "HostedMCPTool",
    "image_generation": "ImageGenerationTool",
}
HEAD = '''\
"""{title}

{mark}openai-agents`; do not edit. It needs the package `openai-agents`.

    await Runner.run(agent("NAME"), "…")
"""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Callable, Mapping
from typing import Any, Literal, NoReturn, cast

from agents import (
    Agent,
    CodeInterpreterTool,
    FileSearchTool,
    FunctionTool,
    HostedMCPTool,
    ImageGenerationTool,
    ModelSettings,
    Tool,
    WebSearchTool,
)
from agents.tool_context import ToolContext

Functions = Mapping[str, Callable[..., Any]]
'''
FUNCTIONS = '''

def agent(name: AgentName, functions: Functions | None = None, secrets: Mapping[str, str] = os.environ) -> Agent[Any]:
    """Returns a new agent. `functions` has the functions that its function tools call, by name; a function gets the
    arguments by their names, and may be asynchronous.

    Raises KeyError for another name, and ValueError, with all names, if functions or values of `secrets` are missing.
    """
    missing = [f"the function {each}" for each in NEEDED_FUNCTIONS.get(name, []) if each not in (functions or {})]
    missing += [f"the value {each}" for each in NEEDED_VALUES.get(name, []) if not secrets.get(each)]
    if missing:
        raise ValueError(f"{name} needs {', '.join(missing)}")
    return _AGENTS[name](functions or {}, secrets)


def _function(functions: Functions, name: str, description: str, parameters: dict[str, Any], strict: bool) -> Tool:
    async def call(context: ToolContext[Any], arguments: str) -> Any:
        result = functions[name](**json.loads(arguments or "{}"))
        result = await result if inspect.isawaitable(result) else result
        return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)

    return FunctionTool(name, description, parameters, call, strict_json_schema=strict)
'''


def render_agents(exported: Exported, notes: Notes) -> str:
    """Returns the text of the Python module. For each part of a definition that the SDK `openai-agents` cannot express,
    adds a message to `notes`.
    """
    definitions = exported.definitions()
    for name in sorted(set(exported.assistants) - set(definitions)):
        notes.append(f"`{name}` is left out: it is kept at OpenAI, and only definitions become agents of this SDK")
    functions = {name: found for name, each in definitions.items() if (found := _function_names(each))}
    values = {
        name: found
        for name, each in definitions.items()
        if (found := sorted({value for _, value in runtime_values(each)}))
    }
    makers = [_maker(index, name, each, notes) for index, (name, each) in enumerate(sorted(definitions.items()), 1)]
    table = "".join(f"{INDENT}{name!r}: _make_{index},\n" for index, name in enumerate(sorted(definitions), 1))
    return "".join(
        (
            HEAD.format(title=exported.title(), mark=MARK),
            f"AgentName = {literal_type(list(definitions))}\n\n",
            "#: The functions and the values that agents need.\n",
            assign("NEEDED_FUNCTIONS", "dict[str, list[str]]", functions),
            assign("NEEDED_VALUES", "dict[str, list[str]]", values),
            FUNCTIONS,
            *makers,
            "\n\n_AGENTS: dict[str, Callable[[Functions, Mapping[str, str]], Agent[Any]]] = {\n",
            f"{table}}}\n",
        )
    )


def _maker(index: int, name: str, definition: Mapping[str, Any], notes: Notes) -> str:
    """Returns the Python code of a function that makes an agent from `definition`. The name of the function is
    `_make_<index>`. `name` is the name of the assistant. For each part that is left out, adds a message to `notes`.
    """
    tools = [
        text
        for place, tool in enumerate(definition.get("tools") or ())
        if (text := _tool(tool, f"`{name}`, tools[{place}]", notes)) is not None
    ]
    listed = "".join(f"{INDENT * 3}{each},\n" for each in tools)
    lines = [f"name={name!r}"]
    if "instructions" in definition:
        lines.append(f"instructions={definition['instructions']!r}")
    if "model" in definition:
        lines.append(f"model={definition['model']!r}")
    lines.append(f"model_settings={_settings(definition)}")
    lines.append(f"tools=[\n{listed}{INDENT * 2}]" if tools else "tools=[]")
    arguments = "".join(f"{INDENT * 2}{line},\n" for line in lines)
    return (
        f"\n\ndef _make_{index}(functions: Functions, secrets: Mapping[str, str]) -> Agent[Any]:\n"
        f"    return Agent(\n{arguments}    )\n"
    )


def _settings(definition: Mapping[str, Any]) -> str:
    known = {SETTINGS[key]: value for key, value in definition.items() if key in SETTINGS}
    rest = {
        key: value
        for key, value in definition.items()
        if key not in (*SETTINGS, "model", "instructions", "tools", "extra_body")
    }
    if isinstance(choice := known.get("tool_choice"), dict):
        rest["tool_choice"] = choice
        del known["tool_choice"]
    if body := rest | definition.get("extra_body", {}):
        known["extra_body"] = body
    arguments = ", ".join(f"{key}={_cast(key, value)}" for key, value in known.items())
    return f"ModelSettings({arguments})"


def _cast(key: str, value: Any) -> str:
    text = python_literal(value, 3)
    return f'cast("Any", {text})' if key == "response_include" else text


def _tool(tool: Mapping[str, Any], where: str, notes: Notes) -> str | None:
    """Returns the Python expression that makes `tool`. Returns None if the SDK `openai-agents` has no class for this
    type of tool. For each part that is left out, adds a message to `notes`; `where` is the text that names the tool in
    this message.
    """
    kind = tool["type"]
    if kind == "function":
        description, strict = tool.get("description") or "", bool(tool.get("strict"))
        parameters = python_literal(tool.get("parameters") or {"type": "object", "properties": {}}, 4)
        return f"_function(functions, {tool['name']!r}, {description!r}, {parameters}, {strict})"
    if kind in CONFIGURED:
        config = copy({**tool})
        for path, value in runtime_values(config):
            replace_at(config, path, Expression(f"secrets[{value!r}]"))
        return f'{CONFIGURED[kind]}(cast("Any", {python_literal(config, 4)}))'
    if kind not in ARGUMENTS:
        notes.append(f"{where} is left out: the SDK has no tool for the type `{kind}`")
        return None
    name, known = ARGUMENTS[kind]
    for other in sorted(set(tool) - {"type", *known}):
        notes.append(f"{where}.{other} is left out: {name} has no such argument")
    arguments = ", ".join(
        f'{key}=cast("Any", {python_literal(tool[key], 4)})' for key in known if tool.get(key) is not None
    )
    return f"{name}({arguments})"


def _function_names(definition: Mapping[str, Any]) -> list[str]:
    return sorted(each["name"] for each in definition.get("tools") or () if each["type"] == "function")
