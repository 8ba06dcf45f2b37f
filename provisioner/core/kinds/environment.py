"""Defines the pydantic model for an environment template, which describes the container of a saved agent (the target
`agents`): packages, network and files.
"""

from __future__ import annotations

import posixpath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from provisioner.core.kinds.container import HostedSkill, Plugin
from provisioner.core.kinds.model import (
    Extensible,
    FileReference,
    Filled,
    Model,
    Secretive,
    by_shape,
    check_reference,
    refuse,
    tag,
)
from provisioner.core.kinds.network import Domain, DomainOrWildcard


class Packages(Model):
    """Packages that are installed before the agent starts."""

    python: list[Filled] | None = Field(None, description="Python packages.")
    npm: list[Filled] | None = Field(None, description="npm packages.")
    system: list[Filled] | None = Field(None, description="The system's packages.")


class Network(Model):
    """The network settings: the hosts that the agent's code may reach."""

    access: Literal["enabled", "disabled", "restricted"] = Field(description="All hosts, no hosts, or the listed ones.")
    allowed_domains: list[DomainOrWildcard] | None = Field(
        None, description="Domains that can be reached, if access is restricted."
    )
    blocked_domains: list[Domain] | None = Field(
        None, description="Domains that cannot be reached, if access is restricted; not beside `allowed_domains`."
    )


def _check_network(value: Network) -> Network:
    for name in ("allowed_domains", "blocked_domains"):
        if getattr(value, name) and value.access != "restricted":
            raise refuse(f"`{name}` needs `access: restricted`; write that, or remove the domains", name)
    if value.allowed_domains and value.blocked_domains:
        raise refuse("`allowed_domains` and `blocked_domains` exclude each other; keep one of them", "blocked_domains")
    return value


class Mounted(FileReference):
    """A file and the path where it is mounted."""

    mount: Filled | None = Field(None, description="The path below `/workspace`; its base name if left out.")


def _check_absolute(value: str) -> str:
    if not value.startswith("/"):
        raise refuse(f"`{value[:80]}` is not absolute; write `{posixpath.join('/workspace', value)[:100]}`")
    return value


Directory = Annotated[Filled, AfterValidator(_check_absolute)]


class Desktop(Model):
    """The setting that gives the agent a desktop with a browser."""

    enabled: bool = Field(description="Whether there is one.")


def _check_variable(value: str) -> str:
    if not value or "=" in value or "\0" in value or any(each.isspace() for each in value):
        raise refuse(f"`{value[:40]}` cannot be a variable's name; write one without `=` and spaces")
    return value


class SetupCommand(Model):
    """A command that runs once, before the agent starts."""

    command: Filled = Field(description="The command.")
    cwd: Directory | None = Field(None, description="Where it runs, absolute; `/workspace` if left out.")


class EnvironmentModel(Extensible):
    """An agent's environment template."""

    packages: Packages | None = Field(None, description="What is installed.")
    network: Annotated[Network, AfterValidator(_check_network)] | None = Field(None, description="What can be reached.")
    files: (
        list[
            Annotated[
                Annotated[Filled, tag("text")] | Annotated[Mounted, AfterValidator(check_reference), tag("mapping")],
                by_shape("a path, or a mapping `{path: …, mount: …}` or `{file: NAME, mount: …}`"),
            ]
        ]
        | None
    ) = Field(None, description="Files mounted below `/workspace`: paths, globs, `{file: NAME}`.")
    setup_commands: (
        list[
            Annotated[
                Annotated[Filled, tag("text")] | Annotated[SetupCommand, tag("mapping")],
                by_shape("a command or a mapping `{command: …, cwd: …}`"),
            ]
        ]
        | None
    ) = Field(None, description="Commands that run once, before the agent starts.")
    env: dict[Annotated[str, AfterValidator(_check_variable)], Secretive] | None = Field(
        None, description="Environment variables; `{runtime: NAME}` if the application gives the value for a session."
    )
    skills: list[HostedSkill] | None = Field(
        None, description="Skills, by their names under `skills:`, by ids (`skill_…`), or as archives."
    )
    plugins: list[Plugin] | None = Field(None, description="Plugins, as archives.")
    desktop: Desktop | None = Field(None, description="Whether there is a desktop.")
    capability_directories: list[Filled] | None = Field(
        None, description="Directories with capabilities for the agent."
    )
