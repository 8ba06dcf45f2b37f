"""Agents and their environment templates (beta; the SDK sends the header)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from provisioner.openai_api.collections.collection import Draft, Field, Live
from provisioner.openai_api.collections.remote import RemoteCollection, send


class AgentCollection(RemoteCollection):
    """`client.beta.agents`. In an update null resets a field to its default (agent_update_params)."""

    type = "agent"
    title = "agent"
    kinds = frozenset({"agent"})
    fields: ClassVar[Mapping[str, Field]] = {
        "metadata": Field("keys"),
        "tools": Field(reset=[]),
        "service_tier": Field(reset="auto"),
    }

    def resource(self, client: Any) -> Any:
        """`client.beta.agents`."""
        return client.beta.agents


class EnvironmentTemplateCollection(RemoteCollection):
    """`client.beta.agents.environments.templates`. No metadata: the operation's id ends the name."""

    type = "environment_template"
    title = "environment template"
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

    def resource(self, client: Any) -> Any:
        """`client.beta.agents.environments.templates`."""
        return client.beta.agents.environments.templates

    def create(self, draft: Draft) -> Live:
        """Makes a template whose name ends with the operation's id; sent once."""
        body = {**draft.body, "name": template_name(draft)}
        return self.live(self.session.create(lambda client: self._one(send(self._raw(client).create, body))))


def template_name(draft: Draft) -> str:
    """The only mark that a template can carry."""
    return f"{draft.mark.owner} {draft.mark.operation}"
