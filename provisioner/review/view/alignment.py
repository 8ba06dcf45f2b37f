"""Which items of a list are the same before and after, where they have no names: by what they are, then by likeness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from provisioner.review.view.line_pairs import best_pairs
from provisioner.review.view.matching import bounded_text, match, shared_ends

#: Pairs of items whose likeness is measured. Where there are more, they are compared in their order.
MEASURED = 64
#: Items that have less than this part in common are one gone and one come.
ALIKE = 0.4

#: Positions before and after; None where there is no such item on that side.
Step = tuple[int | None, int | None]


def align(before: Sequence[Any], after: Sequence[Any]) -> list[Step]:
    """The items that differ, in their order: those that changed, came or went."""
    old, new = [_spell(item) for item in before], [_spell(item) for item in after]
    head, tail = shared_ends(old, new)
    found: list[Step] = []
    with bounded_text() as work:
        steps = match(old[head : len(old) - tail], new[head : len(new) - tail], work)
    for tag, a, b, c, d in steps:
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
    sides = [Counter(_parts(before[i])) for i in old], [Counter(_parts(after[j])) for j in new]
    likeness = [[_likeness(left, right) for right in sides[1]] for left in sides[0]]
    return [(old[i], new[j]) for i, j in best_pairs(likeness)]


def _parts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """What is inside: each key by its path, and each value. Positions in lists do not count."""
    if isinstance(value, Mapping):
        for key in value:
            below = f"{path}.{key}"
            yield below, ""
            yield from _parts(value[key], below)
    elif isinstance(value, list):
        for item in value:
            yield from _parts(item, f"{path}[]")
    else:
        yield path, _spell(value)


def _likeness(left: Counter[tuple[str, str]], right: Counter[tuple[str, str]]) -> float:
    """The part of both that is in both, between 0 and 1; 0 where it is too little to call them one item."""
    few, many = sorted((left, right), key=len)
    whole = left.total() + right.total()
    part = 2 * (few & many).total() / whole if whole else 0.0
    return part if part >= ALIKE else 0.0


def _fill(pairs: Sequence[tuple[int, int]], old: range, new: range) -> Iterator[Step]:
    """The pairs, and between them what only went or only came."""
    i, j = old.start, new.start
    for left, right in [*pairs, (old.stop, new.stop)]:
        yield from ((each, None) for each in range(i, left))
        yield from ((None, each) for each in range(j, right))
        if left < old.stop and right < new.stop:
            yield left, right
        i, j = left + 1, right + 1
