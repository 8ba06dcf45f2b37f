"""Defines the pydantic models of the settings file, `provision.yaml`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from provisioner.core.kinds.assistant import AssistantModel, Target
from provisioner.core.kinds.entry_model import EntryModel
from provisioner.core.kinds.model import Filled, LifecycleModel, Model, refuse
from provisioner.core.rule import BY_NAME as RULES
from provisioner.manifest.limits import ENVIRONMENTS, MOST_RELEASES
from provisioner.manifest.project_settings.encryption import EncryptionModel
from provisioner.manifest.project_settings.prices import ModelPriceModel, PricesModel
from provisioner.manifest.project_settings.settingtypes import (
    KNOWN,
    BaseUrl,
    HeaderValue,
    Name,
    Root,
    State,
    VariableName,
)
from provisioner.manifest.validation.nearest import advise


class Overridable(Model):
    """Settings of the project that an environment of the project may override."""

    target: Target | None = Field(None, description="The API that assistants are realised on.")
    state: State | None = Field(
        None, description=f"A folder (relative to this file), or the URL of a remote backend: {KNOWN}."
    )
    defaults: AssistantModel | None = Field(None, description="For every assistant that does not override them.")
    lifecycle: LifecycleModel | None = Field(None, description="For every resource that does not override it.")
    openai_project: HeaderValue | None = Field(None, description="The project at OpenAI, `proj_…`.")
    organization: HeaderValue | None = Field(None, description="The organisation at OpenAI, `org-…`.")
    base_url: BaseUrl | None = Field(None, description="The server, if it is not api.openai.com.")
    delete_threshold: Annotated[float, Field(ge=0, le=100)] | None = Field(
        None,
        description="The percentage of a kind's records that may be deleted or vanish in one apply (30); "
        "it applies from ten records up.",
    )
    keep_releases: Annotated[int, Field(ge=1, le=MOST_RELEASES)] | None = Field(
        None, description="The number of releases of one assistant that are kept for rollbacks (100)."
    )
    protected: bool | None = Field(None, description="Whether changes need an explicit confirmation.")
    prices: PricesModel | None = Field(None, description="Prices of your own for the costs that a plan estimates.")
    model_prices: dict[Filled, ModelPriceModel] | None = Field(
        None, description="What a million tokens of a model cost, for the costs that chat, ask and test estimate."
    )
    state_encryption: EncryptionModel | None = Field(
        None, description="The keys that encrypt the state, its journal and plan files; plain text if left out."
    )


def _check_rule(value: str) -> str:
    if value not in RULES:
        raise refuse(f"there is no rule `{value[:40]}`; {advise(value, RULES, 'docs/lint.md lists them')}")
    return value


class LintModel(Model):
    """Options of `provision lint`."""

    ignore: list[Annotated[str, AfterValidator(_check_rule)]] | None = Field(
        None, description="Rules that are silenced in the whole project."
    )


#: The values of an environment for the fields of declared resources, by their names.
Values = dict[str, dict[str, Any]]


class EnvironmentSettings(Overridable):
    """The settings of one environment of the project, and the fields of declared resources that the environment
    overrides.
    """

    variables: dict[str, Any] | None = Field(None, description="The values of variables in this environment.")
    ignore: list[Filled] | None = Field(None, description="Used instead of the project's `ignore`.")
    files: Values | None = Field(None, description="Values for fields of declared files, by name.")
    vector_stores: Values | None = Field(None, description="Values for fields of vector stores, by name.")
    skills: Values | None = Field(None, description="Values for fields of skills, by name.")
    instructions: Values | None = Field(None, description="Values for fields of declared instructions, by name.")
    tools: Values | None = Field(None, description="Values for fields of declared tools, by name.")
    assistants: Values | None = Field(None, description="Values for fields of assistants, by name.")
    tests: Values | None = Field(None, description="Values for fields of tests, by name.")


class SettingsModel(Overridable):
    """The content of the settings file, `provision.yaml`."""

    project: Name = Field(description="The project's name: lowercase letters, digits, `_` and `-`.")
    root: Root | None = Field(
        None,
        description="The folder that paths may not leave. The default is the folder above, or this one if it is a "
        "repository's top.",
    )
    environments: Annotated[dict[Name, EnvironmentSettings | None], Field(max_length=ENVIRONMENTS)] | None = Field(
        None, description="Chosen with `--env`."
    )
    default_environment: Name | None = Field(
        None, description="The environment of commands without `--env`; one of `environments`."
    )
    ignore: list[Filled] | None = Field(
        None, description="Globs of files and folders below this folder that are not manifests."
    )
    lint: LintModel | None = Field(None, description="Options of `provision lint`.")
    allowed_env: list[VariableName] | None = Field(
        None,
        description="The variables of the process that manifests may read with `${env.NAME}`; none that hold secrets.",
    )


#: The model of a settings file.
SETTINGS = EntryModel(lambda: SettingsModel)
