"""What two sequences have in common, in work that is bounded for sequences of any shape."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from itertools import accumulate
from typing import Any, Final, Literal

#: Worst-case steps up to which all items count for sure, those that repeat often, too.
CERTAIN = 20_000_000
#: Steps that the comparison of two texts may take: about a second.
STEPS: Final = 12_000_000
#: Steps that all comparisons of a plan may take, and the part of what is left of them that one text may take.
VIEW_STEPS, VIEW_PART = 100_000_000, 8

#: What `SequenceMatcher.get_opcodes` gives: a tag, a range of the old sequence, and a range of the new one.
Opcode = tuple[Literal["replace", "delete", "insert", "equal"], int, int, int, int]
Pair = tuple[int, int]


@dataclass(slots=True)
class Work:
    """Steps that may still be taken. A step is one item that is looked at, or one place where it stands."""

    left: int = STEPS


_VIEW: ContextVar[Work | None] = ContextVar("work of the view", default=None)


@contextmanager
def bounded_view() -> Iterator[None]:
    """Until the block ends, all texts that are compared share VIEW_STEPS. Without steps, they are compared roughly."""
    token = _VIEW.set(Work(VIEW_STEPS))
    try:
        yield
    finally:
        _VIEW.reset(token)


@contextmanager
def bounded_text() -> Iterator[Work]:
    """The work that the comparison of two texts may take; what it takes is counted to the view's."""
    view = _VIEW.get()
    steps = STEPS if view is None else min(STEPS, view.left // VIEW_PART)
    work = Work(steps)
    yield work
    if view is not None:
        view.left -= steps - work.left


def match(old: Sequence[Hashable], new: Sequence[Hashable], work: Work) -> list[Opcode]:
    """The steps from the old sequence to the new one, as difflib finds them with up to half of what is left of `work`.

    Where that is not enough, they are found in the order of n log n: by the items that stand once on each side, and
    between these by those that stand there equally often. Items that repeat often (`autojunk`) only count beside
    others that match, where the work may be large.
    """
    counts = Counter(new)
    pairs = sum(count * counts[item] for item, count in Counter(old).items())
    counted = _Counted(old, new, work.left // 2, autojunk=pairs * min(len(old), len(new)) > CERTAIN)
    found: list[Opcode] = counted.get_opcodes()
    work.left -= counted.spent
    return _opcodes(_align(old, new), len(old), len(new)) if counted.stopped else found


def shared_beginning(old: Sequence[Any], new: Sequence[Any]) -> int:
    """How many items both begin with."""
    count = 0
    for left, right in zip(old, new, strict=False):
        if left != right:
            break
        count += 1
    return count


def shared_ends(old: Sequence[Any], new: Sequence[Any]) -> tuple[int, int]:
    """How many items both begin with, and how many of the rest both end with."""
    head = shared_beginning(old, new)
    return head, shared_beginning(old[head:][::-1], new[head:][::-1])


class _Counted(SequenceMatcher[Any]):
    """Finds what difflib finds, and stops where that would take more steps than `allowed`."""

    def __init__(self, old: Sequence[Any], new: Sequence[Any], allowed: int, *, autojunk: bool) -> None:
        super().__init__(None, old, new, autojunk=autojunk)
        places: dict[Any, list[int]] = self.b2j  # type: ignore[attr-defined]
        #: For each position of `old`, the steps that all items before it take.
        self._sums = [0, *accumulate(1 + len(places.get(item, ())) for item in old)]
        self._allowed = allowed
        self.spent = 0
        self.stopped = False

    def find_longest_match(self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None) -> Match:
        """The longest run in these ranges; an empty one where there are no steps left for finding it."""
        steps = self._sums[-1 if ahi is None else ahi] - self._sums[alo]
        if self.stopped or self.spent + steps > self._allowed:
            self.stopped = True
            return Match(alo, blo, 0)
        self.spent += steps
        return super().find_longest_match(alo, ahi, blo, bhi)


def _align(old: Sequence[Any], new: Sequence[Any]) -> Iterator[Pair]:
    """Positions of equal items, none of which crosses another."""
    anchors = _rising(_once(old, new))
    i = j = 0
    for left, right in [*anchors, (len(old), len(new))]:
        yield from ((i + a, j + b) for a, b in _align_gap(old[i:left], new[j:right]))
        if left < len(old):
            yield left, right
        i, j = left + 1, right + 1


def _align_gap(old: Sequence[Any], new: Sequence[Any]) -> Iterator[Pair]:
    """What both begin and end with, and between these each item with the one that has its number among its equals."""
    head, tail = shared_ends(old, new)
    yield from ((at, at) for at in range(head))
    middle = old[head : len(old) - tail], new[head : len(new) - tail]
    yield from ((head + a, head + b) for a, b in _rising(_once(*map(_numbered, middle))))
    yield from ((len(old) - at, len(new) - at) for at in range(tail, 0, -1))


def _numbered(items: Sequence[Any]) -> list[tuple[Any, int]]:
    """Each item with how often it stands before."""
    seen: defaultdict[Any, int] = defaultdict(int)
    found = []
    for item in items:
        found.append((item, seen[item]))
        seen[item] += 1
    return found


def _once(old: Sequence[Any], new: Sequence[Any]) -> Iterator[Pair]:
    """The positions of the items that stand once on each side, in the order of the old side."""
    counts = Counter(old), Counter(new)
    places = {item: at for at, item in enumerate(new) if counts[1][item] == 1}
    return ((at, places[item]) for at, item in enumerate(old) if counts[0][item] == 1 and item in places)


def _rising(pairs: Iterable[Pair]) -> list[Pair]:
    """The most pairs whose second positions rise as their first ones do."""
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
    """The opcodes of sequences of these lengths that have the items at these positions in common."""
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
