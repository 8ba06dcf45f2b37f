"""Which tools cost something, at what price, and who has them before a plan and after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from provisioner.core.address import Address
from provisioner.core.estimate import ContainerCost, Estimate, ToolCost
from provisioner.core.resource import AssistantSpec, Resource
from provisioner.openai_api.collections.collection import Live
from provisioner.openai_api.targets import TARGETS
from provisioner.planning.diff import Actual, make_plan
from provisioner.review.cost import Inventory, estimate, read_prices
from provisioner.state.records import Record, State

Tools = list[dict[str, Any]]
SEARCH = {"type": "file_search", "vector_store_ids": ["vs_1"]}
WEB = {"type": "web_search_2025_08_26"}
LOOK_UP = {"type": "function", "name": "look_up", "description": "Looks.", "parameters": {"type": "object"}}


def code(memory: str | None = None) -> dict[str, Any]:
    return {"type": "code_interpreter", "container": {"type": "auto", **({"memory_limit": memory} if memory else {})}}


def resources(assistants: Mapping[str, Tools], target: str) -> list[Resource]:
    found = []
    for name, tools in assistants.items():
        spec = AssistantSpec(name, {"model": "gpt-6-luna", "instructions": "Help.", "tools": tools})
        expression = TARGETS[target].express(spec)
        found.append(Resource(Address("assistant", name), expression.type, expression.inputs))
        if expression.environment is not None:
            found.append(Resource(Address("environment", name), "environment_template", expression.environment))
    return found


def estimated(
    before: Mapping[str, Tools],
    after: Mapping[str, Tools],
    *,
    targets: tuple[str, str] = ("responses", "responses"),
    vanished: bool = False,
    own: Mapping[str, float] | None = None,
) -> Estimate | None:
    recorded = {
        each.address: Record(each.address, each.type, f"{each.address}@1", each.inputs, each.inputs)
        for each in resources(before, targets[0])
    }
    actual = Actual({} if vanished else {address: Live(it.id, it.echo) for address, it in recorded.items()})
    wanted = resources(after, targets[1])
    plan = make_plan(wanted, State("lineage", records=recorded), actual)
    return estimate(plan, wanted, Inventory(recorded, actual.live), read_prices(own or {}))


def containers(found: Estimate | None) -> list[tuple[str, str | None, str | None, float | None, float | None]]:
    lines = found.containers if found else ()
    return [(it.address, it.memory_before, it.memory_after, it.usd_before, it.usd_after) for it in lines]


def tools(found: Estimate | None) -> list[tuple[str, float | None, tuple[str, ...], tuple[str, ...]]]:
    return [(it.tool, it.usd_per_1000_calls, it.before, it.after) for it in found.tools] if found else []


A, B = "assistant.a", "assistant.b"
Users = tuple[str, ...]
SEARCHES: dict[str, tuple[dict[str, Tools], dict[str, Tools], Users, Users]] = {
    "an assistant is new": ({}, {"a": [SEARCH]}, (), (A,)),
    "an assistant leaves": ({"a": [SEARCH]}, {}, (A,), ()),
    "nothing changes": ({"a": [SEARCH]}, {"a": [SEARCH]}, (A,), (A,)),
    "a tool is added": ({"a": [LOOK_UP], "b": [SEARCH]}, {"a": [SEARCH], "b": [SEARCH]}, (B,), (A, B)),
    "a tool is taken away": ({"a": [SEARCH], "b": [SEARCH]}, {"a": [], "b": [SEARCH]}, (A, B), (B,)),
    "twice in one assistant is once": ({}, {"a": [SEARCH, SEARCH]}, (), (A,)),
}


@pytest.mark.parametrize("name", SEARCHES)
def test_a_tool_names_who_has_it(name: str) -> None:
    before, after, users_before, users_after = SEARCHES[name]
    assert tools(estimated(before, after)) == [("file_search", 2.5, users_before, users_after)]


def test_an_adopted_assistant_has_its_tools_before() -> None:
    [wanted] = [each for each in resources({"a": [WEB, SEARCH]}, "assistants") if each.address.kind == "assistant"]
    live = Live("asst_1", {**wanted.inputs, "tools": [{"type": "file_search"}]})
    plan = make_plan([wanted], State("lineage"), Actual(imports={wanted.address: live}))
    found = estimate(plan, [wanted], Inventory(imports={wanted.address: live}), read_prices({}))
    assert found is not None
    assert {it.tool: (it.before, it.after) for it in found.tools}["file_search"] == (("assistant.a",), ("assistant.a",))


def test_a_tool_whose_price_no_source_gives_has_none() -> None:
    assert tools(estimated({}, {"a": [WEB, {"type": "mcp", "server_label": "wiki"}]})) == [
        ("mcp", None, (), (A,)),
        ("web_search", None, (), (A,)),
    ]


def test_what_the_application_carries_out_costs_nothing() -> None:
    local = {"type": "shell", "environment": {"type": "local"}}
    assert estimated({}, {"a": [LOOK_UP, {"type": "custom", "name": "x"}, {"type": "apply_patch"}, local]}) is None
    assert tools(estimated({}, {"a": [{"type": "shell"}]})) == [("shell", None, (), (A,))]


@pytest.mark.parametrize(
    ("memory", "tier", "usd"), [(None, "1g", 0.03), ("1g", "1g", 0.03), ("4g", "4g", 0.12), ("64g", "64g", 1.92)]
)
def test_a_container_has_a_memory_tier_and_its_price(memory: str | None, tier: str, usd: float | None) -> None:
    assert containers(estimated({}, {"a": [code(memory)]})) == [(A, None, tier, None, usd)]


def test_a_tier_changes_with_its_price() -> None:
    found = estimated({"a": [code()], "b": [code("64g")]}, {"a": [code("64g")], "b": [LOOK_UP]})
    assert containers(found) == [(A, "1g", "64g", 0.03, 1.92), (B, "64g", None, 1.92, None)]


def test_an_existing_container_is_of_unknown_memory() -> None:
    found = estimated({}, {"a": [{"type": "code_interpreter", "container": "cntr_1"}]})
    assert containers(found) == [(A, None, "unknown", None, None)]


def test_the_assistants_api_chooses_the_memory_itself() -> None:
    found = estimated({}, {"a": [code()]}, targets=("responses", "assistants"))
    assert containers(found) == [(A, None, "unknown", None, None)]


def test_an_agent_runs_code_in_its_environment() -> None:
    found = estimated({"a": [code()]}, {"a": [code()]}, targets=("responses", "agents"))
    assert containers(found) == [
        (A, "1g", None, 0.03, None),
        ("environment.a", None, "unknown", None, None),
    ]


def test_an_assistant_that_vanished_is_made_again() -> None:
    found = estimated({"a": [SEARCH]}, {"a": [SEARCH]}, targets=("assistants", "assistants"), vanished=True)
    assert tools(found) == [("file_search", 2.5, (), (A,))]


def test_prices_of_the_settings_stand_instead_of_the_list() -> None:
    own = {"file_search": 2.0, "web_search": 10.0, "code_interpreter_4g": 0.12, "mcp": 1.0}
    found = estimated({}, {"a": [SEARCH, WEB, code("4g")]}, own=own)
    assert found is not None
    assert found.tools == (ToolCost("file_search", 2.0, (), (A,)), ToolCost("web_search", 10.0, (), (A,)))
    assert found.containers == (ContainerCost(A, None, "4g", None, 0.12),)
    assert found.own_prices == ("code_interpreter_4g", "file_search", "web_search")
