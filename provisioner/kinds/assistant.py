"""Assistants, spelled as in the Responses API on every target."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from provisioner.kinds.environment import EnvironmentModel
from provisioner.kinds.instructions import FragmentModel
from provisioner.kinds.model import Extensible, Filled, LifecycleModel, Metadata, Model, by_shape, longest, tag
from provisioner.kinds.tool import ToolItem

TARGETS = ("responses", "agents", "assistants")
Target = Literal["responses", "agents", "assistants"]

# Fields of ResponseCreateParams that an application gives with every call, so that they cannot be configured.
PER_CALL = frozenset({"input", "conversation", "previous_response_id", "prompt", "stream", "stream_options"})
# Fields of ours, which are not sent as they are.
OURS = frozenset({"name", "description", "target", "environment", "lifecycle", "extra", "agents"})

Part = Annotated[
    Annotated[Filled, tag("text")] | Annotated[FragmentModel, tag("mapping")],
    by_shape("the name of a fragment, or a mapping `{file: …}` or `{text: …}`"),
]
Instructions = Annotated[
    Annotated[str, tag("text")] | Annotated[list[Part], tag("list")],
    by_shape("a text or a list of fragments"),
]


class Reasoning(Model):
    """How much the model thinks before it answers."""

    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None
    generate_summary: Literal["auto", "concise", "detailed"] | None = None
    context: Literal["auto", "current_turn", "all_turns"] | None = None
    mode: Filled | None = None


class Text(Model):
    """What the answer looks like."""

    format: dict[str, Any] | None = None
    verbosity: Literal["low", "medium", "high"] | None = None


class AssistantModel(Extensible):
    """An assistant."""

    name: Annotated[Filled, AfterValidator(longest(256))] | None = Field(
        None, description="The display name; the resource's name where it is left out."
    )
    description: Annotated[str, AfterValidator(longest(512))] | None = None
    target: Target | None = Field(None, description="The API it is realised on, if not the project's.")
    model: Filled | None = None
    instructions: Instructions | None = Field(
        None, description="A text, or a list of fragments' names, `{file: …}` and `{text: …}`."
    )
    tools: list[ToolItem] | None = Field(
        None, description="Tools: names of declared ones, built-in types, or tools written here.", max_length=128
    )
    text: Text | None = None
    reasoning: Reasoning | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    metadata: Metadata | None = None
    max_output_tokens: Annotated[int, Field(ge=1)] | None = None
    max_tool_calls: Annotated[int, Field(ge=1)] | None = None
    parallel_tool_calls: bool | None = None
    tool_choice: (
        Annotated[
            Annotated[Filled, tag("text")] | Annotated[dict[str, Any], tag("mapping")],
            by_shape("`auto`, `required`, `none` or a mapping that names a tool"),
        ]
        | None
    ) = None
    truncation: Literal["auto", "disabled"] | None = None
    service_tier: Literal["auto", "default", "flex", "scale", "priority", "fast", "ultrafast"] | None = None
    store: bool | None = None
    include: list[Filled] | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: Literal["in_memory", "24h"] | None = None
    prompt_cache_options: dict[str, Any] | None = None
    safety_identifier: str | None = None
    user: str | None = None
    background: bool | None = None
    context_management: list[dict[str, Any]] | None = None
    moderation: dict[str, Any] | None = None
    access_programs: dict[str, Any] | None = None
    image: dict[str, Any] | None = None
    environment: EnvironmentModel | None = Field(None, description="Only on `agents`.")
    lifecycle: LifecycleModel | None = None
    agents: dict[str, Any] | None = Field(None, description="Fields that only the target `agents` has.")
