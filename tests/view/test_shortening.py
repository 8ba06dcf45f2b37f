"""A plan shows a limited number of lines of compared texts."""

from __future__ import annotations

import pytest

from provisioner.core.address import Address
from provisioner.planning.plan import Action, Change, Plan
from provisioner.review.render.difference_json import differences_json
from provisioner.review.view.planview import PlanView, view_plan
from provisioner.review.view.shortening import shorten_texts, shortened_note


def update(number: int, lines: int) -> Change:
    before, after = ("\n".join(f"{word} {number} {line}" for line in range(lines)) for word in ("old", "new"))
    old, new = ({"instructions": f"{text}\n"} for text in (before, after))
    return Change(
        Address("assistant", f"a{number}"), Action.UPDATE, "definition", (), old, new, ("instructions",), "x@1"
    )


def lines(view: PlanView) -> list[int]:
    shown = [differences_json(each.differences)[0]["text"]["hunks"] for each in view.changes]
    return [sum(len(hunk["lines"]) for hunk in hunks) for hunks in shown]


@pytest.mark.parametrize("count", [4, 8, 16, 32])
def test_the_lines_of_a_plan_do_not_grow_with_it(count: int) -> None:
    view = shorten_texts(view_plan(Plan(tuple(update(number, 40) for number in range(count)))), most=200)
    assert sum(lines(view)) <= 200
    hidden = [each.differences[0].text.hidden for each in view.changes if each.differences[0].text]
    assert hidden == [80 - shown for shown in lines(view)]
    assert len(view.shortened) == count


def test_short_texts_stay_whole() -> None:
    whole = view_plan(Plan((update(0, 2), update(1, 400), update(2, 3))))
    view = shorten_texts(whole, most=100)
    assert (view.changes[0], view.changes[2]) == (whole.changes[0], whole.changes[2])
    assert view.shortened == ("assistant.a1",)
    assert "assistant.a1" in shortened_note(view)
    assert shorten_texts(whole) is whole
