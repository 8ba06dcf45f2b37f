"""The environment of an assistant on the target `agents`: what is installed, reachable and mounted there."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from provisioner.kinds.model import FileReference, Filled, Model, by_shape, check_reference, tag


class Packages(Model):
    """What is installed beforehand."""

    python: list[Filled] | None = Field(None, description="Python packages.")
    npm: list[Filled] | None = Field(None, description="npm packages.")
    system: list[Filled] | None = Field(None, description="The system's packages.")


class Network(Model):
    """What can be reached."""

    access: Literal["enabled", "disabled", "restricted"] = Field(description="Everything, nothing, or what is listed.")
    allowed_domains: list[Filled] | None = Field(None, description="Domains that can be reached.")
    blocked_domains: list[Filled] | None = Field(None, description="Domains that cannot be reached.")


class Mounted(FileReference):
    """A file and where it stands."""

    mount: Filled | None = Field(None, description="Where below `/workspace` it stands; its base name if left out.")


class SetupCommand(Model):
    """A command that runs once, before the agent starts."""

    command: Filled = Field(description="The command.")
    cwd: Filled | None = Field(None, description="Where it runs; `/workspace` if left out.")


class EnvironmentModel(Model):
    """An agent's environment template."""

    packages: Packages | None = Field(None, description="What is installed.")
    network: Network | None = Field(None, description="What can be reached.")
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
