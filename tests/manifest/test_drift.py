"""Our models and the SDK's types name the same fields, so that they cannot drift apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args

import pytest
from openai.types.beta.persisted_agent_tool_param import PersistedAgentToolParam
from openai.types.file_create_params import FileCreateParams
from openai.types.file_purpose import FilePurpose
from openai.types.responses.container_auto_param import ContainerAutoParam
from openai.types.responses.container_reference_param import ContainerReferenceParam
from openai.types.responses.local_environment_param import LocalEnvironmentParam
from openai.types.responses.response_create_params import (
    ResponseCreateParamsBase,
    ResponseCreateParamsStreaming,
)
from openai.types.responses.response_text_config_param import ResponseTextConfigParam
from openai.types.responses.tool_param import CodeInterpreterContainerCodeInterpreterToolAuto, ToolParam
from openai.types.shared_params.reasoning import Reasoning
from openai.types.vector_store_create_params import VectorStoreCreateParams
from pydantic import BaseModel
from typing_extensions import get_type_hints

from provisioner.kinds import assistant, environment, file, hosted, text, tool, vector_store

Fields = Mapping[str, Any]
# Fields that take names and paths here, where the API takes ids.
NAMES = {"vector_stores": "vector_store_ids", "files": "file_ids"}


def fields_of(model: type[BaseModel], *ours: str) -> dict[str, str]:
    """A model's fields by the API's name, without those that are only ours."""
    names = {info.alias or name for name, info in model.model_fields.items()} - {"extra", *ours}
    return {NAMES.get(name, name): name for name in names}


def hints_of(*types: Any) -> Fields:
    return {name: hint for each in types for name, hint in get_type_hints(each).items()}


def types_in(union: Any) -> dict[str, Any]:
    """The members of a union of tools by each of their types' names."""
    return {name: each for each in get_args(union) for name in get_args(get_type_hints(each)["type"])}


def literals(hint: Any) -> set[Any]:
    """The literal values anywhere in a type hint."""
    if getattr(hint, "__metadata__", None) is not None:
        return literals(hint.__origin__)
    return {value for part in get_args(hint) for value in ([part] if is_literal(part) else literals(part))}


def is_literal(part: Any) -> bool:
    return isinstance(part, str | int | bool)


RESPONSE_TOOLS = types_in(ToolParam)
AGENT_TOOLS = types_in(PersistedAgentToolParam)


def test_every_tool_of_the_sdk_has_a_model() -> None:
    assert set(tool.TYPES) == {*RESPONSE_TOOLS, *AGENT_TOOLS}


@pytest.mark.parametrize("name", sorted(RESPONSE_TOOLS))
def test_a_responses_tool_has_the_fields_of_the_sdk(name: str) -> None:
    theirs = hints_of(RESPONSE_TOOLS[name])
    assert set(fields_of(tool.TYPES[name])) == set(theirs)


@pytest.mark.parametrize("name", sorted(set(AGENT_TOOLS) - set(RESPONSE_TOOLS)))
def test_a_tool_that_only_agents_have_has_the_fields_of_the_sdk(name: str) -> None:
    assert set(fields_of(tool.TYPES[name])) == set(hints_of(AGENT_TOOLS[name]))


@pytest.mark.parametrize("name", sorted(RESPONSE_TOOLS))
def test_a_tool_allows_the_values_of_the_sdk(name: str) -> None:
    assert_same_values(tool.TYPES[name], hints_of(RESPONSE_TOOLS[name]))


def test_an_assistant_has_every_field_of_a_response_that_can_be_configured() -> None:
    theirs = hints_of(ResponseCreateParamsBase, ResponseCreateParamsStreaming)
    assert set(theirs) >= assistant.PER_CALL
    assert set(fields_of(assistant.AssistantModel, *assistant.OURS)) == set(theirs) - assistant.PER_CALL
    assert_same_values(assistant.AssistantModel, theirs, skip=("tool_choice", "include", "tools"))


@pytest.mark.parametrize(
    ("model", "types"),
    [
        (assistant.Reasoning, [Reasoning]),
        (text.Text, [ResponseTextConfigParam]),
        (hosted.Container, [CodeInterpreterContainerCodeInterpreterToolAuto]),
        (hosted.ShellEnvironment, [ContainerAutoParam, LocalEnvironmentParam, ContainerReferenceParam]),
    ],
)
def test_a_nested_model_has_the_fields_of_the_sdk(model: type[BaseModel], types: Iterable[Any]) -> None:
    assert set(fields_of(model)) == set(hints_of(*types))


def test_a_vector_store_has_the_fields_of_the_sdk() -> None:
    ours = fields_of(vector_store.VectorStoreModel, "exclude", "path_attribute", "exclusive", "lifecycle")
    assert set(ours) == set(hints_of(VectorStoreCreateParams))


def test_a_file_has_the_fields_and_purposes_of_the_sdk() -> None:
    ours = set(fields_of(file.FileModel, "lifecycle"))
    assert ours - {"path"} == set(hints_of(FileCreateParams)) - {"file"}
    assert set(get_args(file.FileModel.model_fields["purpose"].annotation)) == set(get_args(FilePurpose))


def test_an_environment_has_fields_that_templates_have() -> None:
    from openai.types.beta.agents.environments import template_create_params as theirs

    known = set(hints_of(theirs.TemplateCreateParams))
    assert set(environment.EnvironmentModel.model_fields) <= known
    assert set(environment.Packages.model_fields) == set(hints_of(theirs.Packages))
    assert set(environment.Network.model_fields) == set(hints_of(theirs.Network))


def assert_same_values(model: type[BaseModel], theirs: Fields, skip: Iterable[str] = ()) -> None:
    """Where we enumerate a field's values, they are the SDK's."""
    for name, info in model.model_fields.items():
        ours = literals(info.annotation) | (set(get_args(info.annotation)) if name == "type" else set())
        theirs_too = theirs.get(NAMES.get(info.alias or name, info.alias or name))
        if ours and theirs_too is not None and name not in (*skip, "container", "environment", "type"):
            assert ours == literals(theirs_too), name
