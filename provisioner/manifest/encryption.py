"""`state_encryption:` in the settings: where the keys come from. The keys themselves are never in a manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from provisioner.kinds.model import Model, refuse

#: A command runs only from a variable of this name's kind: none that a machine has for another purpose.
COMMANDS = "PROVISION_"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"


def _check_variable(value: str) -> str:
    if not value or value[0].isdigit() or any(letter not in LETTERS for letter in value):
        raise refuse(f"`{value[:40]}` is no name of an environment variable; use A to Z, digits and `_`")
    return value


def _check_command(value: str) -> str:
    if not value.startswith(COMMANDS):
        raise refuse(f"a variable that holds a command begins with `{COMMANDS}`, such as `{COMMANDS}STATE_KEY_COMMAND`")
    return value


Variable = Annotated[str, AfterValidator(_check_variable)]
CommandVariable = Annotated[Variable, AfterValidator(_check_command)]


class KeyModel(Model):
    """Where a key comes from: one of the two."""

    env: Variable | None = Field(None, description="The environment variable that holds the key.")
    command_env: CommandVariable | None = Field(
        None, description="The environment variable, `PROVISION_…`, that holds a command which prints the key."
    )

    @model_validator(mode="after")
    def _check_one(self) -> KeyModel:
        if (self.env is None) == (self.command_env is None):
            raise refuse("a key comes from one place: write `env: NAME` or `command_env: NAME`")
        return self


class EncryptionModel(Model):
    """What state, journal and plan files are sealed with."""

    key: KeyModel = Field(description="The key that seals what is written, and opens it.")
    former: list[KeyModel] | None = Field(None, description="Keys that still open what they sealed, after a rotation.")


@dataclass(frozen=True, slots=True)
class KeySource:
    """A variable that holds a key, or with `is_command` a command that prints it."""

    variable: str
    is_command: bool


def read_sources(written: Mapping[str, Any] | None) -> tuple[KeySource, ...]:
    """The sources of a block that was checked, the present key's first; none where there is no block."""
    if written is None:
        return ()
    keys = [written["key"], *(written.get("former") or ())]
    return tuple(KeySource(key.get("env") or key["command_env"], not key.get("env")) for key in keys)
