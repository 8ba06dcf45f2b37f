"""Makes the environment template of an agent that runs code or uses files. An environment template describes the
container of the agent: packages, network and files. All tools of the agent share this template.

Source: `types/beta/agents/environments/template_create_params.py` and `types/beta/environment_param.py` in
openai-python 3.57.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.core.resource import AssistantSpec, Problem, Ref
from provisioner.openai_api.targets.target import Path, container_files, tools_of

#: Tools that run code, each with its field for the container. On the target `agents`, code runs in the environment
#: instead.
CODE_TOOLS = {"code_interpreter": "container", "shell": "environment"}
#: Fields of the manifest's `environment:` that are sent unchanged if they are not empty.
SAME = ("packages", "setup_commands", "plugins", "desktop", "capability_directories")

Given = Mapping[str, Any]


def express_environment(spec: AssistantSpec) -> dict[str, Any] | None:
    """Returns the fields of the environment template that belongs to the assistant `spec`, in the form of the API
    request. Returns None if the manifest sets no `environment:` and the assistant has no tool that runs code.
    """
    declared = spec.environment or {}
    containers = list(_containers(spec))
    if not declared and not containers:
        return None
    mounted = [
        {"type": "file_id", "file_id": file, "path": f"/workspace/{_base_name(file, spec)}"}
        for file in container_files(spec.fields)
    ]
    mounted += [{"type": "file_id", **file} for file in declared.get("files") or ()]
    policies = [network for _, network in _networks(spec)]
    # The meaning of an omitted field depends on the API's version.
    network = declared.get("network") or (policies[0] if policies else {"access": "disabled"})
    inputs: dict[str, Any] = {"files": mounted, "network": network}
    inputs |= {key: declared[key] for key in SAME if declared.get(key)}
    variables = {name: value for name, value in (declared.get("env") or {}).items() if isinstance(value, str)}
    if variables:
        inputs["env"] = variables
    if skills := _skills(spec):
        inputs["skills"] = skills
    return inputs | (declared.get("extra") or {})


def environment_problems(spec: AssistantSpec) -> Iterator[Problem]:
    """Yields a problem for each setting of the assistant `spec` that cannot be in its environment template. All tools
    of an agent share one template, so some settings of a tool are not possible.
    """
    for type_, key in CODE_TOOLS.items():
        for index, tool in tools_of(spec.fields, type_):
            yield from _code_problems(tool, ("tools", index), key)
    yield from _network_problems(spec)
    for name, value in ((spec.environment or {}).get("env") or {}).items():
        if not isinstance(value, str):
            message = f"`{name}` is not sent: the application gives it in the `env` of each session's environment"
            yield Problem(("environment", "env", name), message, "info")


def _code_problems(tool: Given, path: Path, key: str) -> Iterator[Problem]:
    for other in sorted(set(tool) - {"type", key}):
        if tool[other] is not None:
            message = f"`{other}` of a {tool['type']} tool has no place on the agents target; remove it"
            yield Problem((*path, other), message)
    container = tool.get(key) or {}
    if isinstance(container, str) or container.get("type") in ("local", "container_reference"):
        message = "an agent runs code in an environment of its own; write its `files` here, or use `environment:`"
        yield Problem((*path, key), message)
        return
    if container.get("memory_limit") is not None:
        message = "agents choose their own memory: `memory_limit` is not sent"
        yield Problem((*path, key, "memory_limit"), message, "warning")
    if (container.get("network_policy") or {}).get("domain_secrets"):
        message = "an agent's environment keeps no `domain_secrets`; remove them"
        yield Problem((*path, key, "network_policy", "domain_secrets"), message)


def _network_problems(spec: AssistantSpec) -> Iterator[Problem]:
    """Yields a problem for each tool with a network policy that differs from the policy of the agent's environment
    template.
    """
    networks = list(_networks(spec))
    declared = (spec.environment or {}).get("network")
    wanted = declared or (networks[0][1] if networks else None)
    for path, network in networks:
        if network != wanted:
            other = "`environment: {network: …}`" if declared else "the one of the tool before"
            message = f"an agent has one environment, and this policy differs from {other}; write one policy for both"
            yield Problem(path, message)


def _networks(spec: AssistantSpec) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yields two values for each tool that runs code and has a network policy: the path of the policy in the manifest,
    and the policy in the format of an environment template.
    """
    for path, container in _containers(spec):
        policy = container.get("network_policy")
        if isinstance(policy, Mapping):
            network: dict[str, Any] = {"access": "disabled"}
            if policy.get("type") == "allowlist":
                network = {"access": "restricted", "allowed_domains": list(policy["allowed_domains"])}
            yield (*path, "network_policy"), network


def _containers(spec: AssistantSpec) -> Iterator[tuple[Path, Given]]:
    """Yields two values for each tool that runs code: the path of the tool's container in the manifest, and the fields
    of the container. The fields are empty if the tool does not describe a container.
    """
    found = [(index, tool, key) for type_, key in CODE_TOOLS.items() for index, tool in tools_of(spec.fields, type_)]
    for index, tool, key in sorted(found, key=lambda each: each[0]):
        container = tool.get(key)
        yield ("tools", index, key), container if isinstance(container, Mapping) else {}


def _skills(spec: AssistantSpec) -> list[Any]:
    """Returns the skills of the assistant `spec` without repetitions: first the skills of its environment template,
    then those in the containers of its tools.
    """
    skills: list[Any] = []
    for given in (spec.environment or {}, *(container for _, container in _containers(spec))):
        skills += [skill for skill in given.get("skills") or () if skill not in skills]
    return skills


def _base_name(file: Any, spec: AssistantSpec) -> str:
    return spec.filenames[file.address] if isinstance(file, Ref) else str(file)
