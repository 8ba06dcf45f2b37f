"""Defines the pydantic models for the format of a model's answer: plain text, JSON, or JSON that follows a given
schema.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from provisioner.core.kinds.model import Model, by_tag, identifier, tag, type_tag


class PlainText(Model):
    """The format of an answer in plain text."""

    type: Literal["text"]


class JsonObject(Model):
    """The format of an answer that is any JSON object. `json_schema` is the newer format."""

    type: Literal["json_object"]


class JsonSchema(Model):
    """The format of an answer in JSON that follows a given schema."""

    type: Literal["json_schema"]
    name: Annotated[str, AfterValidator(identifier("a schema's"))] = Field(description="What the schema is called.")
    schema_: dict[str, Any] = Field(alias="schema", description="The JSON Schema.")
    description: str | None = Field(None, description="What the answer is for.")
    strict: bool | None = Field(None, description="Hold the model to the schema.")


Format = Annotated[
    Annotated[PlainText, tag("text")]
    | Annotated[JsonObject, tag("json_object")]
    | Annotated[JsonSchema, tag("json_schema")],
    by_tag(
        type_tag,
        "a format, `{type: text}` or `{type: json_schema, name: …, schema: …}`,",
    ),
]


class Text(Model):
    """The settings for the text of an answer: its format and its verbosity."""

    format: Format | None = Field(None, description="Plain text, or JSON of a schema.")
    verbosity: Literal["low", "medium", "high"] | None = Field(None, description="How many words the model makes.")
