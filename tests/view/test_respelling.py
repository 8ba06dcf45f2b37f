"""What changes together with the target is not hidden by the other API's spelling."""

from __future__ import annotations

from typing import Any

from provisioner.view.respelling import compare_respelled

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}}
DEFINITION = {
    "model": "gpt-6-luna",
    "instructions": "Read.",
    "tools": [
        {"type": "function", "name": "look_up", "description": "Looks up.", "strict": True, "parameters": SCHEMA},
        {"type": "code_interpreter", "container": {"type": "auto"}},
        {"type": "file_search", "vector_store_ids": ["vs_1"]},
    ],
}
ASSISTANT = {
    "model": "gpt-6-luna",
    "name": "reader",
    "instructions": "Read.",
    "tools": [
        {"type": "function", "function": {"name": "look_up", "description": "Looks up.", "parameters": SCHEMA}},
        {"type": "code_interpreter"},
        {"type": "file_search", "file_search": {"max_num_results": 8}},
    ],
    "tool_resources": {"file_search": {"vector_store_ids": ["vs_1"]}},
}


def paths(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [f"{each.path} {each.kind}" for each in compare_respelled(before, after)]


def test_two_spellings_of_one_assistant_differ_in_nothing() -> None:
    assert paths(DEFINITION, ASSISTANT) == []
    assert paths(ASSISTANT, DEFINITION) == []


def test_what_is_edited_with_the_move_is_shown() -> None:
    edited = {**ASSISTANT, "instructions": "Read aloud.", "model": "gpt-6"}
    assert paths(DEFINITION, edited) == ["instructions changed", "model changed"]
    without = {key: value for key, value in ASSISTANT.items() if key != "instructions"}
    assert paths(DEFINITION, without) == ["instructions removed"]


def test_tools_that_come_and_go_with_the_move_are_shown() -> None:
    function = {"name": "look_up", "description": "Looks up.", "parameters": {**SCHEMA, "required": ["city"]}}
    tools = [{"type": "function", "function": function}, {"type": "mcp", "server_label": "docs"}]
    assert paths(DEFINITION, {**ASSISTANT, "tools": tools}) == [
        "tools[function look_up].parameters.required added",
        "tools[file_search] removed",
        "tools[mcp docs] added",
    ]
