"""What changes together with the target is not hidden by the other API's spelling."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.core.address import Address
from provisioner.planning.plan import Action, Change, Plan
from provisioner.review.render.html.heading import Heading
from provisioner.review.render.html.page import plan_html
from provisioner.review.render.plan_markdown import plan_markdown
from provisioner.review.render.plan_text import plan_text
from provisioner.review.render.style import Style
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


def mcp(label: str, **more: Any) -> dict[str, Any]:
    return {"type": "mcp", "server_label": label, **more}


def as_agent(tool: dict[str, Any]) -> dict[str, Any]:
    """The tool as an agent has it."""
    moved = {key: value for key, value in tool.items() if key not in ("server_url", "headers")}
    inner = {key: tool[key] for key in ("server_url", "headers") if key in tool}
    transport: dict[str, Any] = {"transport": {"type": "http", **inner}} if inner else {}
    return moved | transport


def function(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "function", "name": name, "parameters": SCHEMA, **more}


def search(**more: Any) -> dict[str, Any]:
    return {"type": "file_search", **more}


def web(*domains: str) -> dict[str, Any]:
    return {"type": "web_search", "filters": {"allowed_domains": [*domains]}}


EXCHANGED = {
    "server_url": [mcp("payments", server_url="https://a"), mcp("docs", server_url="https://b")],
    "headers": [mcp("payments", headers={"X-Role": "none"}), mcp("docs", headers={"X-Role": "admin"})],
    "allowed_tools": [mcp("payments", allowed_tools=["read"]), mcp("docs", allowed_tools=["pay"])],
    "require_approval": [mcp("payments", require_approval="always"), mcp("docs", require_approval="never")],
    "strict": [function("pay", strict=True), function("read", strict=False)],
    "defer_loading": [function("pay", defer_loading=True), function("read", defer_loading=False)],
    "description": [function("pay", description="Pays."), function("read", description="Reads.")],
    "vector_store_ids": [search(vector_store_ids=["vs_1"]), search(vector_store_ids=["vs_2"])],
    "filters": [web("good.example"), web("other.example")],
}


@pytest.mark.parametrize("key", EXCHANGED)
def test_values_that_two_tools_exchange_with_the_move_are_shown(key: str) -> None:
    one, two = EXCHANGED[key]
    swapped = [as_agent({**one, key: two[key]}), as_agent({**two, key: one[key]})]
    moved = list(compare_respelled({"tools": [one, two]}, {"tools": [as_agent(one), as_agent(two)]}))
    exchanged = list(compare_respelled({"tools": [one, two]}, {"tools": swapped}))
    assert {each.path for each in moved} <= {"tools[0].transport.type", "tools[1].transport.type"}
    more = [each for each in exchanged if each not in moved]
    assert len(more) >= 2, exchanged
    assert all(key in each.path for each in more)


def test_a_tool_is_found_wherever_it_stands() -> None:
    one, two = EXCHANGED["server_url"]
    found = list(compare_respelled({"tools": [one, two]}, {"tools": [two, one]}))
    assert [(each.path, each.before, each.after) for each in found] == [
        ("tools (order)", ["mcp payments", "mcp docs"], ["mcp docs", "mcp payments"])
    ]


def schema(**types: str) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": each} for name, each in types.items()}}


def test_an_exchange_inside_a_schema_is_shown() -> None:
    before = {"text": {"format": {"type": "json_schema", "name": "x", "schema": schema(a="string", b="number")}}}
    same = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema(a="string", b="number")}}
    other = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema(a="number", b="string")}}
    assert paths(before, {"response_format": same}) == []
    assert len(paths(before, {"response_format": other})) == 4


@pytest.mark.parametrize(
    ("tool", "edited"),
    [
        (mcp("docs", allowed_tools=[]), mcp("docs")),
        (function("pay"), {**function("pay"), "note": {"name": "x", "parameters": {}, "description": "Harmless."}}),
        (web("good.example"), {"type": "web_search", "allowed_domains": []}),
        (mcp("docs", metadata={"a": {"x": 1}, "b": {}}), mcp("docs", metadata={"a": {}, "b": {"x": 1}})),
    ],
)
def test_what_is_empty_or_looks_like_a_function_is_shown(tool: dict[str, Any], edited: dict[str, Any]) -> None:
    assert paths({"tools": [tool]}, {"tools": [edited]})
    assert paths({"tools": [edited]}, {"tools": [tool]})


def test_what_a_new_function_says_is_shown() -> None:
    found = list(compare_respelled({"tools": []}, {"tools": [function("pay", description="Pays at once.")]}))
    assert "Pays at once." in [each.after for each in found]


def test_a_second_tool_of_one_name_is_compared_too() -> None:
    before = {"tools": [function("pay", description="Pays."), function("pay", description="Asks.")]}
    after = {"tools": [function("pay", description="Pays more."), function("pay", description="Asks.")]}
    assert paths(before, after) == ["tools[function pay].description changed"]
    assert "tools[function pay (2)] removed" in paths(before, {"tools": before["tools"][:1]})


def test_every_form_of_a_plan_shows_an_exchange() -> None:
    before = {"tools": EXCHANGED["server_url"]}
    tools = [mcp("payments", server_url="https://b"), mcp("docs", server_url="https://a")]
    plans = [
        Plan(
            (
                Change(
                    Address("assistant", "clerk"),
                    Action.UPDATE,
                    "agent",
                    (),
                    before,
                    {"tools": each},
                    former_type="definition",
                ),
            )
        )
        for each in (before["tools"], tools)
    ]
    for render in (
        lambda plan: plan_text(plan, Style()),
        plan_markdown,
        lambda plan: plan_html(plan, Heading("p", "e", "a", 0)),
    ):
        moved, exchanged = map(render, plans)
        assert "https://b" not in moved
        assert exchanged.count("https://b") >= 2
