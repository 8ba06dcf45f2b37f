"""Compares two sequences in a limited number of steps, which does not depend on their items. The result is a list of
opcodes (equal, replaced, added and removed ranges) in the format of Python's difflib.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from difflib import Match, SequenceMatcher
from itertools import accumulate
from typing import Any, Final, Literal

from msgspec import Struct

#: If the comparison takes at most this many steps in the worst case, items that repeat often are also compared.
CERTAIN = 20_000_000
#: The largest number of steps of a comparison of two texts, which takes about a second.
STEPS: Final = 12_000_000
#: The largest number of steps of all comparisons of a plan together. One comparison may use the remaining steps,
#: divided by VIEW_PART.
VIEW_STEPS, VIEW_PART = 40_000_000, 8
#: The same for a plan whose texts are so long that not all of them are shown whole.
LONG_VIEW_STEPS = 1_000_000

#: An item of `SequenceMatcher.get_opcodes`: a tag, a range of the old sequence, and a range of the new sequence.
Opcode = tuple[Literal["replace", "delete", "insert", "equal"], int, int, int, int]
Pair = tuple[int, int]


class Work(Struct):
    """The number of steps that a comparison may still take (`left`). A comparison takes one step for each item of the
    old sequence. It takes one more step for each position of such an item in the new sequence.
    """

    left: int = STEPS


_VIEW: ContextVar[Work | None] = ContextVar("work of the view", default=None)


@contextmanager
def bounded_view(steps: int = VIEW_STEPS) -> Iterator[None]:
    """Limits the time of all comparisons in the `with` block. Together, they take at most `steps` steps. After these
    steps, the remaining texts are compared less precisely. Inside another such block, the limit of the outer block
    applies.
    """
    token = _VIEW.set(_VIEW.get() or Work(steps))
    try:
        yield
    finally:
        _VIEW.reset(token)


@contextmanager
def bounded_text() -> Iterator[Work]:
    """Yields the number of steps that the comparison of two texts in the `with` block may take. At the end of the
    block, the used steps are subtracted from the steps that `bounded_view` allows.
    """
    view = _VIEW.get()
    steps = STEPS if view is None else min(STEPS, view.left // VIEW_PART)
    work = Work(steps)
    yield work
    if view is not None:
        view.left -= steps - work.left


def match(old: Sequence[Hashable], new: Sequence[Hashable], work: Work) -> list[Opcode]:
    """Returns the opcodes that change the old sequence into the new sequence. They are found with difflib if this takes
    at most half of the remaining steps in `work`. If difflib could need very many steps, its option `autojunk` is set:
    frequent items are then matched only next to other matches.

    Otherwise, a faster method finds the opcodes in n log n steps. This method first matches the items that occur once
    in each sequence. Then, between these items, it matches the items that occur several times.
    """
    counts = Counter(new)
    pairs = sum(count * counts[item] for item, count in Counter(old).items())
    counted = _Counted(old, new, work.left // 2, autojunk=pairs * min(len(old), len(new)) > CERTAIN)
    found: list[Opcode] = counted.get_opcodes()
    work.left -= counted.spent
    return _opcodes(_align(old, new), len(old), len(new)) if counted.stopped else found


def shared_beginning(old: Sequence[Any], new: Sequence[Any]) -> int:
    """Returns the number of equal items at the beginning of both sequences."""
    count = 0
    for left, right in zip(old, new, strict=False):
        if left != right:
            break
        count += 1
    return count


def shared_ends(old: Sequence[Any], new: Sequence[Any]) -> tuple[int, int]:
    """Returns two numbers: the number of equal items at the beginning of both sequences, and the number of equal items
    at their end. No item is counted twice.
    """
    head = shared_beginning(old, new)
    return head, shared_beginning(old[head:][::-1], new[head:][::-1])


class _Counted(SequenceMatcher[Any]):
    """A SequenceMatcher of difflib that counts its steps. It finds the same matches as difflib, but stops before it
    takes more than `allowed` steps.
    """

    def __init__(self, old: Sequence[Any], new: Sequence[Any], allowed: int, *, autojunk: bool) -> None:
        super().__init__(None, old, new, autojunk=autojunk)
        places: dict[Any, list[int]] = self.b2j  # type: ignore[attr-defined]
        #: For each position of `old`, the number of steps for all items before it.
        self._sums = [0, *accumulate(1 + len(places.get(item, ())) for item in old)]
        self._allowed = allowed
        self.spent = 0
        self.stopped = False

    def find_longest_match(self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None) -> Match:
        """Returns the longest match between `old[alo:ahi]` and `new[blo:bhi]`, ranges of the two sequences. Returns an
        empty match if the search would take more steps than are allowed.
        """
        steps = self._sums[-1 if ahi is None else ahi] - self._sums[alo]
        if self.stopped or self.spent + steps > self._allowed:
            self.stopped = True
            return Match(alo, blo, 0)
        self.spent += steps
        return super().find_longest_match(alo, ahi, blo, bhi)


def _align(old: Sequence[Any], new: Sequence[Any]) -> Iterator[Pair]:
    """Yields pairs of positions of equal items in the two sequences. Items that occur once in each sequence are paired
    first, and then the items between them. From one pair to the next, both positions increase.
    """
    anchors = _rising(_once(old, new))
    i = j = 0
    for left, right in [*anchors, (len(old), len(new))]:
        yield from ((i + a, j + b) for a, b in _align_gap(old[i:left], new[j:right]))
        if left < len(old):
            yield left, right
        i, j = left + 1, right + 1


def _align_gap(old: Sequence[Any], new: Sequence[Any]) -> Iterator[Pair]:
    """Yields pairs of positions of equal items in the two sequences. Equal items at the beginnings and at the ends of
    both sequences are paired first. Between them, the first occurrence of an item in `old` is paired with its first
    occurrence in `new`, the second occurrence with the second occurrence, and so on.
    """
    if set(old).isdisjoint(new):
        return  # Most gaps are single lines that differ.
    head, tail = shared_ends(old, new)
    yield from ((at, at) for at in range(head))
    middle = old[head : len(old) - tail], new[head : len(new) - tail]
    yield from ((head + a, head + b) for a, b in _rising(_once(*map(_numbered, middle))))
    yield from ((len(old) - at, len(new) - at) for at in range(tail, 0, -1))


def _numbered(items: Sequence[Any]) -> list[tuple[Any, int]]:
    """Returns a pair for each item: the item, and the number of equal items before it in the sequence."""
    seen: defaultdict[Any, int] = defaultdict(int)
    found = []
    for item in items:
        found.append((item, seen[item]))
        seen[item] += 1
    return found


def _once(old: Sequence[Any], new: Sequence[Any]) -> Iterator[Pair]:
    """Yields pairs of positions of the items that occur exactly once in each sequence, in the order of the old
    sequence.
    """
    counts = Counter(old), Counter(new)
    places = {item: at for at, item in enumerate(new) if counts[1][item] == 1}
    return ((at, places[item]) for at, item in enumerate(old) if counts[0][item] == 1 and item in places)


def _rising(pairs: Iterable[Pair]) -> list[Pair]:
    """Returns the longest subsequence of the pairs in which both positions increase. The given pairs must be sorted by
    their first position.
    """
    known = list(pairs)
    ends: list[int] = []
    last: list[int] = []
    former: list[int] = []
    for index, (_, place) in enumerate(known):
        at = bisect_left(ends, place)
        former.append(last[at - 1] if at else -1)
        ends[at : at + 1] = [place]
        last[at : at + 1] = [index]
    found: list[Pair] = []
    index = last[-1] if last else -1
    while index >= 0:
        found.append(known[index])
        index = former[index]
    return found[::-1]


def _opcodes(pairs: Iterable[Pair], old: int, new: int) -> list[Opcode]:
    """Returns the opcodes for two sequences, in the format of difflib. `old` and `new` are the lengths of the
    sequences. `pairs` are the positions of equal items.
    """
    found: list[Opcode] = []
    i = j = 0
    for left, right in pairs:
        found += _change(i, left, j, right)
        if found and found[-1][0] == "equal":
            _, a, _, b, _ = found.pop()
            found.append(("equal", a, left + 1, b, right + 1))
        else:
            found.append(("equal", left, left + 1, right, right + 1))
        i, j = left + 1, right + 1
    return [*found, *_change(i, old, j, new)]


def _change(i: int, left: int, j: int, right: int) -> Iterator[Opcode]:
    if left > i or right > j:
        yield "replace" if left > i and right > j else "delete" if left > i else "insert", i, left, j, right
