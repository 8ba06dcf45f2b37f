"""Our models and the SDK's types name the same fields, so that they cannot drift apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args

import pytest
from openai.types.beta.agents.environments import template_create_params
from openai.types.beta.file_search_tool_param import FileSearchRankingOptions as BetaRankingOptions
from openai.types.beta.hosted_plugin_param import HostedPluginParam
from openai.types.beta.hosted_skill_param import HostedSkillParamInline, HostedSkillParamSkillReference
from openai.types.beta.inline_capability_source_param import InlineCapabilitySourceParam
from openai.types.beta.persisted_agent_tool_param import PersistedAgentToolParam
from openai.types.beta.setup_command_param import SetupCommandParam
from openai.types.file_create_params import FileCreateParams
from openai.types.file_purpose import FilePurpose
from openai.types.responses import (
    file_search_tool_param,
    response_create_params,
    tool_param,
    web_search_preview_tool_param,
    web_search_tool_param,
)
from openai.types.responses.container_auto_param import ContainerAutoParam
from openai.types.responses.container_network_policy_allowlist_param import ContainerNetworkPolicyAllowlistParam
from openai.types.responses.container_network_policy_disabled_param import ContainerNetworkPolicyDisabledParam
from openai.types.responses.container_network_policy_domain_secret_param import ContainerNetworkPolicyDomainSecretParam
from openai.types.responses.container_reference_param import ContainerReferenceParam
from openai.types.responses.inline_skill_param import InlineSkillParam
from openai.types.responses.inline_skill_source_param import InlineSkillSourceParam
from openai.types.responses.local_environment_param import LocalEnvironmentParam
from openai.types.responses.local_skill_param import LocalSkillParam
from openai.types.responses.response_create_params import (
    ResponseCreateParamsBase,
    ResponseCreateParamsStreaming,
)
from openai.types.responses.response_format_text_json_schema_config_param import ResponseFormatTextJSONSchemaConfigParam
from openai.types.responses.response_text_config_param import ResponseTextConfigParam
from openai.types.responses.skill_reference_param import SkillReferenceParam
from openai.types.responses.tool_choice_allowed_param import ToolChoiceAllowedParam
from openai.types.responses.tool_choice_apply_patch_param import ToolChoiceApplyPatchParam
from openai.types.responses.tool_choice_custom_param import ToolChoiceCustomParam
from openai.types.responses.tool_choice_function_param import ToolChoiceFunctionParam
from openai.types.responses.tool_choice_mcp_param import ToolChoiceMcpParam
from openai.types.responses.tool_choice_shell_param import ToolChoiceShellParam
from openai.types.responses.tool_choice_types_param import ToolChoiceTypesParam
from openai.types.responses.tool_param import CodeInterpreterContainerCodeInterpreterToolAuto, ToolParam
from openai.types.shared_params import custom_tool_input_format
from openai.types.shared_params.comparison_filter import ComparisonFilter
from openai.types.shared_params.compound_filter import CompoundFilter
from openai.types.shared_params.reasoning import Reasoning
from openai.types.vector_store_create_params import VectorStoreCreateParams
from pydantic import BaseModel
from typing_extensions import get_type_hints

from provisioner.core.kinds import (
    assistant,
    choice,
    container,
    environment,
    file,
    function,
    hosted,
    mcp,
    request,
    search,
    text,
    tool,
    vector_store,
)
from provisioner.openai_api.targets.responses import AGENT_FIELDS

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


#: The types of a choice that are their `type` alone.
HOSTED_CHOICES: list[Any] = [
    ToolChoiceTypesParam,
    ToolChoiceApplyPatchParam,
    ToolChoiceShellParam,
    response_create_params.ToolChoiceSpecificProgrammaticToolCallingParam,
]
RESPONSE_TOOLS = types_in(ToolParam)
AGENT_TOOLS = types_in(PersistedAgentToolParam)


def test_every_tool_of_the_sdk_has_a_model() -> None:
    assert set(tool.TYPES) == {*RESPONSE_TOOLS, *AGENT_TOOLS}


@pytest.mark.parametrize("name", sorted(RESPONSE_TOOLS))
def test_a_responses_tool_has_the_fields_of_the_sdk(name: str) -> None:
    theirs = hints_of(RESPONSE_TOOLS[name])
    assert set(fields_of(tool.TYPES[name])) == set(theirs) | set(AGENT_FIELDS.get(name, ()))


def test_fields_that_only_agents_have_are_those_of_the_sdk() -> None:
    for name, fields in AGENT_FIELDS.items():
        assert set(fields) == set(hints_of(AGENT_TOOLS[name])) - set(hints_of(RESPONSE_TOOLS[name])) - {"transport"}
        assert_same_values(tool.TYPES[name], {key: hints_of(AGENT_TOOLS[name])[key] for key in fields})


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
    assert_same_values(assistant.AssistantModel, theirs, skip=("tool_choice", "tools"))


NESTED: list[tuple[type[BaseModel], list[Any]]] = [
    (assistant.Reasoning, [Reasoning]),
    (text.Text, [ResponseTextConfigParam]),
    (text.JsonSchema, [ResponseFormatTextJSONSchemaConfigParam]),
    (container.Container, [CodeInterpreterContainerCodeInterpreterToolAuto]),
    (container.ShellEnvironment, [ContainerAutoParam, LocalEnvironmentParam, ContainerReferenceParam]),
    (hosted.ImageMask, [tool_param.ImageGenerationInputImageMask]),
    (hosted.Svg, [tool_param.ImageGenerationSvg]),
    (hosted.SvgReasoning, [tool_param.ImageGenerationSvgReasoning]),
    (container.NetworkPolicy, [ContainerNetworkPolicyAllowlistParam, ContainerNetworkPolicyDisabledParam]),
    (container.DomainSecret, [ContainerNetworkPolicyDomainSecretParam]),
    (container.SkillReference, [SkillReferenceParam]),
    (container.SkillReference, [HostedSkillParamSkillReference]),
    (container.InlineSkill, [InlineSkillParam]),
    (container.InlineSkill, [HostedSkillParamInline]),
    (container.Plugin, [HostedPluginParam]),
    (container.Archive, [InlineSkillSourceParam]),
    (container.Archive, [InlineCapabilitySourceParam]),
    (container.LocalSkill, [LocalSkillParam]),
    (mcp.ToolFilter, [tool_param.McpAllowedToolsMcpToolFilter]),
    (mcp.ToolFilter, [tool_param.McpRequireApprovalMcpToolApprovalFilterAlways]),
    (mcp.ToolFilter, [tool_param.McpRequireApprovalMcpToolApprovalFilterNever]),
    (mcp.Approval, [tool_param.McpRequireApprovalMcpToolApprovalFilter]),
    (search.Comparison, [ComparisonFilter]),
    (search.Compound, [CompoundFilter]),
    (search.HybridSearch, [file_search_tool_param.RankingOptionsHybridSearch]),
    (search.Ranking, [file_search_tool_param.RankingOptions]),
    (search.Location, [web_search_tool_param.UserLocation]),
    (search.Location, [web_search_preview_tool_param.UserLocation]),
    (function.FreeText, [custom_tool_input_format.Text]),
    (function.Grammar, [custom_tool_input_format.Grammar]),
    (choice.McpChoice, [ToolChoiceMcpParam]),
    (choice.NamedChoice, [ToolChoiceFunctionParam, ToolChoiceCustomParam]),
    (choice.AllowedChoice, [ToolChoiceAllowedParam]),
    (choice.HostedChoice, HOSTED_CHOICES),
    (request.ContextManagement, [response_create_params.ContextManagement]),
    (request.PromptCache, [response_create_params.PromptCacheOptions]),
    (request.BackgroundOptions, [response_create_params.BackgroundOptions]),
    (request.Moderation, [response_create_params.Moderation]),
    (request.ModerationPolicy, [response_create_params.ModerationPolicy]),
    (request.Mode, [response_create_params.ModerationPolicyInput, response_create_params.ModerationPolicyOutput]),
    (request.AccessPrograms, [response_create_params.AccessPrograms]),
    (request.ImageInput, [response_create_params.Image]),
    (environment.Desktop, [template_create_params.Desktop]),
    (environment.Packages, [template_create_params.Packages]),
    (environment.Network, [template_create_params.Network]),
    (environment.SetupCommand, [SetupCommandParam]),
]
#: Values that we know beyond the SDK's, or instead of any text: what OpenAI documents, and the Assistants API's ranker.
OTHER_VALUES: Mapping[Any, tuple[str, ...]] = {search.Ranking: ("ranker",), container.InlineSkill: ("source",)}


@pytest.mark.parametrize(("model", "types"), NESTED, ids=lambda each: getattr(each, "__name__", ""))
def test_a_nested_model_has_the_fields_and_values_of_the_sdk(model: type[BaseModel], types: Iterable[Any]) -> None:
    assert set(fields_of(model)) == set(hints_of(*types))
    assert_same_values(model, hints_of(*types), skip=OTHER_VALUES.get(model, ()))


def test_web_filters_have_the_fields_of_the_sdk_and_the_documented_one() -> None:
    assert set(fields_of(search.WebFilters)) == {*hints_of(web_search_tool_param.Filters), "blocked_domains"}


def test_a_search_knows_the_rankers_of_both_apis() -> None:
    theirs = literals(hints_of(file_search_tool_param.RankingOptions)["ranker"])
    older = literals(hints_of(BetaRankingOptions)["ranker"])
    assert literals(search.Ranking.model_fields["ranker"].annotation) == theirs | older


def test_every_type_of_choice_has_a_model() -> None:
    hosted_types = {value for each in HOSTED_CHOICES for value in literals(hints_of(each)["type"])}
    assert set(get_args(choice.Hosted)) == hosted_types
    every = {value for each in members_of(response_create_params.ToolChoice) for value in tags_of(each)}
    assert every == hosted_types | set(get_args(choice.Named)) | {"mcp", "allowed_tools"}


def members_of(union: Any) -> list[Any]:
    return [each for each in get_args(union) if not literals(each)]


def tags_of(each: Any) -> set[Any]:
    return literals(hints_of(each)["type"])


def test_a_vector_store_has_the_fields_of_the_sdk() -> None:
    ours = fields_of(vector_store.VectorStoreModel, "exclude", "path_attribute", "exclusive", "lifecycle")
    assert set(ours) == set(hints_of(VectorStoreCreateParams))


def test_a_file_has_the_fields_and_purposes_of_the_sdk() -> None:
    ours = set(fields_of(file.FileModel, "lifecycle"))
    assert ours - {"path"} == set(hints_of(FileCreateParams)) - {"file"}
    assert set(get_args(file.FileModel.model_fields["purpose"].annotation)) == set(get_args(FilePurpose))


def test_an_environment_has_the_fields_that_templates_have() -> None:
    assert {*environment.EnvironmentModel.model_fields} - {"extra"} == {
        *hints_of(template_create_params.TemplateCreateParams)
    } - {"name"}


def assert_same_values(model: type[BaseModel], theirs: Fields, skip: Iterable[str] = ()) -> None:
    """Where we enumerate a field's values, they are the SDK's."""
    for name, info in model.model_fields.items():
        ours = literals(info.annotation) | (set(get_args(info.annotation)) if name == "type" else set())
        theirs_too = theirs.get(NAMES.get(info.alias or name, info.alias or name))
        if ours and theirs_too is not None and name not in (*skip, "container", "environment", "type"):
            assert ours == literals(theirs_too), name
