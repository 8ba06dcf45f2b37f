"""Which items of a list are the same before and after, where they have no names: by what they are, then by likeness."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from provisioner.review.view.line_pairs import best_pairs
from provisioner.review.view.words import match, shared_ends

#: Pairs of items whose distance is measured. Where there are more, they are compared in their order.
MEASURED = 64
#: DeepDiff's distance, of at most 1, from which on two items are one gone and one come.
FAR = 0.3

#: Positions before and after; None where there is no such item on that side.
Step = tuple[int | None, int | None]


def align(before: Sequence[Any], after: Sequence[Any]) -> list[Step]:
    """The items that differ, in their order: those that changed, came or went."""
    old, new = [_spell(item) for item in before], [_spell(item) for item in after]
    head, tail = shared_ends(old, new)
    found: list[Step] = []
    for tag, a, b, c, d in match(old[head : len(old) - tail], new[head : len(new) - tail]).get_opcodes():
        if tag != "equal":
            run = range(head + a, head + b), range(head + c, head + d)
            found += _fill(_pairs(before, after, *run), *run)
    return found


def _spell(value: Any) -> str:
    """A text that is the same for equal values, whatever the order of their keys."""
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{str(key)!r}:{_spell(value[key])}' for key in sorted(value, key=str))}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_spell, value))}]"
    return repr(value)


def _pairs(before: Sequence[Any], after: Sequence[Any], old: range, new: range) -> list[tuple[int, int]]:
    """Items that changed into others. As many as there were are taken in their order, fewer or more by likeness."""
    nested = all(isinstance(each, Mapping | list) for each in (*(before[i] for i in old), *(after[j] for j in new)))
    if len(old) == len(new) or not nested or len(old) * len(new) > MEASURED:
        return list(zip(old, new, strict=False))
    likeness = [[_likeness(before[i], after[j]) for j in new] for i in old]
    return [(old[i], new[j]) for i, j in best_pairs(likeness)]


def _likeness(old: Any, new: Any) -> float:
    """Between 0, for those that share next to nothing, and 1. DeepDiff is imported here: most runs never need it."""
    from deepdiff import DeepDiff

    found = DeepDiff(old, new, ignore_order=False, get_deep_distance=True, threshold_to_diff_deeper=0)
    return max(0.0, 1 - float(found.get("deep_distance", 0)) / FAR)


def _fill(pairs: Sequence[tuple[int, int]], old: range, new: range) -> Iterator[Step]:
    """The pairs, and between them what only went or only came."""
    i, j = old.start, new.start
    for left, right in [*pairs, (old.stop, new.stop)]:
        yield from ((each, None) for each in range(i, left))
        yield from ((None, each) for each in range(j, right))
        if left < old.stop and right < new.stop:
            yield left, right
        i, j = left + 1, right + 1
