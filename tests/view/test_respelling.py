"""What changes together with the target is not hidden by the other API's spelling."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.review.view.difference import ABSENT
from provisioner.review.view.spelling_between_targets import compare_respelled

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


SAID_BY_ONE = [
    *("tools[0].strict removed", "tools[1].container.type removed"),
    *("name added", "tools[2].file_search.max_num_results added"),
]


def paths(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [f"{each.path} {each.kind}" for each in compare_respelled(before, after)]


def test_two_spellings_of_one_assistant_differ_in_what_only_one_says() -> None:
    assert paths(DEFINITION, ASSISTANT) == SAID_BY_ONE
    sides = {"added": "removed", "removed": "added"}
    turned = [f"{path} {sides[kind]}" for path, kind in map(str.split, SAID_BY_ONE)]
    assert sorted(paths(ASSISTANT, DEFINITION)) == sorted(turned)


def test_what_is_edited_with_the_move_is_shown() -> None:
    edited = {**ASSISTANT, "instructions": "Read aloud.", "model": "gpt-6"}
    assert paths(DEFINITION, edited) == ["instructions changed", "model changed", *SAID_BY_ONE]
    without = {key: value for key, value in ASSISTANT.items() if key != "instructions"}
    assert paths(DEFINITION, without) == ["instructions removed", *SAID_BY_ONE]


def test_tools_that_come_and_go_with_the_move_are_shown() -> None:
    function = {"name": "look_up", "description": "Looks up.", "parameters": {**SCHEMA, "required": ["city"]}}
    tools = [{"type": "function", "function": function}, {"type": "mcp", "server_label": "docs"}]
    assert paths(DEFINITION, {**ASSISTANT, "tools": tools}) == [
        "tools[function look_up].parameters.required added",
        "tools[file_search] removed",
        "tools[mcp docs] added",
        "tools[0].strict removed",
        "tools[1].container.type removed",
        "tools[1].type removed",
        "tools[2].type removed",
        "name added",
        "tools[1].server_label added",
        "tools[1].type added",
    ]


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        ({"type": "mcp", "server_label": "docs", "server_url": "https://evil.example"}, "https://evil.example"),
        ({"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file-9"]}}, "file-9"),
        ({"type": "function", "function": {"name": "look_up", "parameters": SCHEMA, "strict": False}}, False),
    ],
)
def test_what_is_slipped_in_with_the_move_is_shown(tool: dict[str, Any], words: object) -> None:
    label = tool.get("server_label")
    before = {**DEFINITION, "tools": [{**tool, "server_url": "https://docs.example"} if label else {"type": "mcp"}]}
    found = list(compare_respelled(before, {**ASSISTANT, "tools": [tool]}))
    assert words in [each.after for each in found]


def test_a_value_that_stands_under_another_key_hides_nothing() -> None:
    before = {"metadata": {"a": "yes"}, "tools": []}
    found = list(compare_respelled(before, {"metadata": {"b": "yes"}, "tools": []}))
    assert [(each.path, each.before, each.after) for each in found] == [
        ("metadata.a", "yes", ABSENT),
        ("metadata.b", ABSENT, "yes"),
    ]
