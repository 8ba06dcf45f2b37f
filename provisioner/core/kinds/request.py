"""Defines the pydantic models for small fields in a request to the Responses API, for example caching, moderation and
compaction.

Source: `types/responses/response_create_params.py` in openai-python 3.57. The smallest `compact_threshold` comes from
OpenAI's specification.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from provisioner.core.kinds.model import Filled, Model

Includable = Literal[
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
]


class ContextManagement(Model):
    """The settings for a context that becomes too long."""

    type: Literal["compaction"] = Field(description="Always `compaction`.")
    compact_threshold: Annotated[int, Field(ge=1000)] | None = Field(
        None, description="The number of tokens from which the context is compacted."
    )


class PromptCache(Model):
    """The settings of the prompt cache."""

    mode: Literal["implicit", "explicit"] | None = Field(None, description="Whether breakpoints are set by the API.")
    ttl: Literal["30m", "12h"] | None = Field(None, description="How long a prompt is cached.")
    prewarm: bool | None = Field(None, description="Whether the cache is filled ahead.")
    comparison_response_id: Filled | None = Field(None, description="The response that cached parts are compared with.")


class BackgroundOptions(Model):
    """The settings for a response in the background, such as its time limit."""

    completion_window: Literal["soonest", "2h", "8h"] | None = Field(None, description="How long it may take.")
    continuation_id: Filled | None = Field(None, description="What it continues.")


class Mode(Model):
    """The mode of moderation: it only scores, or it also blocks."""

    mode: Literal["score", "block"] = Field(description="Score, or block.")


class ModerationPolicy(Model):
    """The modes of moderation for the input and for the output."""

    input: Mode | None = Field(None, description="With the input.")
    output: Mode | None = Field(None, description="With the output.")


class Moderation(Model):
    """The settings for the moderation of a response's input and output."""

    model: Filled = Field(description="The model that moderates.")
    policy: ModerationPolicy | None = Field(None, description="What happens with its findings.")


class AccessPrograms(Model):
    """The access program that is used for a subject, such as cybersecurity."""

    cyber: Literal["standard", "daybreak_blue", "daybreak_red"] | None = Field(
        None, description="The program for cybersecurity."
    )


class ImageInput(Model):
    """The settings for images in the input."""

    context_compression: Literal["auto", "enabled", "disabled"] | None = Field(
        None, description="Whether they are compressed in the context."
    )
