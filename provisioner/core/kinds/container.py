"""Defines the pydantic models for containers, in which code and commands run: their files, network and skills.

Source: `types/responses/container_auto_param.py`, `local_environment_param.py`, `container_reference_param.py` and
`container_network_policy_*_param.py` in openai-python 3.57.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from provisioner.core.kinds.literal import Identifier
from provisioner.core.kinds.model import FileItem, Filled, Model, ToolSecret, by_tag, refuse, tag
from provisioner.core.kinds.network import DomainOrWildcard
from provisioner.core.kinds.skill import NamedSkill


class DomainSecret(Model):
    """A secret that is added to requests to a domain."""

    domain: DomainOrWildcard = Field(description="The domain.")
    name: Filled = Field(description="The secret's name.")
    value: ToolSecret = Field(description="Always `{runtime: NAME}`: secrets are not kept here.")


class NetworkPolicy(Model):
    """The network policy of a container: the hosts that the container may reach."""

    type: Literal["disabled", "allowlist"] = Field(description="Nothing, or the domains named.")
    allowed_domains: list[DomainOrWildcard] | None = Field(None, description="The domains that it may reach.")
    domain_secrets: list[DomainSecret] | None = Field(None, description="Secrets that requests to a domain carry.")


def _check_policy(value: NetworkPolicy) -> NetworkPolicy:
    if value.type == "allowlist" and not value.allowed_domains:
        raise refuse("an allowlist names its domains; write `allowed_domains: [example.org]`")
    for name in ("allowed_domains", "domain_secrets"):
        if value.type == "disabled" and getattr(value, name) is not None:
            raise refuse(f"`type: disabled` takes no `{name}`; remove it, or write `type: allowlist`", name)
    return value


Policy = Annotated[NetworkPolicy, AfterValidator(_check_policy)]


class Container(Model):
    """The settings of the new container in which the tool `code_interpreter` runs Python."""

    type: Literal["auto"] = "auto"
    files: list[FileItem] | None = Field(None, description="Files the code can read: paths, globs, `{file: NAME}`.")
    memory_limit: Literal["1g", "4g", "16g", "64g"] | None = Field(None, description="How much memory it has.")
    network_policy: Policy | None = Field(None, description="What can be reached from it.")


class SkillReference(Model):
    """A skill that was uploaded through the Skills API."""

    type: Literal["skill_reference"]
    skill_id: Filled = Field(description="The skill's id.")
    version: Filled | None = Field(None, description="A number or `latest`; the default version if it is left out.")


class Archive(Model):
    """A ZIP archive in Base64."""

    type: Literal["base64"]
    media_type: Literal["application/zip"] = Field(description="Always `application/zip`.")
    data: Filled = Field(description="The archive in standard Base64.")


class InlineSkill(Model):
    """A skill whose archive is in the manifest."""

    type: Literal["inline"]
    name: Filled = Field(description="The name that the skill itself declares.")
    description: Filled = Field(description="The description that the skill itself declares.")
    source: Archive = Field(description="The archive.")


class Plugin(Model):
    """A plugin whose archive is in the manifest."""

    type: Literal["inline"]
    name: Filled = Field(description="The name that the plugin itself declares.")
    description: Filled = Field(description="The description that the plugin itself declares.")
    source: Archive = Field(description="The archive.")


class LocalSkill(Model):
    """A skill in a folder of the machine that the application runs on."""

    name: Filled = Field(description="The skill's name.")
    description: Filled = Field(description="What it is for.")
    path: Filled = Field(description="The folder that contains it.")


def _skill(value: Any) -> str | None:
    if isinstance(value, str):
        return "<text>"
    if not isinstance(value, Mapping):
        return None
    if isinstance(value.get("type"), str):
        return f"<{value['type']}>"
    return "<skill>" if "skill" in value else "<local>" if "path" in value else None


HOSTED_SKILL = (
    "the name of a skill, `{skill: NAME}`, `{type: skill_reference, skill_id: …}` or `{type: inline, name: …, "
    "description: …, source: …}`,"
)
HostedSkill = Annotated[
    Annotated[Filled, tag("text")]
    | Annotated[NamedSkill, tag("skill")]
    | Annotated[SkillReference, tag("skill_reference")]
    | Annotated[InlineSkill, tag("inline")],
    by_tag(_skill, HOSTED_SKILL),
]
Skill = Annotated[
    Annotated[Filled, tag("text")]
    | Annotated[NamedSkill, tag("skill")]
    | Annotated[SkillReference, tag("skill_reference")]
    | Annotated[InlineSkill, tag("inline")]
    | Annotated[LocalSkill, tag("local")],
    by_tag(_skill, HOSTED_SKILL),
]


class ShellEnvironment(Model):
    """The environment in which the commands of the tool `shell` run."""

    type: Literal["container_auto", "local", "container_reference"]
    files: list[FileItem] | None = Field(None, description="Files the commands can read.")
    memory_limit: Literal["1g", "4g", "16g", "64g"] | None = Field(None, description="How much memory it has.")
    network_policy: Policy | None = Field(None, description="What can be reached from it.")
    skills: list[Skill] | None = Field(
        None,
        description="Skills that are available, by their names under `skills:`, by ids (`skill_…`), or as archives.",
    )
    container_id: Identifier | None = Field(None, description="The container, for `container_reference`.")


#: The fields that a shell's environment may have in addition to `type`, for each value of `type`.
FIELDS_OF: Mapping[str, tuple[str, ...]] = {
    "container_auto": ("files", "memory_limit", "network_policy", "skills"),
    "local": ("skills",),
    "container_reference": ("container_id",),
}


def check_shell(value: ShellEnvironment) -> ShellEnvironment:
    """Checks the settings of the tool `shell`, and returns `value` unchanged. Raises a validation error if a field or a
    skill cannot be used with the `type` of these settings.
    """
    for name in type(value).model_fields:
        if name != "type" and getattr(value, name) is not None and name not in FIELDS_OF[value.type]:
            owners = " or ".join(f"`type: {each}`" for each, names in FIELDS_OF.items() if name in names)
            raise refuse(f"`type: {value.type}` takes no `{name}`; remove it, or write {owners}", name)
    if value.type == "container_reference" and value.container_id is None:
        raise refuse("`container_id` is missing; write `container_id: …`")
    for index, skill in enumerate(value.skills or ()):
        if isinstance(skill, LocalSkill) != (value.type == "local"):
            wanted = "{name: …, description: …, path: …}" if value.type == "local" else "{skill: NAME}"
            raise refuse(f"this skill cannot be used with `type: {value.type}`; write `{wanted}`", "skills", index)
    return value
