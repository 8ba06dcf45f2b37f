"""Defines the pydantic models for `tool_choice`, the field that says which tools the model may or must use.

Source: `types/responses/tool_choice_*_param.py` in openai-python 3.57.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field

from provisioner.core.kinds.model import Filled, Model, by_tag, refuse, tag

CHOICES = ("none", "auto", "required")
#: The types of tools that `tool_choice` names by their type, without a name of the tool.
Hosted = Literal[
    "file_search",
    "web_search_preview",
    "computer",
    "computer_use_preview",
    "computer_use",
    "web_search_preview_2025_03_11",
    "image_generation",
    "code_interpreter",
    "programmatic_tool_calling",
    "apply_patch",
    "shell",
]
Named = Literal["function", "custom"]


def _check_word(value: Any) -> Any:
    if value not in CHOICES:
        raise refuse(
            f"`{str(value)[:40]}` is not a choice; write `none`, `auto` or `required`, or a mapping `{{type: …}}`"
        )
    return value


Choice = Annotated[Literal["none", "auto", "required"], BeforeValidator(_check_word)]


def _check_nesting(value: Any) -> Any:
    """Returns `value` unchanged. Raises a validation error if `value` has the format of Chat Completions. In that
    format, the fields are nested below a key such as `function`.
    """
    if isinstance(value, Mapping) and isinstance(value.get("type"), str):
        inner = value.get(value["type"])
        if isinstance(inner, Mapping):
            name = inner.get("name")
            shown = f"name: {name}" if isinstance(name, str) else "name: …"
            wanted = "{type: allowed_tools, mode: auto, tools: […]}"
            if value["type"] != "allowed_tools":
                wanted = f"{{type: {value['type']}, {shown}}}"
            raise refuse(f"this is the shape of Chat Completions; write `{wanted}`", value["type"])
    return value


class HostedChoice(Model):
    """A value of `tool_choice`, or an item of its `tools`, that selects a tool by the type of the tool. The tool runs
    at OpenAI.
    """

    type: Hosted


class NamedChoice(Model):
    """A value of `tool_choice`, or an item of its `tools`, that names one function or one custom tool."""

    type: Named
    name: Filled = Field(description="Its name.")


class McpChoice(Model):
    """A value of `tool_choice`, or an item of its `tools`, that selects all tools of an MCP server, or one of them."""

    type: Literal["mcp"]
    server_label: Filled = Field(description="The server.")
    name: Filled | None = Field(None, description="The tool; any of the server's if it is left out.")


def _allowed(value: Any) -> str | None:
    return _kind(value, other="<other>")


class OtherTool(Model):
    """A tool that is identified by its type alone."""

    type: Filled


AllowedTool = Annotated[
    Annotated[NamedChoice, BeforeValidator(_check_nesting), tag("named")]
    | Annotated[McpChoice, tag("mcp")]
    | Annotated[OtherTool, tag("other")],
    by_tag(
        _allowed,
        "a tool, `{type: function, name: …}`, `{type: mcp, server_label: …}` or `{type: …}`,",
    ),
]


class AllowedChoice(Model):
    """A value of `tool_choice` that limits the model to some of the assistant's tools."""

    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"] = Field(description="Whether the model may or must use one of them.")
    tools: list[AllowedTool] = Field(description="The tools.", min_length=1)


def _kind(value: Any, other: str | None = None) -> str | None:
    written = value.get("type") if isinstance(value, Mapping) else None
    if not isinstance(written, str):
        return None
    if written in get_args(Named):
        return "<named>"
    return "<mcp>" if written == "mcp" else other


def _choice(value: Any) -> str | None:
    if isinstance(value, str):
        return "<text>"
    if isinstance(value, Mapping) and value.get("type") == "allowed_tools":
        return "<allowed>"
    return _kind(value, other="<hosted>")


ToolChoice = Annotated[
    Annotated[Choice, tag("text")]
    | Annotated[NamedChoice, BeforeValidator(_check_nesting), tag("named")]
    | Annotated[McpChoice, BeforeValidator(_check_nesting), tag("mcp")]
    | Annotated[AllowedChoice, BeforeValidator(_check_nesting), tag("allowed")]
    | Annotated[HostedChoice, BeforeValidator(_check_nesting), tag("hosted")],
    by_tag(
        _choice,
        "`auto`, `required`, `none` or a mapping that names a tool",
    ),
]
