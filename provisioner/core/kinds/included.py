"""Defines the pydantic model for includes: folders of manifests that several projects, or several parts of a project,
share.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from provisioner.core.kinds.model import Filled, Model

#: The section of manifests that lists includes.


class IncludeModel(Model):
    """A folder of manifests that is included."""

    folder: Filled = Field(description="The folder, relative to this file and below the root.")
    with_: dict[str, Any] | None = Field(
        None, alias="with", description="The values of the variables that the manifests in the folder declare."
    )
    prefix: str | None = Field(None, description="What is put before every name that the folder declares.")
