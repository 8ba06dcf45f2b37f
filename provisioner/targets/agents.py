"""The `agents` target: an assistant becomes a saved agent, and an environment template where it needs files or code.

Facts: `types/beta/agent_create_params.py`, `persisted_agent_tool_param.py` and
`agents/environments/template_create_params.py` of openai-python 3.51.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.address import Address
from provisioner.resource import AssistantSpec, Expression, Problem, Ref
from provisioner.targets.agent_tools import express_tool
from provisioner.targets.descriptions import find_long_descriptions
from provisioner.targets.options import find_option_problems
from provisioner.targets.target import Path, container_files, refuse, tools_of

FIELDS = ("model", "name", "instructions", "tools", "metadata", "reasoning", "text", "service_tier")
#: Told to people elsewhere, and nothing is lost to the model without it.
DESCRIPTIVE = ("description",)
#: Ways to run code, with where they say what it runs in: on this target the environment is where code runs.
CODE_TOOLS = {"code_interpreter": "container", "shell": "environment"}
NAME_LENGTH = 128
#: The metadata key by which an agent names its template, so that the pair can be found without a state.
TEMPLATE_KEY = "provision_template"


class AgentsTarget:
    """Agents and environment templates, stored at OpenAI."""

    name = "agents"
    type = "agent"
    marks = 3

    def express(self, spec: AssistantSpec) -> Expression:
        """The agent, and its environment where it runs code or has files mounted."""
        problems = list(self._problems(spec))
        inputs: dict[str, Any] = {key: spec.fields[key] for key in FIELDS if key in spec.fields}
        inputs.setdefault("instructions", None)
        expressed = list(self._tools(spec))
        inputs["tools"] = [tool for tool, _ in expressed if tool is not None]
        problems += [problem for _, found in expressed for problem in found]
        if isinstance(text := inputs.get("text"), Mapping):
            inputs["text"] = _express_text(text)
        environment = _express_environment(spec)
        if environment is not None:
            template = Ref(Address("environment", spec.name))
            inputs["metadata"] = {**(inputs.get("metadata") or {}), TEMPLATE_KEY: template}
        inputs |= spec.extra
        inputs |= spec.agents
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
        if len(fields.get("name") or "") > NAME_LENGTH:
            yield Problem(("name",), f"an agent's name has at most {NAME_LENGTH} characters; shorten it")
        for key in set(fields.get("reasoning") or {}) - {"effort", "summary"}:
            yield Problem(("reasoning", key), f"`reasoning.{key}` has no place on the agents target; remove it")
        yield from _text_problems(fields.get("text") or {})
        yield from find_option_problems(fields)
        yield from find_long_descriptions(fields)
        for type_, key in CODE_TOOLS.items():
            for index, tool in tools_of(fields, type_):
                yield from _code_problems(tool, ("tools", index), key)


def _code_problems(tool: Mapping[str, Any], path: Path, key: str) -> Iterator[Problem]:
    for other in sorted(set(tool) - {"type", key}):
        message = f"`{other}` of a {tool['type']} tool has no place on the agents target; remove it"
        yield Problem((*path, other), message)
    container = tool.get(key) or {}
    if isinstance(container, str) or container.get("type") in ("local", "container_reference"):
        message = "an agent runs code in an environment of its own; write its `files` here, or use `environment:`"
        yield Problem((*path, key), message)
        return
    if "memory_limit" in container:
        message = "agents choose their own memory: `memory_limit` is not sent"
        yield Problem((*path, key, "memory_limit"), message, "warning")
    if container.get("skills"):
        yield Problem((*path, key, "skills"), "`skills` are not mounted on the agents target; remove them")
    if (container.get("network_policy") or {}).get("domain_secrets"):
        message = "an agent's environment keeps no `domain_secrets`; remove them"
        yield Problem((*path, key, "network_policy", "domain_secrets"), message)


def _express_text(text: Mapping[str, Any]) -> dict[str, Any]:
    """`text` without what a format on this API does not have: name, description and strict."""
    format_ = text.get("format")
    if isinstance(format_, Mapping) and format_.get("type") == "json_schema":
        return {**text, "format": {"type": "json_schema", "schema": format_["schema"]}}
    return dict(text)


def _text_problems(text: Mapping[str, Any]) -> Iterator[Problem]:
    format_ = text.get("format")
    if isinstance(format_, Mapping) and format_.get("type") == "json_object":
        yield Problem(
            ("text", "format"), "agents know the formats text and json_schema; write a schema instead of json_object"
        )


def _express_environment(spec: AssistantSpec) -> dict[str, Any] | None:
    """The environment template's inputs, or None where the assistant neither runs code nor has files."""
    declared = spec.environment or {}
    code = [tool for type_ in CODE_TOOLS for _, tool in tools_of(spec.fields, type_)]
    if not declared and not code:
        return None
    mounted = [
        {"type": "file_id", "file_id": file, "path": f"/workspace/{_base_name(file, spec)}"}
        for file in container_files(spec.fields)
    ]
    mounted += [{"type": "file_id", **file} for file in declared.get("files", ())]
    inputs: dict[str, Any] = {"files": mounted, "network": declared.get("network") or _express_network(code)}
    for key in ("packages", "setup_commands"):
        if declared.get(key):
            inputs[key] = declared[key]
    return inputs


def _base_name(file: Any, spec: AssistantSpec) -> str:
    return spec.filenames[file.address] if isinstance(file, Ref) else str(file)


def _express_network(code: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The network of a code container, said explicitly: what an omission means depends on the API's version."""
    for tool in code:
        container = tool.get("container") or tool.get("environment")
        policy = container.get("network_policy") if isinstance(container, Mapping) else None
        if isinstance(policy, Mapping) and policy.get("type") == "allowlist":
            return {"access": "restricted", "allowed_domains": list(policy["allowed_domains"])}
    return {"access": "disabled"}
