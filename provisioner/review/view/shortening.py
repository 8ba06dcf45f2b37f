"""Limits the number of lines of compared texts that a whole plan shows. The longest texts are shortened; all others are
complete. Changed words are marked only in complete texts, because marking is slow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, TypeVar

from msgspec.structs import replace

from provisioner.planning.plan import Plan, UnknownText
from provisioner.review.view.difference import Difference
from provisioner.review.view.matching import LONG_VIEW_STEPS, bounded_view
from provisioner.review.view.planview import ChangeView, PlanView, view_plan
from provisioner.review.view.prose import Block, Hunk, TextDifference, comparing_lines_only, mark_words

T = TypeVar("T")

#: The most lines of compared texts that one plan shows, removed and added lines included. They take a few seconds.
PLAN_LINES = 40_000
#: The command that shows one change whole.
WHOLE = "provision plan --only ADDRESS"
#: The largest number of shortened changes that the note names.
NAMED = 10


def view_shortened(plan: Plan, *, created: bool = False, most: int = PLAN_LINES) -> PlanView:
    """Returns the plan with all its differences, and with at most `most` lines of compared texts. The lines are divided
    among the texts: short texts are complete, and all longer texts get the same number of lines. In a shortened text,
    `hidden` is the number of changed lines that are left out. `shortened` contains the addresses of the changes with
    shortened texts. Changed words are marked only in complete texts.

    If `created` is True, the limit also applies to the texts of created and deleted objects. Otherwise, these texts are
    neither counted nor shortened.
    """
    if _is_small(plan, most):
        return view_plan(plan)
    view = _view_lines(plan)
    part = _part(view, created=created, most=most)
    names: list[str] = []

    def cut(name: str, text: TextDifference) -> TextDifference:
        if _size(text) <= part:
            return mark_words(text)
        names.append(name)
        return _cut(text, part)

    with bounded_view():
        view = _replace_texts(view, cut, created=created)
    return replace(view, shortened=tuple(dict.fromkeys(names)))


def view_with_short_marked(plan: Plan, *, most: int = PLAN_LINES) -> PlanView:
    """Returns the plan with all its differences and complete texts. In texts that `view_shortened` would shorten,
    changed words are not marked, because marking long texts is slow. Output formats that limit their own length show
    the beginning of this view.
    """
    if _is_small(plan, most):
        return view_plan(plan)
    view = _view_lines(plan)
    part = _part(view, created=True, most=most)
    with bounded_view():
        return _replace_texts(view, lambda _, text: mark_words(text) if _size(text) <= part else text, created=True)


def shortened_note(view: PlanView) -> str:
    """Returns a note that says which changes have shortened texts, and which command shows the complete texts of one
    change. The note is empty if no text is shortened.
    """
    if not view.shortened:
        return ""
    more = len(view.shortened) - NAMED
    named = ", ".join(view.shortened[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
    return (
        f"The plan is long, so texts are not shown whole in: {named}. `{WHOLE}` shows one change whole, "
        "and the plan as JSON has every text."
    )


def hidden_note(text: TextDifference) -> str:
    """Returns a note with the number of changed lines that are left out of a text. The note is empty if nothing is left
    out.
    """
    lines = f"{text.hidden:,} more changed line{' is' if text.hidden == 1 else 's are'}"
    return f"… {lines} not shown here" if text.hidden else ""


def _is_small(plan: Plan, most: int) -> bool:
    """Returns whether all texts of the plan together have at most `most` lines, so that no text must be shortened. Both
    the lines before and the lines after a change are counted.
    """
    sides = chain.from_iterable((change.before, change.after) for change in plan.changes)
    drifted = chain.from_iterable((drift.recorded, drift.actual) for drift in plan.drift)
    left = most
    for value in chain(sides, drifted):
        left -= _count_lines(value)
        if left < 0:
            return False
    return True


def _count_lines(value: Any) -> int:
    """Returns the number of lines of all texts inside `value`."""
    if isinstance(value, str):
        return value.count("\n") + 1
    if isinstance(value, Mapping):
        return sum(map(_count_lines, value.values()))
    if isinstance(value, UnknownText):
        return _count_lines(value.parts)
    return sum(map(_count_lines, value)) if isinstance(value, list | tuple) else 0


def _view_lines(plan: Plan) -> PlanView:
    with comparing_lines_only(), bounded_view(LONG_VIEW_STEPS):
        return view_plan(plan)


def _part(view: PlanView, *, created: bool, most: int) -> int:
    """Returns the largest number of lines that one text may show, so that all texts together show at most `most` lines.
    If `created` is False, the texts of created and deleted objects are not counted.
    """
    shown = [each for each in view.changes if created or each.compares]
    differences = chain(
        chain.from_iterable(each.differences for each in shown),
        chain.from_iterable(each.differences for each in view.shared),
        chain.from_iterable(each.differences for each in view.drift),
    )
    return _share([_size(each.text) for each in differences if each.text is not None], most)


def _replace_texts(
    view: PlanView, change: Callable[[str, TextDifference], TextDifference], *, created: bool
) -> PlanView:
    """Returns the plan with each compared text in its differences replaced by the result of the function `change`. The
    arguments of `change` are the address of the changed resource, instructions or tool, and the compared text. If
    `created` is False, the texts of created and deleted objects stay as they are.
    """

    def replace_in(name: str, found: Iterable[Difference]) -> tuple[Difference, ...]:
        return tuple(each if each.text is None else replace(each, text=change(name, each.text)) for each in found)

    def replace_in_change(each: ChangeView) -> ChangeView:
        if not created and not each.compares:
            return each
        return replace(each, differences=replace_in(str(each.change.address), each.differences))

    return replace(
        view,
        drift=_each(
            view.drift, lambda each: replace(each, differences=replace_in(str(each.drift.address), each.differences))
        ),
        shared=_each(
            view.shared, lambda each: replace(each, differences=replace_in(each.sources[0], each.differences))
        ),
        changes=_each(view.changes, replace_in_change),
    )


def _each(items: Iterable[T], change: Callable[[T], T]) -> tuple[T, ...]:
    return tuple(map(change, items))


def _size(text: TextDifference) -> int:
    return sum(_lines(block) for hunk in text.hunks for block in hunk.blocks)


def _lines(block: Block) -> int:
    return len(block.before) + len(block.after) if block.changed else len(block.before)


def _share(sizes: Sequence[int], most: int) -> int:
    """Returns the largest number of lines that one text may have, so that all texts together have at most `most` lines.
    `sizes` contains the number of lines of each text.
    """
    left = most
    for index, size in enumerate(ordered := sorted(sizes)):
        part = left // (len(ordered) - index)
        if size > part:
            return part
        left -= size
    return most


def _cut(text: TextDifference, most: int) -> TextDifference:
    """Returns `text`, the difference between two texts, shortened to its first `most` lines. In the result, `hidden` is
    the number of changed lines that are left out.
    """
    kept = tuple(_beginning(text.hunks, most))
    return replace(text, hunks=kept, hidden=_changed(text.hunks) - _changed(kept))


def _changed(hunks: Iterable[Hunk]) -> int:
    return sum(_lines(block) for hunk in hunks for block in hunk.blocks if block.changed)


def _beginning(hunks: Iterable[Hunk], left: int) -> Iterator[Hunk]:
    for hunk in hunks:
        blocks: list[Block] = []
        for block in hunk.blocks:
            part = _first_lines(block, left)
            left -= _lines(part)
            blocks += [part] if _lines(part) else []
            if left <= 0:
                break
        if any(block.changed for block in blocks):
            yield Hunk(tuple(blocks))
        if left <= 0:
            return


def _first_lines(block: Block, most: int) -> Block:
    """Returns the first `most` lines of a block. If the block is changed, about half of them are removed lines, and the
    others are added lines.
    """
    if _lines(block) <= most:
        return block
    if not block.changed:
        return replace(block, before=block.before[:most], after=block.after[:most])
    before = min(len(block.before), max(most // 2, most - len(block.after)))
    return replace(block, before=block.before[:before], after=block.after[: most - before])
