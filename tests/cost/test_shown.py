"""An estimate as text, as JSON, and in a plan file."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from provisioner.core.errors import StateError
from provisioner.core.estimate import ContainerCost, Estimate, Storage, StoreCost, ToolCost
from provisioner.planning.plan import Plan
from provisioner.planning.planfile import Reviewed, dump, parse
from provisioner.review.render.cost_text import cost_lines
from provisioner.review.render.json_text import plan_json
from provisioner.review.render.plan_text import plan_text
from provisioner.review.render.style import Style
from provisioner.state.records import digest
from tests.cost.shelves import GB, Story
from tests.docs.pages import blocks

PRICE = {"usd_per_gb_day": 0.1, "free_gb": 1}
TWO = Estimate(
    "2026-11",
    Storage(GB, 3 * GB, 0.0, 6.0, **PRICE),
    (
        StoreCost("vector_store.x", GB, 2 * GB, measured=True),
        StoreCost("vector_store.x", 0, GB, measured=True, retired=True),
        StoreCost("vector_store.y", 0, 0, measured=True, unsized=2),
    ),
    (
        ContainerCost("assistant.a", "1g", "4g", 0.03, None),
        ContainerCost("assistant.b", None, "1g", None, 0.03),
        ContainerCost("assistant.c", "1g", "1g", 0.03, 0.03),
        ContainerCost("assistant.d", "64g", None, 1.92, None),
        ContainerCost("assistant.e", None, "1g", None, 0.03),
        ContainerCost("environment.f", None, "unknown", None, None),
    ),
    (
        ToolCost("file_search", 2.5, ("assistant.a", "assistant.b"), ("assistant.b", "assistant.c")),
        ToolCost("mcp", None, ("assistant.a",), ("assistant.a",)),
        ToolCost("web_search", None, (), tuple(f"assistant.{letter}" for letter in "abcde")),
    ),
    ("file_search", "storage"),
)
SAME = Estimate(
    "2026-11",
    Storage(2 * GB, 2 * GB, 3.0, 3.0, **PRICE),
    (StoreCost("vector_store.x", 2 * GB, 2 * GB, measured=True),),
    (ContainerCost("assistant.a", "1g", "1g", 0.03, 0.03),),
    (ToolCost("file_search", 2.5, ("assistant.a",), ("assistant.a",)),),
)
REVIEWED = Reviewed(1.0, "p", "default", "account", None, (), Plan(cost=TWO))


def test_what_changes_is_a_line_each() -> None:
    assert cost_lines(TWO) == [
        "Estimated costs (prices of 2026-11; prices of provision.yaml for file_search, storage):",
        "  vector storage: 1.0 GB → 3.0 GB, 0.00 → 6.00 USD a month (0.10 USD for a GB and day above 1 GB)",
        "    vector_store.x: 1.0 GB → 2.0 GB",
        "    vector_store.x: 0 B → 1.0 GB, replaced, until it is deleted",
        "    not counted: 2 of unknown size (files of others, or replaced stores)",
        "  container for code 1g → 4g, 0.03 USD for 20 minutes → no price known: assistant.a",
        "  container for code none → 1g, 0.03 USD for 20 minutes: assistant.b, assistant.e",
        "  container for code 64g → none, 1.92 USD for 20 minutes: assistant.d",
        "  container for code none → unknown, no price known: environment.f",
        "  file_search, 2.50 USD for 1,000 calls: "
        "added to assistant.c, no longer in assistant.a, as before in assistant.b",
        "  web_search, no price known: added to assistant.a, assistant.b, assistant.c and 2 more",
    ]


def test_the_documents_show_it_as_it_is() -> None:
    shown = Estimate(
        "2026-11",
        Storage(GB, 3 * GB, 0.0, 6.0, **PRICE),
        (StoreCost("vector_store.hamlet", GB, 2 * GB), StoreCost("vector_store.notes", 0, GB)),
        (ContainerCost("assistant.secretary", "1g", "4g", 0.03, 0.12),),
        (ToolCost("file_search", 2.0, (), ("assistant.hamlet",)),),
        ("file_search",),
    )
    [sample] = [block.text for block in blocks("docs/cost.md") if block.language == "text"]
    assert sample.splitlines() == cost_lines(shown)


def test_what_stays_is_one_line() -> None:
    [line] = cost_lines(SAME)
    assert line == (
        "Estimated costs, unchanged: 3.00 USD a month for 2.0 GB of vector storage; file_search, 1 container by use "
        "(prices of 2026-11)"
    )
    bare = replace(SAME, containers=(), tools=())
    assert cost_lines(bare) == [
        "Estimated costs, unchanged: 3.00 USD a month for 2.0 GB of vector storage (prices of 2026-11)"
    ]
    unsized = replace(SAME, stores=(replace(SAME.stores[0], unsized=1),), containers=(), tools=())
    assert cost_lines(unsized) == [
        "Estimated costs, unchanged: 3.00 USD a month for 2.0 GB of vector storage, without 1 of unknown size "
        "(prices of 2026-11)"
    ]
    assert cost_lines(replace(SAME, stores=(), tools=())) == [
        "Estimated costs, unchanged: 1 container by use (prices of 2026-11)"
    ]


def test_many_stores_are_counted() -> None:
    estimate = Story(after={f"s{number:02}": {"a": 1} for number in range(14)}).estimate()
    assert estimate is not None
    lines = cost_lines(estimate)
    assert len(lines) == 2 + 10 + 1
    assert lines[-1] == "    and 4 more"


def test_the_costs_stand_before_the_summary() -> None:
    lines = plan_text(Plan(cost=SAME, unchanged=2), Style()).splitlines()
    assert lines[0] == cost_lines(SAME)[0]
    assert lines[1:] == ["", "Nothing to do: 2 resources as declared."]
    assert "costs" not in plan_text(Plan(unchanged=2), Style())


def test_json_has_everything_and_says_that_it_is_an_estimate() -> None:
    body = json.loads(json.dumps(plan_json(Plan(cost=SAME))))["cost"]
    assert body == {
        "estimate": True,
        "as_of": "2026-11",
        "currency": "USD",
        "own_prices": [],
        "storage": {
            "bytes_before": 2 * GB,
            "bytes_after": 2 * GB,
            "usd_per_month_before": 3.0,
            "usd_per_month_after": 3.0,
            "usd_per_gb_day": 0.1,
            "free_gb": 1,
        },
        "stores": [
            {
                "address": "vector_store.x",
                "bytes_before": 2 * GB,
                "bytes_after": 2 * GB,
                "measured": True,
                "unsized": 0,
                "retired": False,
            }
        ],
        "containers": [
            {
                "address": "assistant.a",
                "memory_before": "1g",
                "memory_after": "1g",
                "usd_per_20_minutes_before": 0.03,
                "usd_per_20_minutes_after": 0.03,
            }
        ],
        "tools": [
            {"tool": "file_search", "usd_per_1000_calls": 2.5, "before": ["assistant.a"], "after": ["assistant.a"]}
        ],
    }
    assert plan_json(Plan())["cost"] is None


def test_a_plan_file_keeps_the_costs() -> None:
    assert parse(dump(REVIEWED), "plan") == REVIEWED
    without = replace(REVIEWED, plan=Plan())
    assert parse(dump(without), "plan") == without


def test_a_plan_file_that_leaves_the_costs_out_is_refused() -> None:
    body = json.loads(dump(REVIEWED))
    del body["cost"], body["digest"]
    with pytest.raises(StateError, match="fields are missing or unknown: cost"):
        parse(json.dumps({**body, "digest": digest(body)}), "plan")
