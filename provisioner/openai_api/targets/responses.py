"""Implements the target `responses`: an assistant becomes the keyword arguments of `client.responses.create`.

The Responses API stores no configuration of an assistant. So the state stores these arguments. The stored arguments are
called the definition of the assistant. In a definition, all references are replaced by ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.core.objecttype import DEFINITION
from provisioner.core.resource import AssistantSpec, Expression, Problem
from provisioner.openai_api.targets.descriptions import find_long_descriptions
from provisioner.openai_api.targets.options import find_option_problems, find_sampling_problems
from provisioner.openai_api.targets.target import Path, find_unsent, tools_of

#: Fields that only people read. An application loads the definition by the resource's name.
DESCRIPTIVE = ("name", "description")
STORES = (
    "`file_search` needs its stores here; write `{type: file_search, vector_stores: [NAME]}` (only on `target: "
    "assistants` may threads bring them)"
)
AGENT_TOOLS = ("automations", "computer_use")
#: Fields of tools that only saved agents have, by the type of the tool.
AGENT_FIELDS = {
    "mcp": ("credential_id", "connection_origin", "required", "request_metadata"),
    "programmatic_tool_calling": ("enabled",),
}
#: The ranker that only the Assistants API knows.
ASSISTANTS_RANKER = "default_2024_08_21"


class ResponsesTarget:
    """Converts assistants to definitions: the arguments of `client.responses.create`. The state stores definitions;
    OpenAI does not store them.
    """

    name = "responses"
    type = DEFINITION.name
    marks = 0

    def express(self, spec: AssistantSpec) -> Expression:
        """Converts the assistant `spec` to a definition: the arguments of `client.responses.create`. The definition
        contains all fields of the manifest, except the display name and the description. The result also contains the
        problems that were found.
        """
        inputs: dict[str, Any] = {key: value for key, value in spec.fields.items() if key not in DESCRIPTIVE}
        inputs.setdefault("tools", [])
        if inputs.get("instructions") is None:
            inputs.pop("instructions", None)
        if spec.extra:
            inputs["extra_body"] = dict(spec.extra)
        return Expression(self.type, inputs, problems=tuple(self._problems(spec)))

    def _problems(self, spec: AssistantSpec) -> Iterator[Problem]:
        yield from find_sampling_problems(spec.fields)
        yield from find_option_problems(spec.fields)
        yield from find_long_descriptions(spec.fields)
        yield from find_unsent(spec, self.name)
        if spec.fields.get("background_options") is not None and spec.fields.get("background") is not True:
            message = "`background_options` are for responses in the background; add `background: true`, or remove them"
            yield Problem(("background_options",), message)
        if spec.environment:
            yield Problem(
                ("environment",),
                "`environment` is for the agents target; "
                "here, give files to the code interpreter: {type: code_interpreter, container: {files: […]}}",
            )
        for index, tool in tools_of(spec.fields, "file_search"):
            if not tool.get("vector_store_ids"):
                yield Problem(("tools", index), STORES)
        for index, tool in enumerate(spec.fields.get("tools") or ()):
            yield from _tool_problems(tool, ("tools", index))


def _tool_problems(tool: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    kind = tool["type"]
    if kind in AGENT_TOOLS:
        yield Problem(path, f"`{kind}` exists only on the agents target; use `target: agents` here")
    for key in AGENT_FIELDS.get(kind, ()):
        if tool.get(key) is not None:
            message = f"`{key}` of a {kind} tool exists only on the agents target; remove it, or use `target: agents`"
            yield Problem((*path, key), message)
    if kind == "file_search" and (tool.get("ranking_options") or {}).get("ranker") == ASSISTANTS_RANKER:
        message = "the Responses API does not know this ranker; write `auto` or `default-2024-11-15`"
        yield Problem((*path, "ranking_options", "ranker"), message)
