"""Matches the items of two lists, if the items have no names by which they can be matched. Equal items are matched
first, then similar items.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from provisioner.review.view.line_pairs import best_pairs
from provisioner.review.view.matching import bounded_text, match, shared_ends

#: The largest number of pairs of items that are compared by similarity. If there are more pairs, items are paired in
#: order.
MEASURED = 64
#: The largest number of keys and values in two items that DeepDiff compares. DeepDiff's time grows faster than this
#: number.
MEASURED_PARTS = 200
#: If DeepDiff's distance between two items (0 to 1) is at least this number, they are shown as one removed and one
#: added item.
FAR = 0.3
#: If two large items have a smaller share of their keys and values in common, they are shown as one removed and one
#: added item.
ALIKE = 0.4

#: An encoder that writes equal values as equal texts. It is created once, because creating it takes longer than
#: encoding a short value.
ENCODER = json.JSONEncoder(sort_keys=True, default=str)

#: The position of an item in the list before the change and in the list after it. A position is None if the item is not
#: in that list.
Step = tuple[int | None, int | None]


def align(before: Sequence[Any], after: Sequence[Any]) -> list[Step]:
    """Returns the positions of the items that differ between two lists, from the first to the last. Each item of the
    result is a pair: the position in `before`, and the position in `after`. The first position is None for an added
    item, and the second position is None for a removed item.
    """
    old, new = [spell(item) for item in before], [spell(item) for item in after]
    head, tail = shared_ends(old, new)
    found: list[Step] = []
    with bounded_text() as work:
        steps = match(old[head : len(old) - tail], new[head : len(new) - tail], work)
    for tag, a, b, c, d in steps:
        if tag != "equal":
            run = range(head + a, head + b), range(head + c, head + d)
            found += _fill(_pairs(before, after, *run), *run)
    return found


def spell(value: Any) -> str:
    """Returns the value as JSON with sorted keys, so that equal values have equal texts."""
    return ENCODER.encode(value)


def _pairs(before: Sequence[Any], after: Sequence[Any], old: range, new: range) -> list[tuple[int, int]]:
    """Returns pairs of positions: an item in `before`, and the item in `after` to which it was changed. `old` and `new`
    are the ranges of positions that are compared. If all items are lists or mappings, the two ranges have different
    lengths, and there are not too many items, they are paired by similarity. Otherwise, items are paired by position:
    the first with the first, and so on.
    """
    nested = all(isinstance(each, Mapping | list) for each in (*(before[i] for i in old), *(after[j] for j in new)))
    if len(old) == len(new) or not nested or len(old) * len(new) > MEASURED:
        return list(zip(old, new, strict=False))
    sides = [_Item.of(before[i]) for i in old], [_Item.of(after[j]) for j in new]
    likeness = [[_likeness(left, right) for right in sides[1]] for left in sides[0]]
    return [(old[i], new[j]) for i, j in best_pairs(likeness)]


class _Item(Struct, frozen=True):
    """An item of a list, prepared for the comparison with other items. `value` is the item itself. `parts` counts the
    keys and values inside the item, which `_parts` yields.
    """

    value: Any
    parts: Counter[tuple[str, str]]

    @classmethod
    def of(cls, value: Any) -> _Item:
        return cls(value, Counter(_parts(value)))


def _parts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yields a pair of texts for each key and each value inside `value`: the path, and the value as JSON. For a key,
    the second text is empty. The paths contain no positions in lists, so that moved items of lists count as equal.
    `path` is the path of `value`.
    """
    if isinstance(value, Mapping):
        for key in value:
            below = f"{path}.{key}"
            yield below, ""
            yield from _parts(value[key], below)
    elif isinstance(value, list):
        for item in value:
            yield from _parts(item, f"{path}[]")
    else:
        yield path, spell(value)


def _likeness(left: _Item, right: _Item) -> float:
    """Returns the similarity of two items, between 0 and 1. Returns 0 if the similarity is so small that readers should
    see one removed and one added item.
    """
    whole = left.parts.total() + right.parts.total()
    if whole <= MEASURED_PARTS:
        return _measure(left.value, right.value)
    part = 2 * (left.parts & right.parts).total() / whole
    return part if part >= ALIKE else 0.0


def _measure(old: Any, new: Any) -> float:
    """Returns the similarity of two values, between 0 and 1, as the library DeepDiff measures it. DeepDiff is imported
    in this function, because most runs do not need it.
    """
    from deepdiff import DeepDiff

    # Without the last option, DeepDiff does not look at keys that begin with two underscores.
    found = DeepDiff(old, new, get_deep_distance=True, threshold_to_diff_deeper=0, ignore_private_variables=False)
    return max(0.0, 1 - float(found.get("deep_distance", 0)) / FAR)


def _fill(pairs: Sequence[tuple[int, int]], old: range, new: range) -> Iterator[Step]:
    """Yields all pairs of positions in order: the given `pairs` of changed items, and a pair for each added or removed
    item between them. The first position is None for an added item, and the second position is None for a removed item.
    `old` and `new` are the ranges of positions that are compared.
    """
    i, j = old.start, new.start
    for left, right in [*pairs, (old.stop, new.stop)]:
        yield from ((each, None) for each in range(i, left))
        yield from ((None, each) for each in range(j, right))
        if left < old.stop and right < new.stop:
            yield left, right
        i, j = left + 1, right + 1
