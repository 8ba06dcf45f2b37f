"""Defines the collection of assistants of the Assistants API v2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from provisioner.core.objecttype import ASSISTANT
from provisioner.openai_api.collections.collection import Field
from provisioner.openai_api.collections.remote import RemoteCollection


class AssistantCollection(RemoteCollection):
    """Gives access to the assistants at OpenAI at `/assistants`. To reset `tools`, `tool_resources` or
    `response_format`, an update sends the default value that the API returns for this field.
    """

    path = "/assistants"
    declared = ASSISTANT
    kinds = frozenset({"assistant"})
    fields: ClassVar[Mapping[str, Field]] = {
        "metadata": Field("keys"),
        "tools": Field(reset=[]),
        "tool_resources": Field(reset={"code_interpreter": {"file_ids": []}, "file_search": {"vector_store_ids": []}}),
        "response_format": Field(reset="auto"),
    }
