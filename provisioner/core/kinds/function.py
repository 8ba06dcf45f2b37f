"""Defines the pydantic models for tools that the application carries out: functions, custom tools, and namespaces that
contain both.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field

from provisioner.core.kinds.model import Extensible, Filled, Model, by_tag, identifier, tag, type_tag

Callers = list[Literal["direct", "programmatic"]]
ToolName = Annotated[str, AfterValidator(identifier("a function's"))]


class Function(Extensible):
    """A function that the application carries out."""

    type: Literal["function"]
    name: ToolName = Field(description="What the model calls it.")
    description: str | None = Field(None, description="When and how the model should call it.")
    parameters: dict[str, Any] | None = Field(
        None, description="A JSON Schema, `{file: schema.json}`, or `{from: handler}`."
    )
    handler: Filled | None = Field(
        None, description="A Python function, `FILE.py:FUNCTION`, that chat, ask and test call; it is not sent."
    )
    output_schema: dict[str, Any] | None = Field(None, description="What it returns, as JSON Schema.")
    strict: bool | None = Field(None, description="Make the model follow the schema exactly; false if it is left out.")
    allowed_callers: Callers | None = Field(None, description="Whether the model, code, or both may call it.")
    defer_loading: bool | None = Field(None, description="Whether it is found by tool_search first.")
    async_: bool | None = Field(None, alias="async", description="Whether it is answered later.")


class FreeText(Model):
    """A format of a custom tool's input: any text."""

    type: Literal["text"]


class Grammar(Model):
    """A format of a custom tool's input: a text that follows a grammar."""

    type: Literal["grammar"]
    syntax: Literal["lark", "regex"] = Field(description="What the grammar is written in.")
    definition: Filled = Field(description="The grammar.")


InputFormat = Annotated[
    Annotated[FreeText, tag("text")] | Annotated[Grammar, tag("grammar")],
    by_tag(
        type_tag,
        "a format, `{type: text}` or `{type: grammar, syntax: lark, definition: …}`,",
    ),
]


class Custom(Extensible):
    """A tool whose input is free text or follows a grammar."""

    type: Literal["custom"]
    name: ToolName = Field(description="What the model calls it.")
    description: str | None = Field(None, description="What it is for, for the model.")
    format: InputFormat | None = Field(None, description="What its input looks like.")
    allowed_callers: Callers | None = Field(None, description="Whether the model, code, or both may call it.")
    defer_loading: bool | None = Field(None, description="Whether it is found by tool_search first.")
    async_: bool | None = Field(None, alias="async", description="Whether it is answered later.")


InnerTool = Annotated[Annotated[Function, tag("function")] | Annotated[Custom, tag("custom")], Discriminator(type_tag)]


class Namespace(Extensible):
    """A group of functions and custom tools under one name."""

    type: Literal["namespace"]
    name: Filled = Field(description="What the model calls it.")
    description: Filled = Field(description="What it is for, for the model.")
    tools: list[InnerTool] = Field(description="The tools in it.")
