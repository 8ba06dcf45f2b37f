"""A sample of every field and tool of an assistant, as a manifest writes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SCHEMA = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
FUNCTION = {"type": "function", "name": "look_up", "description": "Looks up.", "parameters": SCHEMA}
SEARCH = {"type": "file_search", "vector_stores": ["handbook"]}
MCP = {
    "type": "mcp",
    "server_label": "wiki",
    "server_url": "https://example.org/mcp",
    "require_approval": "never",
}
FORMAT = {"type": "json_schema", "name": "answer", "schema": SCHEMA}

#: By the field's path. What targets.COMMON sets is here with another value.
FIELDS: Mapping[str, Any] = {
    "name": "Tutor",
    "description": "Answers pupils.",
    "model": "gpt-4.1",
    "instructions": "Answer briefly.",
    "tools": [FUNCTION],
    "text.format": FORMAT,
    "text.verbosity": "low",
    "reasoning.effort": "low",
    "reasoning.summary": "auto",
    "reasoning.generate_summary": "auto",
    "reasoning.context": "auto",
    "reasoning.mode": "standard",
    "temperature": 0.2,
    "top_p": 0.5,
    "metadata": {"team": "tutors"},
    "max_output_tokens": 100,
    "max_tool_calls": 3,
    "parallel_tool_calls": False,
    "tool_choice": "auto",
    "truncation": "auto",
    "service_tier": "flex",
    "store": False,
    "include": ["reasoning.encrypted_content"],
    "top_logprobs": 3,
    "prompt_cache_key": "tutors",
    "prompt_cache_retention": "24h",
    "prompt_cache_options": {"mode": "implicit"},
    "safety_identifier": "tutors",
    "user": "tutors",
    "background": True,
    "background_options": {"completion_window": "2h"},
    "context_management": [{"type": "compaction"}],
    "moderation": {"model": "omni-moderation-latest"},
    "access_programs": {"cyber": "standard"},
    "image": {"context_compression": "auto"},
    "environment": {"packages": {"python": ["pandas"]}},
    "extra": {"new_field": 1},
    "agents.multi_agent": {"enabled": True, "max_concurrent_subagents": 2},
    "agents.compaction": {"async": True},
    "agents.experimental": {"time_awareness": True},
    "agents.new_field": 1,
}
#: What a field is valid with, by its first part.
NEEDED: Mapping[str, Mapping[str, Any]] = {
    "text": {"model": "gpt-6-luna"},
    "reasoning": {"model": "gpt-6-luna"},
    "background_options": {"background": True},
}
#: Fields that say how a resource is treated; no target is told of them.
UNSENT = frozenset({"target", "lifecycle"})

#: By the tool's type.
TOOLS: Mapping[str, Any] = {
    "function": FUNCTION,
    "custom": {"type": "custom", "name": "ask"},
    "namespace": {"type": "namespace", "name": "crm", "description": "Customers.", "tools": [FUNCTION]},
    "file_search": SEARCH,
    "code_interpreter": "code_interpreter",
    "web_search": "web_search",
    "web_search_2025_08_26": "web_search_2025_08_26",
    "web_search_preview": "web_search_preview",
    "web_search_preview_2025_03_11": "web_search_preview_2025_03_11",
    "mcp": MCP,
    "image_generation": "image_generation",
    "shell": {"type": "shell", "environment": {"type": "container_auto"}},
    "local_shell": "local_shell",
    "computer": "computer",
    "computer_use_preview": {
        "type": "computer_use_preview", "display_height": 768, "display_width": 1024, "environment": "linux",
    },
    "tool_search": "tool_search",
    "programmatic_tool_calling": "programmatic_tool_calling",
    "apply_patch": "apply_patch",
    "computer_use": "computer_use",
    "automations": "automations",
}  # fmt: skip

#: Options of tools that targets treat differently: by name, the tool without the option and with it.
OPTIONS: Mapping[str, tuple[Any, Any]] = {
    "function: strict": (FUNCTION, {**FUNCTION, "strict": True}),
    "file_search: vector_stores left out": (SEARCH, {"type": "file_search"}),
    "file_search: max_num_results": (SEARCH, {**SEARCH, "max_num_results": 8}),
    "file_search: ranking_options": (SEARCH, {**SEARCH, "ranking_options": {"score_threshold": 0.5}}),
    "file_search: filters": (SEARCH, {**SEARCH, "filters": {"type": "eq", "key": "course", "value": "CS101"}}),
    "code_interpreter: container.files": (
        {"type": "code_interpreter"},
        {"type": "code_interpreter", "container": {"files": ["data.csv"]}},
    ),
    "code_interpreter: container.memory_limit": (
        {"type": "code_interpreter"},
        {"type": "code_interpreter", "container": {"memory_limit": "4g"}},
    ),
    "web_search: filters": (
        {"type": "web_search"},
        {"type": "web_search", "filters": {"allowed_domains": ["example.org"]}},
    ),
    "web_search: search_context_size": (
        {"type": "web_search"},
        {"type": "web_search", "search_context_size": "low"},
    ),
    "web_search: user_location": (
        {"type": "web_search"},
        {"type": "web_search", "user_location": {"type": "approximate", "country": "KR"}},
    ),
    "web_search: user_location.type": (
        {"type": "web_search", "user_location": {"country": "KR"}},
        {"type": "web_search", "user_location": {"type": "approximate", "country": "KR"}},
    ),
    "web_search: filters.blocked_domains": (
        {"type": "web_search"},
        {"type": "web_search", "filters": {"blocked_domains": ["example.org"]}},
    ),
    "mcp: server_description": (MCP, {**MCP, "server_description": "Articles."}),
    "mcp: credential_id": (MCP, {**MCP, "credential_id": "cred_1"}),
    "mcp: connection_origin": (MCP, {**MCP, "connection_origin": "service"}),
    "mcp: required": (MCP, {**MCP, "required": True}),
    "mcp: request_metadata": (MCP, {**MCP, "request_metadata": {"team": "tutors"}}),
    "mcp: allowed_tools": (MCP, {**MCP, "allowed_tools": ["search"]}),
    "mcp: require_approval left out": (MCP, {key: MCP[key] for key in MCP if key != "require_approval"}),
    "mcp: require_approval: always": (MCP, {**MCP, "require_approval": "always"}),
    "mcp: authorization": (MCP, {**MCP, "authorization": {"runtime": "TOKEN"}}),
    "mcp: headers": (MCP, {**MCP, "headers": {"Accept-Language": "ko"}}),
    "mcp: headers of {runtime: NAME}": (MCP, {**MCP, "headers": {"X-Team": {"runtime": "TEAM"}}}),
}
