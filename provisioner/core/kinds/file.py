"""Defines the pydantic model for files. A file is uploaded once for each path and purpose, even if several resources
use the file.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from provisioner.core.kinds.model import Filled, LifecycleModel, Model


class FileExpiry(Model):
    """The time after which an uploaded file is deleted."""

    anchor: Literal["created_at"] = Field("created_at", description="What time is counted from.")
    seconds: Annotated[int, Field(ge=3600, le=2_592_000)] = Field(
        description="From 3600 (an hour) to 2592000 (30 days)."
    )


class FileModel(Model):
    """A declared file. Files need not be declared: a path in a store or tool is enough."""

    path: Filled = Field(description="Where the file is, relative to this manifest.")
    purpose: Literal["assistants", "batch", "fine-tune", "vision", "user_data", "evals"] = Field(
        "assistants", description="What OpenAI may use it for."
    )
    expires_after: FileExpiry | None = Field(None, description="When the upload disappears.")
    lifecycle: LifecycleModel | None = Field(None, description="How it may change.")
