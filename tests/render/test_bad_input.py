"""What nobody would write, and somebody will: every form takes it, shows it, and can be printed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic, Place
from provisioner.planning.plan import Action, Change, Drift, Plan
from provisioner.planning.reason import as_written
from provisioner.review.render.json_text import dumps, plan_json
from provisioner.review.render.plan_markdown import plan_markdown
from provisioner.review.render.plan_text import plan_text
from provisioner.review.render.style import Style
from provisioner.review.render.units import columns

HIDDEN = "\u202egnp.exe \x1b[2J\x07 \u200b\ufeff \ud83d \r\x00 \U000e0041"
LONG_LINE = "word " * 51_200
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
FORMS: dict[str, Callable[[Plan], str]] = {
    "text": lambda plan: plan_text(plan, Style(), details=True),
    "terminal": lambda plan: COLOUR.sub("", plan_text(plan, Style(True, 40), details=True)),
    "json": lambda plan: dumps(plan_json(plan)),
    "markdown": lambda plan: plan_markdown(plan, title="library"),
}


def plan_of(text: str) -> Plan:
    """A plan with the text in a prompt, a name, a key, a reason, an address, drift and a message."""
    before = {"instructions": f"Read.\n{text}", "name": "a", "metadata": {"k": text}}
    after = {"instructions": "Read.\nAnswer.", "name": text, "metadata": {text: "v"}}
    change = Change(
        Address("file", text[:200]), Action.UPDATE, "definition", as_written(text[:200]), before, after, ("name",)
    )
    drift = Drift(Address("assistant", "a"), ("metadata", text[:200]), text, "b", overwritten=True)
    return Plan((change,), (drift,), (Diagnostic("warning", text[:200], Place(text[:200], 1, 1)),))


@pytest.mark.parametrize("form", FORMS)
def test_what_cannot_be_seen_is_shown_as_an_escape(form: str) -> None:
    shown = FORMS[form](plan_of(HIDDEN))
    shown.encode("utf-8")
    assert "\\u202e" in shown.replace("\n", "")
    for letter in set(HIDDEN) - set("gnp.exe [2J"):
        assert letter not in shown, f"{letter!r} shows as it is"


def test_json_keeps_every_letter() -> None:
    body = json.loads(dumps(plan_json(plan_of(HIDDEN))))
    assert body["changes"][0]["after"]["name"] == HIDDEN


@pytest.mark.parametrize("form", [name for name in FORMS if name != "json"])
def test_a_prompt_of_256_000_letters_on_a_line_is_cut_to_what_changed(form: str) -> None:
    changed = LONG_LINE.replace("word", "other", 30_000).replace("other", "word", 29_999)
    sides = {"instructions": LONG_LINE}, {"instructions": changed}
    shown = FORMS[form](Plan((Change(Address("assistant", "a"), Action.UPDATE, "definition", (), *sides),)))
    assert len(shown) < 5_000
    assert "other" in shown
    assert "unchanged" in shown


@pytest.mark.thorough
@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("form", FORMS)
def test_10_000_changes_are_all_there_or_counted(form: str) -> None:
    sides = {"name": "a"}, {"name": "b"}
    many = [
        Change(Address("vector_store", f"s{n}"), Action.UPDATE, "vector_store", as_written("name changed"), *sides)
        for n in range(10_000)
    ]
    shown = FORMS[form](Plan(tuple(many)))
    assert "s0" in shown
    assert "10000 to update" in shown.replace("\n", " ") or '"update": 10000' in shown
    assert "s9999" in shown or "more changes are not shown" in shown


@pytest.mark.parametrize("width", [40, 20, 1])
@pytest.mark.parametrize("text", ["a quiet sentence " * 12, "관용적인 문장 " * 20, "x" * 300, HIDDEN])
def test_a_narrow_terminal_is_never_overrun_and_nothing_is_lost(width: int, text: str) -> None:
    painted = plan_text(plan_of(text), Style(True, width), details=True)
    lines = COLOUR.sub("", painted).split("\n")
    assert max(map(columns, lines)) <= max(width, 24)
    wide = COLOUR.sub("", plan_text(plan_of(text), Style(True), details=True))
    assert "".join("".join(lines).split()) == "".join(wide.split())
