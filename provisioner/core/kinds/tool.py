"""Defines the pydantic model for a tool. A tool is declared under a name, or written directly in the entry that uses
the tool.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Annotated, Any, get_args

from pydantic import BaseModel, Discriminator

from provisioner.core.kinds import function, hosted, mcp
from provisioner.core.kinds.model import Filled, tag

MODELS: tuple[type[BaseModel], ...] = (
    function.Function,
    function.Custom,
    function.Namespace,
    hosted.FileSearch,
    hosted.CodeInterpreter,
    hosted.WebSearch,
    hosted.WebSearchPreview,
    mcp.Mcp,
    hosted.ImageGeneration,
    hosted.Shell,
    hosted.LocalShell,
    hosted.Computer,
    hosted.ComputerUsePreview,
    hosted.ToolSearch,
    hosted.ProgrammaticToolCalling,
    hosted.ApplyPatch,
    hosted.ComputerUse,
    hosted.Automations,
)


def types_of(model: type[BaseModel]) -> tuple[str, ...]:
    """Returns the values that the field `type` of a tool's model accepts."""
    return get_args(model.model_fields["type"].annotation)


TYPES: Mapping[str, type[BaseModel]] = {name: model for model in MODELS for name in types_of(model)}

_TAGS = {name: f"<{types_of(model)[0]}>" for name, model in TYPES.items()}


def _tag_of(value: Any) -> str | None:
    if isinstance(value, str):
        return "<text>"
    written = value.get("type") if isinstance(value, Mapping) else None
    return _TAGS.get(written) if isinstance(written, str) else None


_MEMBERS: list[Any] = [Annotated[model, tag(types_of(model)[0])] for model in MODELS]
ToolModel: Any = Annotated[
    reduce(or_, _MEMBERS), Discriminator(_tag_of, custom_error_type="tool_type", custom_error_message="a tool")
]
ToolItem: Any = Annotated[
    reduce(or_, [*_MEMBERS, Annotated[Filled, tag("text")]]),
    Discriminator(_tag_of, custom_error_type="tool_type", custom_error_message="a tool's name or a tool"),
]
