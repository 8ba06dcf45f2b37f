"""A plan as a whole: what several share is shown once, and nothing of it is lost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.core.address import Address
from provisioner.planning.plan import Action, Change, Drift, Plan
from provisioner.review.view.difference import Difference
from provisioner.review.view.planview import PlanView, view_plan

STYLE, TONE = "instructions.style", "instructions.tone"


def change(name: str, before: Any, after: Any, *sources: str, **more: Any) -> Change:
    return Change(Address("assistant", name), Action.UPDATE, "definition", (), before, after, sources=sources, **more)


def prompt(*parts: str) -> dict[str, Any]:
    return {"instructions": "\n\n".join(parts)}


def shown(differences: Iterable[Difference]) -> list[str]:
    """The lines that went and came."""
    return [
        sign + "".join(segment.text for segment in line)
        for difference in differences
        if difference.text is not None
        for hunk in difference.text.hunks
        for block in hunk.blocks
        if block.changed
        for sign, lines in (("-", block.before), ("+", block.after))
        for line in lines
    ]


OWN = [f"You are helper number {number}.\nYou know subject {number}, and nothing else." for number in range(4)]


def three_that_share() -> PlanView:
    """Three assistants with one fragment that changes; the last changes in its own words, too."""
    far = "\n".join(f"Rule {number}." for number in range(20))
    changes = [
        change(f"a{number}", prompt(OWN[number], far, "Be short."), prompt(OWN[number], far, "Be very short."), STYLE)
        for number in range(2)
    ]
    changes.append(change("a2", prompt(OWN[2], far, "Be short."), prompt(OWN[3], far, "Be very short."), STYLE))
    return view_plan(Plan(tuple(changes)))


def test_a_fragment_s_change_is_shown_once_with_those_that_it_touches() -> None:
    view = three_that_share()
    (shared,) = view.shared
    assert shared.sources == (STYLE,)
    assert [str(address) for address in shared.addresses] == ["assistant.a0", "assistant.a1", "assistant.a2"]
    assert shown(shared.differences) == ["-Be short.", "+Be very short."]
    for each in view.changes[:2]:
        (difference,) = each.differences
        assert difference.shared_with == (STYLE,)
        assert shown([difference]) == []
    assert shown(view.changes[2].differences) == [
        *("-You are helper number 2.", "-You know subject 2, and nothing else."),
        *("+You are helper number 3.", "+You know subject 3, and nothing else."),
    ]


def test_a_fragment_of_one_assistant_is_shown_there() -> None:
    view = view_plan(Plan((change("a", prompt("Be short."), prompt("Be very short.\nNow."), STYLE),)))
    assert view.shared == ()
    assert shown(view.changes[0].differences) == ["-Be short.", "+Be very short.", "+Now."]


def test_a_tool_s_change_is_shown_once_too() -> None:
    old, new = ({"type": "function", "name": "look_up", "strict": strict} for strict in (False, True))
    sides = [({"tools": [old], "model": "m"}, {"tools": [new], "model": name}) for name in "ab"]
    changes = [change(name, *each, "tool.look-up") for name, each in zip("ab", sides, strict=True)]
    view = view_plan(Plan(tuple(changes)))
    (shared,) = view.shared
    assert [(each.path, each.before, each.after) for each in shared.differences] == [
        ("tools[function look_up].strict", False, True)
    ]
    assert [[each.path for each in view_.differences if not each.shared_with] for view_ in view.changes] == [
        ["model"],
        ["model"],
    ]


def test_one_edit_without_a_source_in_common_is_shown_in_each() -> None:
    changes = [change(name, prompt("Be short."), prompt("Be very short.\nNow.")) for name in "ab"]
    assert view_plan(Plan(tuple(changes))).shared == ()


def test_the_same_object_in_two_spellings_differs_in_nothing() -> None:
    moved = Change(
        Address("assistant", "a"), Action.REPLACE, "agent", (), {"tools": [], "model": "m"}, {"model": "m"},
        former_type="definition",
    )  # fmt: skip
    (view,) = view_plan(Plan((moved,))).changes
    assert view.respelled
    assert view.differences == ()


def test_drift_goes_from_what_was_written_to_what_is_live() -> None:
    (view,) = view_plan(Plan(drift=(Drift(Address("assistant", "a"), ("metadata", "k"), "ours", "theirs"),))).drift
    assert [(each.path, each.before, each.after) for each in view.differences] == [("metadata.k", "ours", "theirs")]


PARTS = st.sampled_from(["Be short.", "Be kind.\nBe calm.", "Answer in Korean.", "한국어로 답합니다.", "1.\n\n2."])


GAPS = st.sampled_from(["\n", "\n\n", "\nA rule.\n", "\n" + "A rule.\n" * 9])
NAMED = st.sampled_from([(STYLE,), (TONE,), (STYLE, TONE), ()])


@pytest.mark.thorough
@given(
    st.tuples(PARTS, PARTS), st.tuples(PARTS, PARTS), st.lists(st.tuples(PARTS, PARTS, GAPS, GAPS, NAMED), min_size=2)
)
def test_nothing_that_changes_is_lost_by_sharing(
    style: tuple[str, str], tone: tuple[str, str], own: list[tuple[str, str, str, str, tuple[str, ...]]]
) -> None:
    """Two fragments, and everybody's own words between them: near, far, or joined to them."""
    changes = []
    for index, (before, after, first, second, named) in enumerate(own):
        sides = [
            {"instructions": style[side] + first + words + second + tone[side]}
            for side, words in enumerate((before, after))
        ]
        changes.append(change(f"a{index}", sides[0], sides[1], *named))
    whole, view = (view_plan(Plan(tuple(each))) for each in ([replaced(c) for c in changes], changes))
    for alone, together in zip(whole.changes, view.changes, strict=True):
        common = [each for each in view.shared if together.change.address in each.addresses]
        lines = [line for each in common for line in shown(each.differences)]
        assert sorted(shown(alone.differences)) == sorted([*shown(together.differences), *lines])
        sources = {source for each in common for source in each.sources}
        assert sources <= set(together.change.sources)
        assert sources == {source for each in together.differences for source in each.shared_with}
    for shared in view.shared:
        assert len(shared.addresses) > 1
        for address in shared.addresses:
            (alone,) = (each for each in whole.changes if each.change.address == address)
            assert stayed(shared.differences) <= stayed(alone.differences)


