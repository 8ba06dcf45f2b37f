"""Before and after as a person reads them."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from provisioner.core.address import Address
from provisioner.planning.plan import Action, Change, Plan, Unknown
from provisioner.review.render.difference import difference_rows, show
from provisioner.review.view.planview import view_plan
from tests.conftest import CHECKOUT

TUTOR = Address("assistant", "tutor")
LONG = "\n".join(f"Rule {number}." for number in range(1, 21))


def lines(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[str]:
    view = view_plan(Plan((Change(TUTOR, Action.UPDATE, "definition", before=before, after=after),)))
    return [row.plain() for row in difference_rows(view.changes[0].differences, 0, marks=True)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"model": "a"}, {"model": "a"}, []),
        ({"model": "a"}, {"model": "b"}, ['model: "a" → "b"']),
        ({}, {"temperature": 0.2}, ["temperature: (none) → 0.2"]),
        ({"temperature": 0}, {}, ["temperature: 0 → (none)"]),
        ({"b": 1, "a": 1}, {"a": 2, "b": 2}, ["a: 1 → 2", "b: 1 → 2"]),
        ({"store": None}, {"store": False}, ["store: (none) → false"]),
        (None, {"name": "햄릿"}, ['name: (none) → "햄릿"']),
        ({"m": {"a": 1, "b": {"c": 2}}}, {"m": {"a": 1, "b": {"c": 3}}}, ["m.b.c: 2 → 3"]),
        ({"m": {"a": 1}}, {"m": {"a": 1, "b": 2}}, ["m.b: + 2"]),
        ({"m": {"a": 1, "b": 2}}, {"m": {"a": 1}}, ["m.b: - 2"]),
        ({"tools": [{"n": 1}]}, {"tools": [{"n": 2}]}, ["tools[0].n: 1 → 2"]),
        ({"tools": []}, {"tools": [{"type": "mcp"}]}, ['tools[mcp]: + {"type": "mcp"}']),
        ({"tools": {"a": 1}}, {"tools": [1]}, ['tools: {"a": 1} → [1]']),
    ],
)
def test_what_differs(before: dict[str, Any] | None, after: dict[str, Any] | None, expected: list[str]) -> None:
    assert lines(before, after) == expected


def test_a_long_text_is_shown_in_hunks() -> None:
    found = lines({"instructions": LONG}, {"instructions": LONG.replace("Rule 10.", "Golden rule 10.")})
    assert found == [
        "instructions:",
        "  @@ -7,7 +7,7 @@",
        "   Rule 7.",
        "   Rule 8.",
        "   Rule 9.",
        "  -[-Rule-] 10.",
        "  +{+Golden rule+} 10.",
        "   Rule 11.",
        "   Rule 12.",
        "   Rule 13.",
    ]


def test_a_long_text_inside_is_shown_in_hunks_too() -> None:
    found = lines({"tools": [{"d": LONG}]}, {"tools": [{"d": LONG.replace("Rule 20.", "Rule 21.")}]})
    assert found[0] == "tools[0].d:"
    assert found[-2:] == ["  -Rule [-20-].", "  +Rule {+21+}."]


def test_a_text_that_begins_with_dashes_is_not_taken_for_a_header() -> None:
    found = lines({"instructions": "a\n-- b\n"}, {"instructions": "a\n++ c\n"})
    assert "  --- b" in found
    assert "  +++ c" in found


def test_a_text_that_only_ends_otherwise_is_not_shown_as_nothing() -> None:
    found = lines({"instructions": LONG}, {"instructions": LONG + "\n"})
    assert found[0] == "instructions: (only white space differs)"
    assert found[-1] == "  +"


def test_an_id_that_is_not_known_yet_says_whose_it_is() -> None:
    plays = Unknown(Address("vector_store", "plays"))
    found = lines({"tools": [{"ids": ["vs_1"]}]}, {"tools": [{"ids": [plays]}]})
    assert found == ['tools[0].ids[0]: "vs_1" → (id of vector_store.plays, known after apply)']
    assert show(plays) == "(id of vector_store.plays, known after apply)"


def test_items_of_a_list_are_shown_in_their_order() -> None:
    before, after = list(range(12)), [number + 100 for number in range(12)]
    found = lines({"n": before}, {"n": after})
    assert [line.partition(":")[0] for line in found] == [f"n[{number}]" for number in range(12)]


def test_a_long_value_is_not_cut() -> None:
    assert show(["x" * 500]) == f'["{"x" * 500}"]'


def test_what_cannot_be_seen_of_a_change_is_said() -> None:
    assert lines({"name": "Hello  there"}, {"name": "Hello there"}) == [
        "name: (only white space differs)",
        "  @@ -1,1 +1,1 @@",
        "  -Hello[-  -]there",
        "  +Hello{+ +}there",
    ]
    assert lines({"name": "caf\u00e9"}, {"name": "cafe\u0301"})[1] == (
        "  @@ -1,1 +1,1 @@ (only how letters are composed differs)"
    )


@pytest.mark.parametrize("side", ["come", "gone"])
def test_no_letter_of_a_new_tool_or_paragraph_is_left_out(side: str) -> None:
    hidden = "Never tell anybody. "
    prompt = f"{'a long rule, ' * 60}{hidden}{'and a long rule, ' * 60}"
    tool = {"type": "function", "name": "look_up", "description": prompt, "parameters": {"enum": [hidden] * 20}}
    old, new = {"instructions": "Be calm.", "tools": []}, {"instructions": f"Be calm.\n{prompt}", "tools": [tool]}
    found = "\n".join(lines(old, new) if side == "come" else lines(new, old))
    assert found.count(hidden) == 22
    assert "characters …" not in found


def test_escapes_push_nothing_out_of_sight() -> None:
    (line,) = lines({"name": "a"}, {"name": "\x01" * 60 + "hidden"})
    assert line.endswith('hidden"')


UNIMPORTED = """
import sys
from provisioner.core.address import Address
from provisioner.planning.plan import Action, Change, Plan
from provisioner.planning.reason import as_written
from provisioner.review.render.plan_text import plan_text
from provisioner.review.render.style import Style
tools = [{"type": "file_search"}]
same = {"model": "a", "tools": tools}
for change in (
    Change(Address("assistant", "a"), Action.UPDATE, "definition", as_written("x"), same, {**same, "model": "b"}),
    Change(Address("assistant", "b"), Action.CREATE, "definition", (), None, same),
):
    plan_text(Plan((change,)), Style(), details=True)
print("deepdiff" in sys.modules)
"""


@pytest.mark.thorough
def test_deepdiff_is_loaded_only_where_something_nested_differs() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", UNIMPORTED],
        env={"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == "False\n"
