"""Defines the collections of agents and of environment templates. An environment template describes the container in
which an agent runs code. Both APIs are beta; `ApiClient` sends the header that beta APIs require.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from provisioner.core.objecttype import AGENT, ENVIRONMENT_TEMPLATE
from provisioner.openai_api.collections.collection import Field
from provisioner.openai_api.collections.remote import RemoteCollection


class AgentCollection(RemoteCollection):
    """Gives access to the agents at OpenAI at `/agents`.

    In an update, null resets a field to its default. The field `experimental` is an exception: the API merges it key by
    key. Source: `agent_update_params` in openai-python 3.57.
    """

    path = "/agents"
    declared = AGENT
    kinds = frozenset({"agent"})
    fields: ClassVar[Mapping[str, Field]] = {
        "metadata": Field("keys"),
        "tools": Field(reset=[]),
        "service_tier": Field(reset="auto"),
        "experimental": Field(reset={"time_awareness": False}),
    }


class EnvironmentTemplateCollection(RemoteCollection):
    """Gives access to the environment templates at OpenAI at `/agents/environments/templates`.

    Environment templates have no metadata, so the ownership mark of a template is its name: the owner, and the id of
    the operation that made the template.
    """

    path = "/agents/environments/templates"
    declared = ENVIRONMENT_TEMPLATE
    fields: ClassVar[Mapping[str, Field]] = {
        "files": Field(reset=[]),
        "packages": Field(reset={}),
        "setup_commands": Field("write_only", reset=[]),
        "env": Field("write_only", reset={}),
        "plugins": Field("write_only", reset=[]),
        "skills": Field(reset=[]),
        "capability_directories": Field(reset=[]),
        "desktop": Field(reset={"enabled": False}),
        "name": Field("local"),
    }
