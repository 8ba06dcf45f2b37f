"""Defines the type of a definition: the keyword arguments of `client.responses.create` that an assistant's manifest
sets.

The types of the fields are those of the SDK. The SDK is imported only for type checkers. An application can therefore
load a definition in a few milliseconds, before it needs a client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openai.types.responses import response_create_params as params
    from openai.types.responses.response_includable import ResponseIncludable
    from openai.types.responses.response_text_config_param import ResponseTextConfigParam
    from openai.types.responses.tool_param import ToolParam
    from openai.types.shared_params.reasoning import Reasoning
else:  # Names for `typing.get_type_hints` at runtime.
    Mapping = dict
    ResponseIncludable = str
    ResponseTextConfigParam = Reasoning = ToolParam = Any

    class params:  # noqa: N801 - it has the name of a module
        """Contains the types of the SDK's module `params` that this module uses."""

        AccessPrograms = BackgroundOptions = ContextManagement = Image = Moderation = PromptCacheOptions = Any
        ToolChoice = Any


ServiceTier = Literal["auto", "default", "flex", "scale", "priority", "fast", "ultrafast"]


class Definition(TypedDict, total=False):
    """Contains the keyword arguments of `client.responses.create` and `client.responses.stream` for one assistant.

    Every definition contains `model` and `tools`. It contains any other field only if the manifest sets this field.
    `extra_body` contains the fields under `extra:` in the manifest.
    """

    model: str
    instructions: str
    tools: list[ToolParam]
    text: ResponseTextConfigParam
    reasoning: Reasoning
    temperature: float
    top_p: float
    metadata: dict[str, str]
    max_output_tokens: int
    max_tool_calls: int
    parallel_tool_calls: bool
    tool_choice: params.ToolChoice
    truncation: Literal["auto", "disabled"]
    service_tier: ServiceTier
    store: bool
    include: list[ResponseIncludable]
    top_logprobs: int
    prompt_cache_key: str
    prompt_cache_retention: Literal["in_memory", "24h"]
    prompt_cache_options: params.PromptCacheOptions
    safety_identifier: str
    user: str
    background: bool
    background_options: params.BackgroundOptions
    context_management: list[params.ContextManagement]
    moderation: params.Moderation
    access_programs: params.AccessPrograms
    image: params.Image
    extra_body: Mapping[str, Any]
