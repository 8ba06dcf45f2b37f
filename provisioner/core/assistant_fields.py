"""Contains the names of the fields of assistants, for code that does not need the pydantic models."""

from __future__ import annotations

#: The fields of an assistant in a manifest, in the order of the model `AssistantModel`.
ASSISTANT_FIELDS = (
    "extra",
    "name",
    "description",
    "target",
    "model",
    "instructions",
    "tools",
    "text",
    "reasoning",
    "temperature",
    "top_p",
    "metadata",
    "max_output_tokens",
    "max_tool_calls",
    "parallel_tool_calls",
    "tool_choice",
    "truncation",
    "service_tier",
    "store",
    "include",
    "top_logprobs",
    "prompt_cache_key",
    "prompt_cache_retention",
    "prompt_cache_options",
    "safety_identifier",
    "user",
    "background",
    "background_options",
    "context_management",
    "moderation",
    "access_programs",
    "image",
    "environment",
    "lifecycle",
    "agents",
)
#: The fields of an assistant that only the target `agents` has: the fields of the model `AgentFields`.
AGENT_FIELDS = ("multi_agent", "compaction", "experimental")
#: Fields of ResponseCreateParams that an application sends with every call, so they cannot be configured here.
PER_CALL = frozenset({"input", "conversation", "previous_response_id", "prompt", "stream", "stream_options"})
#: Fields of this tool, which are not sent as they are.
OURS = frozenset({"name", "description", "target", "environment", "lifecycle", "extra", "agents"})
