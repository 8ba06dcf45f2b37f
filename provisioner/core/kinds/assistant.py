"""Defines the pydantic model for assistants. For every target (the API that an assistant is made for), an assistant has
the fields of the Responses API.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from provisioner.core.catalog import MIN_OUTPUT_TOKENS
from provisioner.core.kinds.agent import AgentFields
from provisioner.core.kinds.choice import ToolChoice
from provisioner.core.kinds.environment import EnvironmentModel
from provisioner.core.kinds.instructions import FragmentModel
from provisioner.core.kinds.literal import ModelName
from provisioner.core.kinds.model import (
    Extensible,
    Filled,
    LifecycleModel,
    MergedMetadata,
    Model,
    by_shape,
    longest,
    tag,
)
from provisioner.core.kinds.request import (
    AccessPrograms,
    BackgroundOptions,
    ContextManagement,
    ImageInput,
    Includable,
    Moderation,
    PromptCache,
)
from provisioner.core.kinds.text import Text
from provisioner.core.kinds.tool import ToolItem

Target = Literal["responses", "agents", "assistants"]

Part = Annotated[
    Annotated[Filled, tag("text")] | Annotated[FragmentModel, tag("mapping")],
    by_shape("the name of a fragment, or a mapping `{file: …}` or `{text: …}`"),
]
Instructions = Annotated[
    Annotated[str, tag("text")] | Annotated[list[Part], tag("list")],
    by_shape("a text or a list of fragments"),
]


class Reasoning(Model):
    """The settings for the reasoning of the model before it answers."""

    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = Field(
        None, description="How much effort goes into reasoning."
    )
    summary: Literal["auto", "concise", "detailed"] | None = Field(None, description="How reasoning is summed up.")
    generate_summary: Literal["auto", "concise", "detailed"] | None = Field(
        None, description="The earlier name of `summary`."
    )
    context: Literal["auto", "current_turn", "all_turns"] | None = Field(
        None, description="Which turns' reasoning the model sees."
    )
    mode: Filled | None = Field(None, description="`standard`, `pro`, or what the model offers.")


class AssistantModel(Extensible):
    """An assistant, as a manifest declares it."""

    name: Annotated[Filled, AfterValidator(longest(256))] | None = Field(
        None, description="The display name; the resource's name if it is left out."
    )
    description: Annotated[str, AfterValidator(longest(512))] | None = Field(
        None, description="What it is for, for people."
    )
    target: Target | None = Field(None, description="The API it is realised on, if not the project's.")
    model: ModelName | None = Field(None, description="The model that answers.")
    instructions: Instructions | None = Field(
        None, description="A text, or a list of fragments' names, `{file: …}` and `{text: …}`."
    )
    tools: list[ToolItem] | None = Field(
        None, description="Tools: names of declared ones, built-in types, or tools written here.", max_length=128
    )
    text: Text | None = Field(None, description="The form of the answer, as in structured outputs.")
    reasoning: Reasoning | None = Field(None, description="Settings of reasoning models.")
    temperature: Annotated[float, Field(ge=0, le=2)] | None = Field(
        None, description="From 0 to 2: how varied answers are. Reasoning models refuse it."
    )
    top_p: Annotated[float, Field(ge=0, le=1)] | None = Field(
        None, description="From 0 to 1: how much of the likeliest words is considered. Reasoning models refuse it."
    )
    metadata: MergedMetadata | None = Field(
        None, description="Pairs of texts; some of the 16 are our marks. Null removes an inherited key."
    )
    max_output_tokens: Annotated[int, Field(ge=MIN_OUTPUT_TOKENS)] | None = Field(
        None, description="The longest answer, reasoning included, in tokens."
    )
    max_tool_calls: Annotated[int, Field(ge=1)] | None = Field(
        None, description="How many calls of built-in tools one answer may take."
    )
    parallel_tool_calls: bool | None = Field(None, description="Whether tools may be called side by side.")
    tool_choice: ToolChoice | None = Field(None, description="Which tools the model may or must use.")
    truncation: Literal["auto", "disabled"] | None = Field(
        None, description="What happens when the conversation outgrows the model's window."
    )
    service_tier: Literal["auto", "default", "flex", "scale", "priority", "fast", "ultrafast"] | None = Field(
        None, description="How requests are processed and priced."
    )
    store: bool | None = Field(None, description="Whether OpenAI keeps the responses.")
    include: list[Includable] | None = Field(None, description="What else responses contain, such as search results.")
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = Field(
        None, description="From 0 to 20: how many likely words come with their probabilities."
    )
    prompt_cache_key: str | None = Field(None, description="Groups similar requests in the prompt cache.")
    prompt_cache_retention: Literal["in_memory", "24h"] | None = Field(
        None, description="The earlier form of `prompt_cache_options: {ttl: …}`."
    )
    prompt_cache_options: PromptCache | None = Field(None, description="How prompts are cached.")
    safety_identifier: str | None = Field(None, description="A stable identifier of the user, hashed.")
    user: str | None = Field(None, description="The earlier form of `safety_identifier` and `prompt_cache_key`.")
    background: bool | None = Field(None, description="Whether responses are made in the background.")
    background_options: BackgroundOptions | None = Field(
        None, description="How long a response in the background may take: `{completion_window: soonest | 2h | 8h}`."
    )
    context_management: Annotated[list[ContextManagement], Field(min_length=1)] | None = Field(
        None, description="When the context is compacted."
    )
    moderation: Moderation | None = Field(None, description="How input and output are moderated.")
    access_programs: AccessPrograms | None = Field(None, description="Access programs of a domain.")
    image: ImageInput | None = Field(None, description="How images in the input are treated.")
    environment: EnvironmentModel | None = Field(
        None, description="Only on `agents`: what is installed, reachable and mounted."
    )
    lifecycle: LifecycleModel | None = Field(None, description="How it may change.")
    agents: AgentFields | None = Field(None, description="Fields that only the target `agents` has.")