def stayed(differences: Iterable[Difference]) -> set[str]:
    texts = [each.text for each in differences if each.text is not None]
    blocks = [block for text in texts for hunk in text.hunks for block in hunk.blocks if not block.changed]
    return {"".join(segment.text for segment in line) for block in blocks for line in block.before}


def replaced(change_: Change) -> Change:
    """The same change with nothing to share."""
    return Change(change_.address, change_.action, change_.type, (), change_.before, change_.after)


def test_an_own_edit_beside_the_fragment_s_leaves_the_fragment_shared() -> None:
    sides = [("Be short.\nMore.\nYou are a.", "Be very short.\nMore.\nYou are b."), ("Be short.", "Be very short.")]
    changes = [change(f"a{n}", prompt(old, "End."), prompt(new, "End."), STYLE) for n, (old, new) in enumerate(sides)]
    view = view_plan(Plan(tuple(changes)))
    (shared,) = view.shared
    assert shown(shared.differences) == ["-Be short.", "+Be very short."]
    assert stayed(shared.differences) == set()
    (mine,), (theirs,) = (each.differences for each in view.changes)
    assert shown([mine]) == ["-You are a.", "+You are b."]
    assert stayed([mine]) == {"More.", "", "End."}
    assert shown([theirs]) == []


def test_each_part_of_a_fragment_names_exactly_those_that_have_it() -> None:
    old, new = "Be short.\nMore.\nBe kind.", "Be very short.\nMore.\nBe calm."
    sides = [(old, new), (old, new), (old, f"{new}\nMine.")]
    view = view_plan(Plan(tuple(change(f"a{n}", prompt(a), prompt(b), STYLE) for n, (a, b) in enumerate(sides))))
    assert [([each.name for each in shared.addresses], shown(shared.differences)) for shared in view.shared] == [
        (["a0", "a1", "a2"], ["-Be short.", "+Be very short."]),
        (["a0", "a1"], ["-Be kind.", "+Be calm."]),
    ]
    assert shown(view.changes[2].differences) == ["-Be kind.", "+Be calm.", "+Mine."]


def test_what_is_in_another_field_is_of_no_source_of_instructions() -> None:
    old, new = ({"description": text, "tools": [{"type": "web", "note": text}]} for text in ("a\nb", "a\nc"))
    changes = [change(name, old, new, STYLE) for name in "ab"]
    assert view_plan(Plan(tuple(changes))).shared == ()
    view = view_plan(Plan(tuple(change(name, old, new, STYLE, "tool.web") for name in "ab")))
    assert [(each.sources, [d.path for d in each.differences]) for each in view.shared] == [
        (("tool.web",), ["tools[web].note"])
    ]
