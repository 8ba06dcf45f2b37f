"""Defines the pydantic models for the fields that only saved agents at OpenAI (the target `agents`) have: subagents,
compaction of the context, and experimental settings.

Source: `types/beta/agent_create_params.py` and `types/beta/multi_agent_config_param.py` in openai-python 3.57.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from provisioner.core.kinds.model import Extensible, Model


class MultiAgent(Extensible):
    """The settings for the subagents that an agent may create."""

    enabled: bool | None = Field(
        None, description="Whether it may create subagents; required, here or in the defaults."
    )
    max_concurrent_subagents: Annotated[int, Field(ge=1)] | None = Field(
        None, description="How many subagents may run at once; 6 if it is left out."
    )


class Compaction(Extensible):
    """The settings for the compaction of a session's context."""

    async_: bool | None = Field(
        None,
        alias="async",
        description="Whether it runs in the background, which may cost more tokens; the API's default is false.",
    )


class Experimental(Extensible):
    """Experimental settings of an agent."""

    time_awareness: bool | None = Field(
        None, description="Whether the model is given the current time again and again; false if it is left out."
    )


class AgentFields(Model):
    """Fields that only saved agents at OpenAI (the target `agents`) have. Fields of the API that this version of
    provision does not know can be added, and are sent unchanged.
    """

    model_config = ConfigDict(extra="allow")

    multi_agent: MultiAgent | None = Field(None, description="Whether the agent may create subagents.")
    compaction: Compaction | None = Field(None, description="How the context is compacted.")
    experimental: Experimental | None = Field(None, description="Experimental settings.")
