"""What the tests export: definitions with every kind of tool, objects of the other targets, stores and files."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.core.address import Address
from provisioner.review.export import Exported, read_exported
from provisioner.state.records import Record, State
from tests.loading.conftest import definition, stored

TEXT = "Play {{x}} {% y %} \"q\" 'a' \\ `b` ${c}\n새 줄 \u2028 end"
#: Tools that the code in tests can use without a server of their own.
MCP: dict[str, Any] = {
    "type": "mcp",
    "server_label": "wiki",
    "server_url": "https://wiki.example/mcp",
    "authorization": {"runtime": "WIKI_TOKEN"},
    "headers": {"X-Team": {"runtime": "TEAM"}, "Accept": "text/plain"},
}
FUNCTION: dict[str, Any] = {
    "type": "function",
    "name": "examine_server",
    "description": "Examines {{it}}.",
    "parameters": {"type": "object", "properties": {"runtime": {"type": "string"}}, "default": {"runtime": "x"}},
    "strict": False,
}
TOOLS: list[dict[str, Any]] = [
    MCP,
    FUNCTION,
    {"type": "file_search", "vector_store_ids": ["vs_1"], "max_num_results": 8},
    {"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file-1"], "memory_limit": "4g"}},
    {"type": "web_search", "search_context_size": "low"},
    {"type": "custom", "name": "write_sql"},
]
ALL: dict[str, Any] = {
    "model": "gpt-6-luna",
    "instructions": TEXT,
    "tools": TOOLS,
    "temperature": 0.5,
    "max_output_tokens": 500,
    "tool_choice": "auto",
    "metadata": {"team": "a"},
    "text": {"verbosity": "low"},
    "extra_body": {"newer": {"on": True, "off": None}},
}
RECORDS = [
    definition("bot", ALL, release=3),
    definition("plain", {"model": "gpt-6-luna", "tools": []}),
    definition("튜터", {"model": "gpt-6-luna", "instructions": "안녕", "tools": []}),
    stored("writer", "agent", "agent_1"),
    stored("writer", "environment_template", "envtmpl_1", "environment"),
    stored("old", "assistant", "asst_1"),
    stored("hamlet", "vector_store", "vs_1", "vector_store"),
    stored("ham-let", "vector_store", "vs_2", "vector_store"),
    stored("ham_let", "vector_store", "vs_3", "vector_store"),
    Record(Address("file", "books/a b.pdf"), "file", "file-1", {"filename": "a b.pdf"}),
]


def state_of(*records: Record) -> State:
    return State("lineage", 1, "account", "library", "prod", {each.address: each for each in records})


@pytest.fixture
def exported() -> Exported:
    return read_exported(state_of(*RECORDS), "library", "prod")
