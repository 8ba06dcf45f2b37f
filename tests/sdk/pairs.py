"""Which types of the SDK belong to which models of manifests, and to what the targets send."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from provisioner.core.assistant_fields import OURS
from provisioner.core.kinds import (
    agent,
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
from provisioner.openai_api.targets import agents, assistants
from provisioner.openai_api.targets.agent_tools import EXPRESSERS, express_tool
from provisioner.openai_api.targets.responses import AGENT_FIELDS
from tests.sdk.comparison import Pair, Values, fields_of, named, only, without

RESPONSE_TOOLS = "responses.tool_param.ToolParam"
AGENT_TOOLS = "beta.persisted_agent_tool_param.PersistedAgentToolParam"
ASSISTANT_TOOLS = "beta.assistant_tool_param.AssistantToolParam"
UNIONS = {"responses": RESPONSE_TOOLS, "agents": AGENT_TOOLS, "assistants": ASSISTANT_TOOLS}
#: The types of tools that each target has. The code interpreter and the shell of an agent are its environment.
TOOLS: Mapping[str, frozenset[str]] = {
    "responses": frozenset(tool.TYPES) - {"automations", "computer_use"},
    "agents": frozenset(EXPRESSERS) - {"file_search"},
    "assistants": frozenset({"code_interpreter", "file_search", "function"}),
}

PARAMS = "responses.response_create_params"
TEMPLATE = "beta.agents.environments.template"
RESPONSE = (f"{PARAMS}.ResponseCreateParamsBase", f"{PARAMS}.ResponseCreateParamsStreaming")

#: Each block of the Responses API, with the model that manifests have for it.
BLOCKS: tuple[tuple[type[BaseModel], tuple[str, ...]], ...] = (
    (assistant.Reasoning, ("shared_params.reasoning.Reasoning",)),
    (text.Text, ("responses.response_text_config_param.ResponseTextConfigParam",)),
    (
        text.JsonSchema,
        ("responses.response_format_text_json_schema_config_param.ResponseFormatTextJSONSchemaConfigParam",),
    ),
    (text.PlainText, ("shared_params.response_format_text.ResponseFormatText",)),
    (text.JsonObject, ("shared_params.response_format_json_object.ResponseFormatJSONObject",)),
    (container.Container, ("responses.tool_param.CodeInterpreterContainerCodeInterpreterToolAuto",)),
    (
        container.ShellEnvironment,
        (
            "responses.container_auto_param.ContainerAutoParam",
            "responses.local_environment_param.LocalEnvironmentParam",
            "responses.container_reference_param.ContainerReferenceParam",
        ),
    ),
    (
        container.NetworkPolicy,
        (
            "responses.container_network_policy_allowlist_param.ContainerNetworkPolicyAllowlistParam",
            "responses.container_network_policy_disabled_param.ContainerNetworkPolicyDisabledParam",
        ),
    ),
    (
        container.DomainSecret,
        ("responses.container_network_policy_domain_secret_param.ContainerNetworkPolicyDomainSecretParam",),
    ),
    (container.SkillReference, ("responses.skill_reference_param.SkillReferenceParam",)),
    (container.InlineSkill, ("responses.inline_skill_param.InlineSkillParam",)),
    (container.Archive, ("responses.inline_skill_source_param.InlineSkillSourceParam",)),
    (container.LocalSkill, ("responses.local_skill_param.LocalSkillParam",)),
    (hosted.ImageMask, ("responses.tool_param.ImageGenerationInputImageMask",)),
    (hosted.Svg, ("responses.tool_param.ImageGenerationSvg",)),
    (hosted.SvgReasoning, ("responses.tool_param.ImageGenerationSvgReasoning",)),
    (mcp.ToolFilter, ("responses.tool_param.McpAllowedToolsMcpToolFilter",)),
    (mcp.ToolFilter, ("responses.tool_param.McpRequireApprovalMcpToolApprovalFilterAlways",)),
    (mcp.ToolFilter, ("responses.tool_param.McpRequireApprovalMcpToolApprovalFilterNever",)),
    (mcp.Approval, ("responses.tool_param.McpRequireApprovalMcpToolApprovalFilter",)),
    (search.Comparison, ("shared_params.comparison_filter.ComparisonFilter",)),
    (search.Compound, ("shared_params.compound_filter.CompoundFilter",)),
    (
        search.Ranking,
        ("responses.file_search_tool_param.RankingOptions", "beta.file_search_tool_param.FileSearchRankingOptions"),
    ),
    (search.HybridSearch, ("responses.file_search_tool_param.RankingOptionsHybridSearch",)),
    (search.Location, ("responses.web_search_tool_param.UserLocation",)),
    (search.Location, ("responses.web_search_preview_tool_param.UserLocation",)),
    (function.FreeText, ("shared_params.custom_tool_input_format.Text",)),
    (function.Grammar, ("shared_params.custom_tool_input_format.Grammar",)),
    (function.Function, ("responses.namespace_tool_param.ToolFunction",)),
    (choice.McpChoice, ("responses.tool_choice_mcp_param.ToolChoiceMcpParam",)),
    (
        choice.NamedChoice,
        (
            "responses.tool_choice_function_param.ToolChoiceFunctionParam",
            "responses.tool_choice_custom_param.ToolChoiceCustomParam",
        ),
    ),
    (choice.AllowedChoice, ("responses.tool_choice_allowed_param.ToolChoiceAllowedParam",)),
    (
        choice.HostedChoice,
        (
            "responses.tool_choice_types_param.ToolChoiceTypesParam",
            "responses.tool_choice_apply_patch_param.ToolChoiceApplyPatchParam",
            "responses.tool_choice_shell_param.ToolChoiceShellParam",
            f"{PARAMS}.ToolChoiceSpecificProgrammaticToolCallingParam",
        ),
    ),
    (request.ContextManagement, (f"{PARAMS}.ContextManagement",)),
    (request.PromptCache, (f"{PARAMS}.PromptCacheOptions",)),
    (request.BackgroundOptions, (f"{PARAMS}.BackgroundOptions",)),
    (request.Moderation, (f"{PARAMS}.Moderation",)),
    (request.ModerationPolicy, (f"{PARAMS}.ModerationPolicy",)),
    (request.Mode, (f"{PARAMS}.ModerationPolicyInput", f"{PARAMS}.ModerationPolicyOutput")),
    (request.AccessPrograms, (f"{PARAMS}.AccessPrograms",)),
    (request.ImageInput, (f"{PARAMS}.Image",)),
)

#: Each block of agents and of their environment templates.
AGENT_BLOCKS: tuple[tuple[type[BaseModel], tuple[str, ...]], ...] = (
    (agent.MultiAgent, ("beta.multi_agent_config_param.MultiAgentConfigParam",)),
    (agent.Compaction, ("beta.agent_create_params.Compaction", "beta.agent_update_params.Compaction")),
    (agent.Experimental, ("beta.agent_create_params.Experimental", "beta.agent_update_params.Experimental")),
    (text.PlainText, ("beta.text_format_param.TextFormatParamText",)),
    (container.SkillReference, ("beta.hosted_skill_param.HostedSkillParamSkillReference",)),
    (container.InlineSkill, ("beta.hosted_skill_param.HostedSkillParamInline",)),
    (container.Plugin, ("beta.hosted_plugin_param.HostedPluginParam",)),
    (container.Archive, ("beta.inline_capability_source_param.InlineCapabilitySourceParam",)),
    (environment.Desktop, (f"{TEMPLATE}_create_params.Desktop", f"{TEMPLATE}_update_params.Desktop")),
    (environment.Packages, (f"{TEMPLATE}_create_params.Packages", f"{TEMPLATE}_update_params.Packages")),
    (environment.Network, (f"{TEMPLATE}_create_params.Network", f"{TEMPLATE}_update_params.Network")),
    (environment.SetupCommand, ("beta.setup_command_param.SetupCommandParam",)),
)

#: Each block of files and vector stores.
STORE_BLOCKS: tuple[tuple[type[BaseModel], tuple[str, ...]], ...] = (
    (file.FileExpiry, ("file_create_params.ExpiresAfter",)),
    (vector_store.StoreExpiry, ("vector_store_create_params.ExpiresAfter", "vector_store_update_params.ExpiresAfter")),
    (
        vector_store.ChunkingModel,
        (
            "auto_file_chunking_strategy_param.AutoFileChunkingStrategyParam",
            "static_file_chunking_strategy_object_param.StaticFileChunkingStrategyObjectParam",
        ),
    ),
    (vector_store.StaticChunking, ("static_file_chunking_strategy_param.StaticFileChunkingStrategyParam",)),
)

#: Every field of a tool that an agent may have, in the form that the Responses API gives it, where the field's own
#: form matters to what is sent.
SAMPLES: Mapping[str, dict[str, Any]] = {
    "web_search": {
        "filters": {"allowed_domains": ["example.org"]},
        "search_context_size": "low",
        "user_location": dict.fromkeys(fields_of(search.Location), "x"),
        "external_web_access": True,
    },
    "mcp": {"allowed_tools": ["find"], "headers": {"Accept": "*/*"}, "require_approval": "never"},
}
#: Values of fields that agents call otherwise.
AGENT_VALUES: Mapping[str, Values] = {
    "context_size": fields_of(hosted.WebSearch)["search_context_size"],
    "mode": frozenset({"live", "cached"}),
}


def pairs() -> Iterator[Pair]:
    """Yields every pair: the kinds, their blocks, and the tools of each target."""
    yield from _response_pairs()
    yield from _agent_pairs()
    yield from _assistant_pairs()
    yield from _store_pairs()


def _block_pairs(blocks: tuple[tuple[type[BaseModel], tuple[str, ...]], ...], target: str) -> Iterator[Pair]:
    for model, types in blocks:
        yield Pair(model.__name__, target, types, fields_of(model))


def _response_pairs() -> Iterator[Pair]:
    fields = without(fields_of(assistant.AssistantModel), *OURS)
    yield Pair("assistant", "responses", RESPONSE, fields, skipped=frozenset({"tool_choice", "tools"}))
    yield from _block_pairs(BLOCKS, "responses")
    filters = ("responses.web_search_tool_param.Filters",)
    # The SDK's type lacks the field, OpenAI's guide has it.
    yield Pair("WebFilters", "responses", filters, fields_of(search.WebFilters), own=frozenset({"blocked_domains"}))
    for name in TOOLS["responses"]:
        fields = without(fields_of(tool.TYPES[name]), *AGENT_FIELDS.get(name, ()))
        yield Pair(f"tool {name}", "responses", (f"{RESPONSE_TOOLS}[{name}]",), fields)


def _agent_pairs() -> Iterator[Pair]:
    own = fields_of(agent.AgentFields)
    fields = {**only(fields_of(assistant.AssistantModel), *agents.FIELDS), **own}
    types = ("beta.agent_create_params.AgentCreateParams", "beta.agent_update_params.AgentUpdateParams")
    yield Pair("assistant", "agents", types, fields, narrower=True)
    reasoning = only(fields_of(assistant.Reasoning), "effort", "summary")
    yield Pair("Reasoning", "agents", ("beta.agent_reasoning_param.AgentReasoningParam",), reasoning)
    yield Pair("Text", "agents", ("beta.agent_text_param.AgentTextParam",), fields_of(text.Text))
    schema = ("beta.text_format_param.TextFormatParamJSONSchema",)
    yield Pair("JsonSchema", "agents", schema, named("type", "schema"))
    yield from _block_pairs(AGENT_BLOCKS, "agents")
    template = (f"{TEMPLATE}_create_params.TemplateCreateParams", f"{TEMPLATE}_update_params.TemplateUpdateParams")
    yield Pair("environment", "agents", template, fields_of(environment.EnvironmentModel, {}) | named("name"))
    mounted = ("beta.hosted_environment_file_param.HostedEnvironmentFileParamFileID",)
    yield Pair("Mounted", "agents", mounted, named("type", "file_id", "path"))
    for name in TOOLS["agents"]:
        yield from _agent_tool_pairs(name)


def _agent_tool_pairs(name: str) -> Iterator[Pair]:
    """Yields the fields of a tool that the target sends if every field is set."""
    given = {key: key for key in fields_of(tool.TYPES[name])} | SAMPLES.get(name, {}) | {"type": name}
    sent, _ = express_tool(given, ())
    assert sent is not None, name
    fields = only({**fields_of(tool.TYPES[name]), **AGENT_VALUES}, *sent)
    yield Pair(f"tool {name}", "agents", (f"{AGENT_TOOLS}[{name}]",), fields, narrower=True)
    blocks = {
        "transport": "beta.persisted_mcp_transport_param.PersistedMcpTransportConfigParamHTTP",
        "location": "beta.persisted_agent_tool_param.PersistedAgentToolConfigParamWebSearchLocation",
    }
    for key in blocks.keys() & sent.keys():
        yield Pair(f"tool {name}: {key}", "agents", (blocks[key],), named(*sent[key]))


def _assistant_pairs() -> Iterator[Pair]:
    base, target = "beta.assistant", "assistants"
    fields = only(fields_of(assistant.AssistantModel), *assistants.FIELDS)
    fields |= named("tools", "tool_resources", "response_format")
    fields["reasoning_effort"] = fields_of(assistant.Reasoning)["effort"]
    types = (f"{base}_create_params.AssistantCreateParams", f"{base}_update_params.AssistantUpdateParams")
    yield Pair("assistant", target, types, fields)
    for block, names in {
        "ToolResources": ("code_interpreter", "file_search"),
        "ToolResourcesCodeInterpreter": ("file_ids",),
        "ToolResourcesFileSearch": ("vector_store_ids",),
    }.items():
        types = (f"{base}_create_params.{block}", f"{base}_update_params.{block}")
        yield Pair(block, target, types, named(*names))
    schema = "shared_params.response_format_json_schema"
    yield Pair("JsonSchema", target, (f"{schema}.ResponseFormatJSONSchema",), named("type", "json_schema"))
    yield Pair("JsonSchema", target, (f"{schema}.JSONSchema",), without(fields_of(text.JsonSchema), "type"))
    for name, inner in {"code_interpreter": (), "file_search": ("file_search",), "function": ("function",)}.items():
        yield Pair(f"tool {name}", target, (f"{ASSISTANT_TOOLS}[{name}]",), named("type", *inner))
    search_types = ("beta.file_search_tool_param.FileSearch",)
    yield Pair("tool file_search", target, search_types, named(*assistants.SEARCH_FIELDS))
    function_types = ("shared_params.function_definition.FunctionDefinition",)
    yield Pair("tool function", target, function_types, named(*assistants.FUNCTION_FIELDS))


def _store_pairs() -> Iterator[Pair]:
    fields = without(fields_of(file.FileModel), "lifecycle")
    yield Pair("file", "all", ("file_create_params.FileCreateParams",), fields, own=frozenset({"path"}))
    own = frozenset({"exclude", "path_attribute", "exclusive", "lifecycle"})
    fields = fields_of(vector_store.VectorStoreModel)
    types = ("vector_store_create_params.VectorStoreCreateParams", "vector_store_update_params.VectorStoreUpdateParams")
    yield Pair("vector_store", "all", types, fields, own=own)
    members = ("vector_stores.file_create_params.FileCreateParams", "vector_stores.file_batch_create_params.File")
    fields = without(fields_of(vector_store.Member), "path", "file", "id") | named("file_id")
    yield Pair("Member", "all", members, fields)
    yield from _block_pairs(STORE_BLOCKS, "all")
