"""No change can be made to look harmless: what changes is in every form of the plan, or it is said that it is not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from provisioner.core.address import Address
from provisioner.planning.plan import Action, Change, Drift, Plan
from provisioner.planning.reason import as_written
from provisioner.review.render.html.heading import Heading
from provisioner.review.render.html.page import plan_html
from provisioner.review.render.json_text import dumps, plan_json
from provisioner.review.render.plan_markdown import plan_markdown
from provisioner.review.render.plan_text import plan_text
from provisioner.review.render.style import Style

TUTOR = Address("assistant", "tutor")
FAR = "calm and kind, " * 400
EVIL = "zzevil"


def update(before: dict[str, Any], after: dict[str, Any], **more: Any) -> Plan:
    return Plan((Change(TUTOR, Action.UPDATE, "definition", as_written("x"), before, after, **more),))


def as_html(plan: Plan) -> str:
    return unescape(re.sub(r"<[^>]*>", "", plan_html(plan, Heading("p", "e", "a", 0))))


FORMS: dict[str, Callable[[Plan], str]] = {
    "text": lambda plan: plan_text(plan, Style()),
    "show": lambda plan: plan_text(plan, Style(), details=True),
    "json": lambda plan: " ".join(texts(json.loads(dumps(plan_json(plan)))["changes"])),
    "differences": lambda plan: " ".join(texts([each["differences"] for each in plan_json(plan)["changes"]])),
    "html": as_html,
}


def texts(value: Any) -> list[str]:
    """Every key and value of a JSON value as text."""
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in (str(key), *texts(item))]
    return [text for item in value for text in texts(item)] if isinstance(value, list) else [str(value)]


def nested(depth: int, leaf: Any) -> Any:
    return leaf if depth == 0 else {"properties": {"deep": nested(depth - 1, leaf)}}


def function(**more: Any) -> dict[str, Any]:
    return {"type": "function", "name": "look_up", **more}


LONG_PIECE = " ".join(f"word{number}" for number in range(2_000))
#: What a hostile branch may do with a word; each is a before and an after that holds it.
HIDING: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "in the middle of a long line": ({"instructions": FAR * 2}, {"instructions": f"{FAR}{EVIL} {FAR}"}),
    "in the middle of a long addition": (
        {"instructions": "Be."},
        {"instructions": f"Be. {LONG_PIECE} {EVIL} {LONG_PIECE}"},
    ),
    "in the middle of a line that is replaced": (
        {"instructions": FAR},
        {"instructions": f"{LONG_PIECE} {EVIL} {LONG_PIECE}"},
    ),
    "in one long word": ({"instructions": "a" * 9_000}, {"instructions": f"{'b' * 9_000}{EVIL}{'b' * 9_000}"}),
    "behind a thousand lines": (
        {"instructions": "Be."},
        {"instructions": "Be.\n" + "Kind.\n" * 5_000 + EVIL + "\nKind." * 5_000},
    ),
    "in text that moves": (
        {"instructions": f"first {FAR} second"},
        {"instructions": f"second {FAR} first {EVIL}"},
    ),
    "in a schema": (
        {"tools": [function(parameters=nested(12, {"description": FAR * 2}))]},
        {"tools": [function(parameters=nested(12, {"description": f"{FAR}{EVIL} {FAR}"}))]},
    ),
    "in an enum": (
        {"tools": [function(parameters={"enum": [f"value{n}" for n in range(900)]})]},
        {"tools": [function(parameters={"enum": [*(f"value{n}" for n in range(900)), EVIL]})]},
    ),
    "as a tool's name": (
        {"tools": [function()]},
        {"tools": [function(), *({"type": "function", "name": f"f{n}"} for n in range(90)), function(name=EVIL)]},
    ),
    "as the order of many": (
        {"tools": [{"type": "function", "name": f"{'n' * 40}{n}"} for n in range(20)] + [function(name=EVIL)]},
        {"tools": [function(name=EVIL)] + [{"type": "function", "name": f"{'n' * 40}{n}"} for n in range(20)]},
    ),
    "as a key of metadata": ({"metadata": {}}, {"metadata": {f"{'k' * 300}{EVIL}": "1"}}),
    "as a value of metadata": ({"metadata": {"k": "a" * 2_500}}, {"metadata": {"k": f"{'b' * 2_500}{EVIL}"}}),
    "in a header": (
        {"tools": [{"type": "mcp", "server_label": "d", "headers": {"x": "1"}}]},
        {"tools": [{"type": "mcp", "server_label": "d", "headers": {"x": [["y" * 200], EVIL]}}]},
    ),
    "where another kind of value was": ({"extra": {"a": 1}}, {"extra": [["y" * 200], EVIL]}),
    "in a field called content": ({}, {"content": {"note": EVIL}}),
    "in fields that a file has": ({"sha256": "a" * 64}, {"sha256": "a" * 64 + EVIL, "bytes": EVIL}),
    "last of many list items": ({"include": []}, {"include": [*(f"item{n}" for n in range(500)), EVIL]}),
}


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", HIDING)
def test_no_way_hides_a_word(way: str, form: str) -> None:
    before, after = HIDING[way]
    assert EVIL in FORMS[form](update(before, after))
    assert EVIL in FORMS[form](update(after, before))


@pytest.mark.parametrize("way", HIDING)
def test_markdown_shows_it_or_says_that_it_does_not(way: str) -> None:
    page = plan_markdown(update(*HIDING[way]))
    assert len(page) <= 65_000
    assert EVIL in page or re.match(r"[^\n]*\n\n[^\n]*\n\n\*\*⚠️ [\d,]+ of [\d,]+ changed characters are not", page)


WORDS = st.lists(st.sampled_from(["alpha", "beta", "gamma", "delta", "epsilon", "zeta"]), max_size=60)
LINES = st.lists(WORDS.map(" ".join) | st.just("filler and filler " * 40), max_size=12).map("\n".join)
VALUES = st.recursive(
    LINES | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.thorough
@settings(max_examples=60)
@given(LINES, LINES, st.integers(0, 10), st.booleans())
@example("filler " * 900, "filler " * 900, 5, True)
def test_a_word_anywhere_in_a_text_is_in_every_form(before: str, around: str, at: int, inside: bool) -> None:
    words = around.split(" ")
    words.insert(min(at, len(words)), EVIL)
    sides: list[dict[str, Any]] = [{"instructions": text} for text in (before, " ".join(words))]
    if inside:
        sides = [{"tools": [function(parameters={"description": side["instructions"]})]} for side in sides]
    for show in FORMS.values():
        assert EVIL in show(update(sides[0], sides[1]))
        assert EVIL in show(update(sides[1], sides[0]))


@pytest.mark.thorough
@settings(max_examples=60)
@given(VALUES, VALUES)
def test_every_new_leaf_is_in_every_form(before: Any, after: Any) -> None:
    def marked(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: marked(item) for key, item in value.items()}
        return [marked(item) for item in value] if isinstance(value, list) else f"{value}{EVIL}{next(numbers)}x"

    numbers = iter(range(1_000))
    changed = marked(after)
    for show in FORMS.values():
        shown = show(update({"extra": before}, {"extra": changed}))
        assert all(f"{EVIL}{number}x" in shown for number in range(1_000) if f"{EVIL}{number}x" in str(changed))


def said(page: str) -> tuple[int, int]:
    """How many characters are not shown, and of how many; none where nothing is said."""
    found = re.search(r"\*\*⚠️ ([\d,]+) of ([\d,]+) changed characters? (is|are) not shown here", page)
    return (int(found[1].replace(",", "")), int(found[2].replace(",", ""))) if found else (0, 0)


@pytest.mark.thorough
@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([Action.UPDATE, Action.CREATE, Action.DELETE, Action.REPLACE]),
            st.integers(0, 40_000),
            st.integers(1, 5_000),
        ),
        min_size=1,
        max_size=30,
    )
)
@example([(Action.UPDATE, 100_000, 100_000)])
@example([(Action.CREATE, 300, 40)] * 900)
def test_markdown_shows_or_counts_every_character(changes: list[tuple[Action, int, int]]) -> None:
    made = []
    for number, (action, letters, width) in enumerate(changes):
        text = "\n".join("ж" * min(width, letters - at) for at in range(0, letters, width))
        before, after = {"instructions": "Be kind"}, {"instructions": text}
        sides = {Action.CREATE: (None, after), Action.DELETE: (after, None)}.get(action, (before, after))
        made.append(Change(Address("assistant", f"a{number}"), action, "definition", as_written("x"), *sides))
    page = plan_markdown(Plan(tuple(made)))
    total = sum(str(side).count("ж") for change in made for side in (change.before, change.after) if side)
    hidden, whole = said(page)
    shown = page.count("ж")
    # Beside the characters that are counted here, "Be kind" and quotes are changed characters, too.
    assert total - shown <= hidden <= total - shown + 9 * len(made)
    assert not hidden or whole >= total
    assert len(page) <= 65_000


def test_a_drifted_value_is_not_cut() -> None:
    drift = (
        Drift(TUTOR, ("tools",), [], [function(description=f"{LONG_PIECE} {EVIL}")], overwritten=True),
        Drift(
            Address("vector_store", "s"), ("files", "a"), {"attributes": {"rank": 1}}, {"attributes": {"rank": EVIL}}
        ),
    )
    for form in ("text", "show", "html"):
        assert FORMS[form](Plan(drift=drift)).count(EVIL) == 2
    assert plan_markdown(Plan(drift=drift)).count(EVIL) == 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (1, True),
        (0, False),
        ("a ", "a"),
        ("a\u00a0b", "a b"),
        ("a\u200bb", "ab"),
        ("1", 1),
        ("é", "e\u0301"),
        (None, ""),
    ],
)
def test_values_that_look_alike_are_shown(before: Any, after: Any) -> None:
    sides = [
        {"files": {"file.a": {"file_id": "f", "attributes": {"k": each, "path": "a"}}}} for each in (before, after)
    ]
    store = Change(Address("vector_store", "s"), Action.UPDATE, "vector_store", (), sides[0], sides[1])
    for plan in (Plan((store,)), update({"metadata": {"k": before}}, {"metadata": {"k": after}})):
        view = plan_json(plan)["changes"][0]["differences"]
        assert len(view) == 1
        assert view[0]["path"].endswith("k")
        assert "k:" in plan_text(plan, Style())


def test_a_member_s_path_that_is_not_its_own_is_shown() -> None:
    member = {"file_id": "file-1", "attributes": {"path": EVIL, "sha256": "a"}}
    for before in ({}, {"file.a": {"file_id": "file-1", "attributes": {"path": "a", "sha256": "a"}}}):
        sides = {"files": before}, {"files": {"file.a": member}}
        change = Change(Address("vector_store", "s"), Action.UPDATE, "vector_store", (), *sides)
        for show in FORMS.values():
            assert EVIL in show(Plan((change,)))


def test_an_adoption_that_updates_shows_what() -> None:
    change = Change(TUTOR, Action.ADOPT, "definition", (), {"instructions": "Be."}, {"instructions": EVIL})
    for show in FORMS.values():
        assert EVIL in show(Plan((change,)))


@pytest.mark.thorough
def test_the_last_of_many_changes_is_shown() -> None:
    plan = Plan(tuple(Change(Address("assistant", f"a{n}"), Action.UPDATE, "definition", (), {"name": "a"}, {"name": n})
        for n in range(400)))  # fmt: skip
    for show in FORMS.values():
        assert "399" in show(plan)


def test_no_reason_is_cut() -> None:
    reasons = as_written(*(f"instructions.{'n' * 90}{n} changed" for n in range(400)), EVIL)
    plan = Plan((Change(TUTOR, Action.UPDATE, "definition", reasons, {"name": "a"}, {"name": "b"}),))
    assert EVIL in plan_text(plan, Style())
    assert EVIL in as_html(plan)
