"""Defines the pydantic models of the setting `state_encryption:`, which names the sources of the encryption keys. The
keys themselves are never in a manifest.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from provisioner.core.kinds.model import Model, refuse

#: The beginning and the end of the name of a variable that contains a command. Only variables with such a name are read
#: as commands, because no machine sets them for another purpose.
BEGIN, END = "PROVISION_", "_COMMAND"
#: The beginnings of names of variables that hold other secrets. They are refused as keys: if such a secret were
#: changed, the state could no longer be decrypted.
OTHERS = ("OPENAI_", "AWS_", "AZURE_", "GOOGLE_", "GITHUB_", "PGPASSWORD")
#: The beginnings of names of variables that a CI server sets. A branch chooses some of their values, such as the title
#: of a commit. A key is redacted in all output, so such a value would be hidden from reviewers.
SET_BY_SERVERS = (
    *("CI_", "GITLAB_", "BITBUCKET_", "BUILD_", "BUILDKITE_", "CIRCLE_", "DRONE_", "GIT_", "JENKINS_", "SEMAPHORE_"),
    *("APPVEYOR_", "CODEBUILD_", "RUNNER_", "SYSTEM_", "TEAMCITY_", "TRAVIS_", "WOODPECKER_"),
)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"


def _check_variable(value: str) -> str:
    if not value or value[0].isdigit() or any(character not in LETTERS for character in value):
        raise refuse(f"`{value[:40]}` is no name of an environment variable; use A to Z, digits and `_`")
    return value


def _check_key(value: str) -> str:
    if value.startswith(OTHERS):
        raise refuse(f"`{value}` holds another secret; give the state's key a variable of its own, such as `STATE_KEY`")
    if value.startswith(SET_BY_SERVERS):
        raise refuse(f"`{value}` is set by a CI server, perhaps to a text of a branch; call the variable `STATE_KEY`")
    if value.endswith(END):
        raise refuse(f"`{value}` is the name of a command; write `command_env: {value}`")
    return value


def _check_command(value: str) -> str:
    if not (value.startswith(BEGIN) and value.endswith(END)):
        raise refuse("a variable that holds a command is called `PROVISION_…_COMMAND`, as PROVISION_STATE_KEY_COMMAND")
    return value


Variable = Annotated[str, AfterValidator(_check_variable)]
KeyVariable = Annotated[Variable, AfterValidator(_check_key)]
CommandVariable = Annotated[Variable, AfterValidator(_check_command)]


class KeyModel(Model):
    """The source of an encryption key: an environment variable with the key (`env`), or an environment variable with a
    command that prints the key (`command_env`). Exactly one of the two fields is set.
    """

    env: KeyVariable | None = Field(None, description="The environment variable that holds the key.")
    command_env: CommandVariable | None = Field(
        None, description="The environment variable, `PROVISION_…_COMMAND`, that holds a command which prints the key."
    )

    @model_validator(mode="after")
    def _check_one(self) -> KeyModel:
        if (self.env is None) == (self.command_env is None):
            raise refuse("a key comes from one place: write `env: NAME` or `command_env: NAME`")
        return self


class EncryptionModel(Model):
    """The sources of the keys that encrypt state, journal and plan files."""

    key: KeyModel | None = Field(
        None, description="The key that encrypts and decrypts; without it, plain text is written."
    )
    former: list[KeyModel] | None = Field(None, description="Former keys, which still decrypt after a rotation.")

    @model_validator(mode="after")
    def _check_named(self) -> EncryptionModel:
        if self.key is None and not self.former:
            raise refuse("no key is named; write `key: {env: NAME}`")
        return self
