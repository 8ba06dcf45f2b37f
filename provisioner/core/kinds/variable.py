"""Defines the pydantic model for variables, which are values in manifests. The command line, the process, or an
environment of the project sets the value of a variable.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from provisioner.core.kinds.model import Model


class VariableModel(Model):
    """A variable. Without a default, it must be set."""

    type: Literal["string", "number", "boolean", "list", "map"] | None = Field(
        None, description="The type of the value; that of the default if it is left out, or else `string`."
    )
    default: Any = Field(None, description="The value if nothing sets another one. Without it, a value is required.")
    description: str | None = Field(None, description="What it is for, for people.")
    allowed: Annotated[list[Any], Field(min_length=1)] | None = Field(
        None, description="The only values that are possible; for a list, the only items."
    )
