"""The environment of an assistant on the target `agents`: what is installed, reachable and mounted there."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from provisioner.kinds.model import FileReference, Filled, Model, by_shape, check_reference, tag


class Packages(Model):
    """What is installed beforehand."""

    python: list[Filled] | None = None
    npm: list[Filled] | None = None
    system: list[Filled] | None = None


class Network(Model):
    """What can be reached."""

    access: Literal["enabled", "disabled", "restricted"]
    allowed_domains: list[Filled] | None = None
    blocked_domains: list[Filled] | None = None


class Mounted(FileReference):
    """A file and where it stands."""

    mount: Filled | None = Field(None, description="Where below `/workspace` it stands; its base name if left out.")


class SetupCommand(Model):
    """A command that runs once, before the agent starts."""

    command: Filled
    cwd: Filled | None = None


class EnvironmentModel(Model):
    """An agent's environment template."""

    packages: Packages | None = None
    network: Network | None = None
    files: (
        list[
            Annotated[
                Annotated[Filled, tag("text")] | Annotated[Mounted, AfterValidator(check_reference), tag("mapping")],
                by_shape("a path, or a mapping `{path: …, mount: …}` or `{file: NAME, mount: …}`"),
            ]
        ]
        | None
    ) = None
    setup_commands: (
        list[
            Annotated[
                Annotated[Filled, tag("text")] | Annotated[SetupCommand, tag("mapping")],
                by_shape("a command or a mapping `{command: …, cwd: …}`"),
            ]
        ]
        | None
    ) = None
