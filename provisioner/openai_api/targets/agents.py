"""Implements the target `agents`. An assistant becomes a saved agent. If the assistant runs code or its manifest sets
`environment:`, it also becomes an environment template, which describes the container of the agent.

Source: `types/beta/agent_create_params.py` and `persisted_agent_tool_param.py` in openai-python 3.57.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.core.address import Address
from provisioner.core.objecttype import AGENT, ENVIRONMENT_TEMPLATE
from provisioner.core.resource import AssistantSpec, Expression, Problem, Ref
from provisioner.openai_api.targets.agent_environment import CODE_TOOLS, environment_problems, express_environment
from provisioner.openai_api.targets.agent_fields import express_own, find_own_problems
from provisioner.openai_api.targets.agent_tools import express_tool
from provisioner.openai_api.targets.descriptions import find_long_descriptions
from provisioner.openai_api.targets.options import find_option_problems
from provisioner.openai_api.targets.target import refuse

FIELDS = ("model", "name", "instructions", "tools", "metadata", "reasoning", "text", "service_tier")
#: Fields that only people read. Agents do not have these fields, so they are not sent.
DESCRIPTIVE = ("description",)
NAME_LENGTH = 128
#: The most bytes of JSON for the tools of an agent.
TOOLS_BYTES = 3 * 1024 * 1024
#: The metadata key that contains the id of an agent's environment template, so that the template is found without a
#: state.
TEMPLATE_KEY = "provision_template"


class AgentsTarget:
    """Converts assistants to saved agents and environment templates at OpenAI."""

    name = "agents"
    type = AGENT.name
    marks = 3

    def express(self, spec: AssistantSpec) -> Expression:
        """Converts the assistant `spec` to an agent, in the form of the API request. The result also contains the
        agent's environment template if the agent runs code or the manifest sets `environment:`, and the problems that
        were found.
        """
        problems = list(self._problems(spec))
        inputs: dict[str, Any] = {key: spec.fields[key] for key in FIELDS if key in spec.fields}
        inputs.setdefault("instructions", None)
        expressed = list(self._tools(spec))
        inputs["tools"] = [tool for tool, _ in expressed if tool is not None]
        problems += [problem for _, found in expressed for problem in found]
        problems += _size_problems(inputs["tools"])
        if isinstance(text := inputs.get("text"), Mapping):
            inputs["text"] = _express_text(text)
        environment = express_environment(spec)
        if environment is not None:
            template = Ref(Address(ENVIRONMENT_TEMPLATE.kind.name, spec.name))
            inputs["metadata"] = {**(inputs.get("metadata") or {}), TEMPLATE_KEY: template}
        inputs |= spec.extra
        inputs |= express_own(spec.agents)
        return Expression(self.type, inputs, environment, tuple(problems))

    def _tools(self, spec: AssistantSpec) -> Iterator[tuple[dict[str, Any] | None, list[Problem]]]:
        for index, tool in enumerate(spec.fields.get("tools") or ()):
            if tool["type"] not in CODE_TOOLS:
                yield express_tool(tool, ("tools", index))

    def _problems(self, spec: AssistantSpec) -> Iterator[Problem]:
        fields = spec.fields
        known = {*FIELDS, *DESCRIPTIVE}
        yield from refuse(fields, [name for name in fields if name not in known], self.name)
        for name in sorted({*FIELDS} & spec.agents.keys()):
            yield Problem(("agents", name), f"`{name}` has a place of its own; write it beside `agents:`")
        yield from find_own_problems(spec.agents)
        if len(fields.get("name") or "") > NAME_LENGTH:
            yield Problem(("name",), f"an agent's name has at most {NAME_LENGTH} characters; shorten it")
        for key, value in (fields.get("reasoning") or {}).items():
            if key not in ("effort", "summary") and value is not None:
                yield Problem(("reasoning", key), f"`reasoning.{key}` has no place on the agents target; remove it")
        yield from _text_problems(fields.get("text") or {})
        yield from find_option_problems(fields)
        yield from find_long_descriptions(fields)
        if fields.get("service_tier") == "scale":
            yield Problem(("service_tier",), "agents have no service tier `scale`; write `priority`, or remove it")
        yield from environment_problems(spec)


def _size_problems(tools: list[dict[str, Any]]) -> Iterator[Problem]:
    size = len(json.dumps(tools, ensure_ascii=False, separators=(",", ":"), default=str).encode("utf-8", "replace"))
    if size > TOOLS_BYTES:
        message = f"these tools take {size:,} bytes of JSON; an agent keeps at most {TOOLS_BYTES:,}, shorten them"
        yield Problem(("tools",), message)


def _express_text(text: Mapping[str, Any]) -> dict[str, Any]:
    """Converts `text`, a field of the Responses API, to the field `text` of an agent, and returns it. Agents do not
    support the fields name, description and strict of `text.format`, so these three are left out.
    """
    format_ = text.get("format")
    if isinstance(format_, Mapping) and format_.get("type") == "json_schema":
        return {**text, "format": {"type": "json_schema", "schema": format_["schema"]}}
    return dict(text)


def _text_problems(text: Mapping[str, Any]) -> Iterator[Problem]:
    format_ = text.get("format") or {}
    if format_.get("type") == "json_object":
        yield Problem(
            ("text", "format"), "agents know the formats text and json_schema; write a schema instead of json_object"
        )
    if format_.get("strict"):
        message = "agents have no strict formats; write `strict: false`, or use `target: responses` here"
        yield Problem(("text", "format", "strict"), message)
    lost = [f"`{key}`" for key in ("name", "description") if format_.get(key) is not None]
    if lost:
        verb = "are" if len(lost) > 1 else "is"
        message = f"{' and '.join(lost)} of the format {verb} not sent: agents know a format by its schema alone"
        yield Problem(("text", "format"), message, "info")
