"""Limits how many lines of compared texts a whole plan shows. The longest texts are shown short; all others are
whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import TypeVar

from provisioner.review.view.difference import Difference
from provisioner.review.view.planview import PlanView
from provisioner.review.view.prose import Block, Hunk, TextDifference

T = TypeVar("T")

#: The most lines of compared texts that one plan shows, removed and added lines included. They take a few seconds.
PLAN_LINES = 40_000
#: The command that shows one change whole.
WHOLE = "provision plan --only ADDRESS"
#: The largest number of shortened changes that the note names.
NAMED = 10


def shorten_texts(view: PlanView, *, created: bool = False, most: int = PLAN_LINES) -> PlanView:
    """Returns the plan with at most `most` lines of compared texts. All texts share these lines: texts that are shorter
    than their part are whole, and all longer texts get the same number of lines. The field `hidden` of a shortened text
    counts the changed lines that are left out, and `shortened` names what has such texts.

    If `created` is True, the texts of created and deleted objects are shown, too. Otherwise, they are not counted.
    """
    shown = [each for each in view.changes if created or each.compares]
    differences = chain(*(each.differences for each in shown), *(each.differences for each in view.shared))
    drifted = chain.from_iterable(each.differences for each in view.drift)
    sizes = [_size(each.text) for each in chain(differences, drifted) if each.text is not None]
    if sum(sizes) <= most:
        return view
    part = _share(sizes, most)
    names: list[str] = []

    def cut(name: str, found: tuple[Difference, ...]) -> tuple[Difference, ...]:
        result = tuple(each if each.text is None else replace(each, text=_cut(each.text, part)) for each in found)
        names.extend([name] if any(each.text is not None and each.text.hidden for each in result) else [])
        return result

    return replace(
        view,
        drift=_each(view.drift, lambda each: replace(each, differences=cut(str(each.drift.address), each.differences))),
        shared=_each(view.shared, lambda each: replace(each, differences=cut(each.sources[0], each.differences))),
        changes=_each(
            view.changes,
            lambda each: (
                replace(each, differences=cut(str(each.change.address), each.differences))
                if created or each.compares
                else each
            ),
        ),
        shortened=tuple(dict.fromkeys(names)),
    )


def shortened_note(view: PlanView) -> str:
    """Returns a note that says which changes are shown short, and what shows one of them whole. The text is empty if
    everything is whole.
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
    """Returns how many changed lines of a text are left out, as text. The text is empty if nothing is left out."""
    lines = f"{text.hidden:,} more changed line{' is' if text.hidden == 1 else 's are'}"
    return f"… {lines} not shown here" if text.hidden else ""


def _each(items: Iterable[T], change: Callable[[T], T]) -> tuple[T, ...]:
    return tuple(map(change, items))


def _size(text: TextDifference) -> int:
    return sum(_lines(block) for hunk in text.hunks for block in hunk.blocks)


def _lines(block: Block) -> int:
    return len(block.before) + len(block.after) if block.changed else len(block.before)


def _share(sizes: Sequence[int], most: int) -> int:
    """Returns the largest number of lines for one text with which all texts together have at most `most` lines."""
    left = most
    for index, size in enumerate(ordered := sorted(sizes)):
        part = left // (len(ordered) - index)
        if size > part:
            return part
        left -= size
    return most


def _cut(text: TextDifference, most: int) -> TextDifference:
    """Returns the first `most` lines of the difference of a text. Its `hidden` counts the changed lines left out."""
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
    """Returns a block of at most `most` lines. A changed block keeps lines of both sides."""
    if _lines(block) <= most:
        return block
    if not block.changed:
        return replace(block, before=block.before[:most], after=block.after[:most])
    before = min(len(block.before), max(most // 2, most - len(block.after)))
    return replace(block, before=block.before[:before], after=block.after[: most - before])
