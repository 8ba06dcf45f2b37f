"""Determines the settings of a new session from the request: the agent and its changed settings, and the environment of
the session.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.emulator.endpoints import agents, templates
from provisioner.emulator.messages.refusal import Refusal, invalid, missing_parameter
from provisioner.emulator.messages.request import ApiRequest
from provisioner.emulator.storage.identifiers import new_id

#: The fields of a session's agent, besides its id.
AGENT = ("name", "instructions", "model", "multi_agent", "reasoning", "service_tier", "text", "tools", "compaction",
         "experimental")  # fmt: skip
#: The fields of a hosted environment that a template can set.
HOSTED = ("files", "network", "packages", "capability_directories", "skills", "plugins", "desktop")
#: The size of a hosted environment's container if a request names none. The SDK's types name no default.
CONTAINER_SIZE = "small"

Fields = dict[str, Any]


def resolve_agent(call: ApiRequest, body: Mapping[str, Any]) -> Fields:
    """Returns the agent of a new session. The request `body` names a saved agent and changes some of its settings, or
    it describes the whole agent. A tool of the type `tool_search` is left out, because the SDK's types do not allow it
    in a session.

    Raises Refusal if the saved agent does not exist, if the model is missing, or if a setting is not valid.
    """
    given = body.get("agent") or {}
    saved: Fields = {}
    if body.get("agent_id"):
        saved = agents.AGENTS.find(call, body["agent_id"])
    elif not given.get("model"):
        raise missing_parameter("agent.model")
    fields = agents.resolve(call, saved, given)
    chosen = {name: fields[name] for name in AGENT}
    chosen["tools"] = [tool for tool in chosen["tools"] if tool["type"] != "tool_search"]
    return {"id": saved.get("id") or new_id("agent_"), **chosen}


def resolve_environment(call: ApiRequest, given: Mapping[str, Any]) -> Fields:
    """Returns the environment of a new session. `given` is the environment in the request. Raises Refusal if a value in
    it is not valid, or if it names an environment, a template or a file that does not exist.
    """
    if given["type"] == "none":
        return {"type": "none"}
    identifier = new_id("env_")
    directories = given.get("capability_directories") or []
    if given["type"] == "self_hosted":
        if not given["workspace_directory"].startswith("/"):
            raise invalid("environment.workspace_directory", "must be an absolute path.")
        return {
            "type": "self_hosted",
            "id": identifier,
            "workspace_directory": given["workspace_directory"],
            "capability_directories": directories,
            "remote_url": f"wss://emulator.invalid/environments/{identifier}",
        }
    if given.get("environment_id"):
        raise Refusal(
            404, f"No environment found with id '{given['environment_id']}'.", param="environment.environment_id"
        )
    template: Fields = {}
    if given.get("environment_template_id"):
        template = templates.TEMPLATES.find(call, given["environment_template_id"])
    fields = {
        name: templates.RESOLVE[name](call, given.get(name))
        if given.get(name) is not None or name not in template
        else template[name]
        for name in HOSTED
    }
    size = given.get("container_size") or CONTAINER_SIZE
    return {"type": "openai_hosted", "id": identifier, **fields, "container_size": size}
