"""Assistants as targets get them: every field and tool alone, and the ways in which they can be wrong somewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.core.address import Address
from provisioner.core.resource import AssistantSpec, Ref

PLAYS = Ref(Address("vector_store", "plays"))
POEMS = Ref(Address("vector_store", "poems"))
DATA = Ref(Address("file", "manifests/data.csv"))
SCHEMA = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
FORMAT = {"type": "json_schema", "name": "answer", "schema": SCHEMA, "strict": True, "description": "An answer."}
FUNCTION = {"type": "function", "name": "ping", "description": "Pings.", "parameters": SCHEMA, "strict": False}
SEARCH = {"type": "file_search", "vector_store_ids": [PLAYS]}
CODE: dict[str, Any] = {"type": "code_interpreter", "container": {"type": "auto"}}
ARCHIVE = {"type": "base64", "media_type": "application/zip", "data": "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="}
MCP = {"type": "mcp", "server_label": "wiki", "server_url": "https://example.org/mcp", "require_approval": "never"}

#: What stands in an assistant alone, by field.
FIELDS: Mapping[str, Any] = {
    "name": "Tutor",
    "description": "Teaches.",
    "model": "gpt-4.1",
    "instructions": "Be kind.",
    "metadata": {"team": "school"},
    "temperature": 0.2,
    "top_p": 0.5,
    "tools": [],
    "text": {"format": FORMAT},
    "reasoning": {"effort": "low"},
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
}

#: What stands in `tools`, by what it is.
TOOLS: Mapping[str, list[dict[str, Any]]] = {
    "function": [FUNCTION],
    "function without parameters": [{"type": "function", "name": "ping", "parameters": None, "strict": False}],
    "function, strict": [{**FUNCTION, "strict": True}],
    "function, deferred": [{**FUNCTION, "defer_loading": True}],
    "function for programs": [{**FUNCTION, "allowed_callers": ["programmatic"]}],
    "custom": [{"type": "custom", "name": "ask"}],
    "namespace": [{"type": "namespace", "name": "crm", "description": "Customers.", "tools": [FUNCTION]}],
    "file_search": [SEARCH],
    "file_search in two stores": [{"type": "file_search", "vector_store_ids": [PLAYS, POEMS]}],
    "file_search with options": [{**SEARCH, "max_num_results": 8, "ranking_options": {"score_threshold": 0.5}}],
    "file_search, hybrid": [
        {**SEARCH, "ranking_options": {"hybrid_search": {"embedding_weight": 1, "text_weight": 1}}}
    ],
    "file_search, ranker": [{**SEARCH, "ranking_options": {"ranker": "default-2024-11-15", "score_threshold": 0}}],
    "file_search without stores": [{"type": "file_search"}],
    "file_search, the ranker of assistants": [
        {**SEARCH, "ranking_options": {"ranker": "default_2024_08_21", "score_threshold": 0}}
    ],
    "file_search, filters": [{**SEARCH, "filters": {"type": "eq", "key": "act", "value": 3}}],
    "code_interpreter": [CODE],
    "code_interpreter with files": [{**CODE, "container": {"type": "auto", "file_ids": [DATA, "file-raw"]}}],
    "code_interpreter with memory": [{**CODE, "container": {"type": "auto", "memory_limit": "4g"}}],
    "code_interpreter that may call": [
        {
            **CODE,
            "container": {
                "type": "auto",
                "network_policy": {"type": "allowlist", "allowed_domains": ["example.org"]},
            },
        }
    ],
    "code_interpreter that may call with a secret": [
        {
            **CODE,
            "container": {
                "type": "auto",
                "network_policy": {
                    "type": "allowlist",
                    "allowed_domains": ["example.org"],
                    "domain_secrets": [{"domain": "example.org", "name": "token", "value": {"runtime": "TOKEN"}}],
                },
            },
        }
    ],
    "code_interpreter for programs": [{**CODE, "allowed_callers": ["programmatic"]}],
    "code_interpreter in a container": [{**CODE, "container": "cntr_1"}],
    "code_interpreter with 21 files": [
        {**CODE, "container": {"type": "auto", "file_ids": [f"file-{number}" for number in range(21)]}}
    ],
    "web_search": [{"type": "web_search"}],
    "web_search with options": [
        {
            "type": "web_search",
            "filters": {"allowed_domains": ["example.org"]},
            "search_context_size": "low",
            "user_location": {"type": "approximate", "country": "KR"},
            "external_web_access": False,
        }
    ],
    "web_search_preview": [{"type": "web_search_preview"}],
    "mcp": [MCP],
    "mcp that asks": [{**MCP, "require_approval": "always"}],
    "mcp that says nothing of asking": [{key: MCP[key] for key in MCP if key != "require_approval"}],
    "mcp with headers and tools": [{**MCP, "headers": {"X-Team": "a"}, "allowed_tools": {"tool_names": ["find"]}}],
    "mcp, read-only tools": [{**MCP, "allowed_tools": {"read_only": True}}],
    "mcp with a secret": [{**MCP, "headers": {"Authorization": {"runtime": "TOKEN"}}}],
    "mcp by connector": [
        {"type": "mcp", "server_label": "mail", "connector_id": "connector_gmail", "require_approval": "never"}
    ],
    "mcp with a description": [{**MCP, "server_description": "Articles."}],
    "mcp with a credential of a vault": [
        {
            **MCP,
            "credential_id": "cred_1",
            "connection_origin": "service",
            "required": True,
            "request_metadata": {"team": "school"},
        }
    ],
    "mcp with a field of tomorrow": [{**MCP, "newer": 1}],
    "image_generation": [{"type": "image_generation"}],
    "shell": [{"type": "shell", "environment": {"type": "container_auto", "file_ids": [DATA]}}],
    "shell with skills": [
        {
            "type": "shell",
            "environment": {"type": "container_auto", "skills": [{"type": "skill_reference", "skill_id": "skill_1"}]},
        }
    ],
    "shell on the application's machine": [{"type": "shell", "environment": {"type": "local"}}],
    "local_shell": [{"type": "local_shell"}],
    "computer": [{"type": "computer"}],
    "tool_search": [{"type": "tool_search"}],
    "tool_search by the application": [{"type": "tool_search", "execution": "client", "parameters": SCHEMA}],
    "programmatic_tool_calling": [{"type": "programmatic_tool_calling"}],
    "programmatic_tool_calling, switched off": [{"type": "programmatic_tool_calling", "enabled": False}],
    "apply_patch": [{"type": "apply_patch"}],
    "computer_use": [{"type": "computer_use"}],
    "automations": [{"type": "automations"}],
    "two code tools of one policy": [
        {**CODE, "container": {"type": "auto", "network_policy": {"type": "disabled"}}},
        {"type": "shell", "environment": {"type": "container_auto", "network_policy": {"type": "disabled"}}},
    ],
    "two code tools of different policies": [
        {**CODE, "container": {"type": "auto", "network_policy": {"type": "disabled"}}},
        {
            "type": "shell",
            "environment": {
                "type": "container_auto",
                "network_policy": {"type": "allowlist", "allowed_domains": ["example.org"]},
            },
        },
    ],
    "code and search together": [CODE, SEARCH],
}

#: What is not a field or tool alone.
OTHERS: Mapping[str, AssistantSpec] = {
    "instructions without text": AssistantSpec("tutor", {"model": "gpt-4.1", "instructions": None}),
    "a reasoning model with a temperature": AssistantSpec("tutor", {"model": "gpt-6-luna", "temperature": 1}),
    "a long name": AssistantSpec("tutor", {"model": "gpt-4.1", "name": "x" * 129}),
    "a service tier that agents do not have": AssistantSpec("tutor", {"model": "gpt-4.1", "service_tier": "scale"}),
    "text that is not strict": AssistantSpec(
        "tutor", {"model": "gpt-4.1", "text": {"format": {**FORMAT, "strict": False}}}
    ),
    "text as JSON": AssistantSpec("tutor", {"model": "gpt-4.1", "text": {"format": {"type": "json_object"}}}),
    "text with verbosity": AssistantSpec("tutor", {"model": "gpt-4.1", "text": {"verbosity": "low"}}),
    "reasoning with a summary": AssistantSpec("tutor", {"model": "gpt-6-luna", "reasoning": {"summary": "auto"}}),
    "reasoning with a mode": AssistantSpec("tutor", {"model": "gpt-6-luna", "reasoning": {"mode": "pro"}}),
    "an environment": AssistantSpec(
        "tutor",
        {"model": "gpt-4.1"},
        environment={
            "packages": {"python": ["pandas"]},
            "network": {"access": "restricted", "allowed_domains": ["example.org"]},
            "files": [{"file_id": DATA, "path": "/workspace/data.csv"}],
            "setup_commands": [{"command": "make", "cwd": "lib"}],
        },
    ),
    "an environment with skills, variables and a desktop": AssistantSpec(
        "tutor",
        {"model": "gpt-4.1"},
        environment={
            "env": {"LANG": "ko_KR.UTF-8", "TOKEN": {"runtime": "TOKEN"}},
            "skills": [{"type": "skill_reference", "skill_id": "skill_1", "version": "latest"}],
            "plugins": [{"type": "inline", "name": "notes", "description": "Keeps notes.", "source": ARCHIVE}],
            "desktop": {"enabled": True},
            "capability_directories": ["/workspace/capabilities"],
        },
    ),
    "an environment with a network beside a container's": AssistantSpec(
        "tutor",
        {
            "model": "gpt-4.1",
            "tools": [{**CODE, "container": {"type": "auto", "network_policy": {"type": "disabled"}}}],
        },
        environment={"network": {"access": "enabled"}},
    ),
    "an environment without files": AssistantSpec("tutor", {"model": "gpt-4.1"}, environment={"packages": {}}),
    "code, files and metadata": AssistantSpec(
        "tutor",
        {"model": "gpt-4.1", "metadata": {"team": "school"}, "tools": TOOLS["code_interpreter with files"]},
        filenames={DATA.address: "data.csv"},
    ),
    "fields of tomorrow": AssistantSpec("tutor", {"model": "gpt-4.1"}, extra={"new_field": 1}),
    "fields of agents alone": AssistantSpec(
        "tutor",
        {"model": "gpt-4.1"},
        agents={
            "multi_agent": {"enabled": True, "max_concurrent_subagents": 2},
            "compaction": {"async": True},
            "experimental": {"time_awareness": True},
        },
    ),
    "fields of agents alone, null or left out": AssistantSpec(
        "tutor",
        {"model": "gpt-4.1"},
        agents={"multi_agent": None, "compaction": {"async": None}, "experimental": {}},
    ),
    "fields of agents alone, without a required one": AssistantSpec(
        "tutor", {"model": "gpt-4.1"}, agents={"multi_agent": {"max_concurrent_subagents": 2}}
    ),
    "fields of agents alone, misspelt": AssistantSpec(
        "tutor", {"model": "gpt-4.1"}, agents={"compactions": {"async": True}}
    ),
}

SPECS: Mapping[str, AssistantSpec] = {
    **{f"field {name}": AssistantSpec("tutor", {"model": "gpt-4.1", name: value}) for name, value in FIELDS.items()},
    **{
        f"tool {name}": AssistantSpec(
            "tutor", {"model": "gpt-4.1", "tools": tools}, filenames={DATA.address: "data.csv"}
        )
        for name, tools in TOOLS.items()
    },
    **OTHERS,
}
