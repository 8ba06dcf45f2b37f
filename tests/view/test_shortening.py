"""A plan shows a limited number of lines of compared texts."""

from __future__ import annotations

import pytest

from provisioner.core.address import Address
from provisioner.planning.plan import Action, Change, Plan
from provisioner.review.render.difference_json import differences_json
from provisioner.review.view.planview import PlanView, view_plan
from provisioner.review.view.prose import TextDifference, is_marked
from provisioner.review.view.shortening import shortened_note, view_shortened, view_with_short_marked


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
    view = view_shortened(Plan(tuple(update(number, 40) for number in range(count))), most=200)
    assert sum(lines(view)) <= 200
    hidden = [each.differences[0].text.hidden for each in view.changes if each.differences[0].text]
    assert hidden == [80 - shown for shown in lines(view)]
    assert len(view.shortened) == count


def test_short_texts_stay_whole() -> None:
    plan = Plan((update(0, 2), update(1, 400), update(2, 3)))
    whole, view = view_plan(plan), view_shortened(plan, most=100)
    assert (view.changes[0], view.changes[2]) == (whole.changes[0], whole.changes[2])
    assert view.shortened == ("assistant.a1",)
    assert "assistant.a1" in shortened_note(view)
    assert view_shortened(plan) == whole


def rewrite(number: int, lines: int) -> Change:
    """Returns the change of a text in which one word of each line is another one."""
    old, new = (
        {"instructions": "\n".join(f"The {word} says sentence {number} of line {line}." for line in range(lines))}
        for word in ("tutor", "teacher")
    )
    address = Address("assistant", f"a{number}")
    return Change(address, Action.UPDATE, "definition", (), old, new, ("instructions",), "x@1")


def texts(view: PlanView) -> list[TextDifference]:
    return [each.text for change in view.changes for each in change.differences if each.text is not None]


def marked_lines(text: TextDifference) -> int:
    blocks = (block for hunk in text.hunks for block in hunk.blocks if block.changed)
    return sum(is_marked(line) for block in blocks for line in (*block.before, *block.after))


def test_words_are_marked_only_in_texts_that_are_whole() -> None:
    plan = Plan((rewrite(0, 5), rewrite(1, 30), rewrite(2, 5)))
    for view in (view_shortened(plan, most=60), view_with_short_marked(plan, most=60)):
        assert [marked_lines(text) for text in texts(view)] == [10, 0, 10]
    assert [text.hidden for text in texts(view_with_short_marked(plan, most=60))] == [0, 0, 0]
    assert [marked_lines(text) for text in texts(view_shortened(plan))] == [10, 60, 10]


def test_words_that_are_marked_later_are_marked_in_the_same_way() -> None:
    changes = (rewrite(0, 5), rewrite(1, 30), update(2, 3), rewrite(3, 60))
    whole = view_plan(Plan(changes))
    # The text of a created object, which is not shown, makes the plan too long to be compared at once.
    text = "x\n" * 2_000
    created = Change(Address("assistant", "new"), Action.CREATE, "definition", (), None, {"instructions": text})
    view = view_shortened(Plan((*changes, created)), most=1_000)
    assert view.changes[:4] == whole.changes
    assert view.shortened == ()


@pytest.mark.parametrize("count", [2, 4, 8, 16])
def test_the_words_that_are_compared_do_not_grow_with_the_plan(count: int) -> None:
    view = view_shortened(Plan(tuple(rewrite(number, 40) for number in range(count))), most=100)
    assert sum(map(marked_lines, texts(view))) <= 100
