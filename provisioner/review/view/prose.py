"""Compares two texts. The result contains hunks, as in the output of `diff`: the changed lines, with a few lines around
them. The changed words in the lines are marked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from provisioner.review.view.line_pairs import pair_lines
from provisioner.review.view.matching import Work, bounded_text, match, shared_ends
from provisioner.review.view.words import (
    WORD,
    Kind,
    Segment,
    compare_words,
    differ_in_blanks_only,
    differ_in_composition_only,
    is_alike,
)

#: The number of pairs of texts whose difference is cached.
COMPARED = 64
#: The number of unchanged lines that are shown before and after a change.
CONTEXT = 3

#: Whether the changed words of lines are marked when texts are compared.
_MARKS_WORDS: ContextVar[bool] = ContextVar("whether changed words are marked", default=True)

Line = tuple[Segment, ...]
Sides = tuple[tuple[Line, ...], tuple[Line, ...]]


class Block(Struct, frozen=True):
    """Consecutive lines that are either all unchanged or all changed. In an unchanged block, `before` and `after`
    contain the same lines. In a changed block, `before` contains the removed lines, and `after` contains the lines that
    replace them.

    `before_start` and `after_start` are the line numbers of the first line in the old and in the new text. The numbers
    begin at 1.
    """

    before: tuple[Line, ...]
    after: tuple[Line, ...]
    before_start: int
    after_start: int
    changed: bool


class Hunk(Struct, frozen=True):
    """A part of a comparison: changed blocks of lines, and a few unchanged lines around them."""

    blocks: tuple[Block, ...]

    def key(self) -> tuple[object, ...]:
        """Returns a value that identifies the changed lines of this hunk, independent of their position. The keys of
        two hunks are equal if both contain the same edit.
        """
        return tuple((block.before, block.after) for block in self.blocks if block.changed)

    def note(self) -> str:
        """Returns a note if readers cannot see the difference, for example because only whitespace differs. Otherwise,
        returns an empty text.
        """
        sides = "\n".join(_plain(self, "before")), "\n".join(_plain(self, "after"))
        if differ_in_blanks_only(*sides):
            return "only white space differs"
        return "only how letters are composed differs" if differ_in_composition_only(*sides) else ""


class TextDifference(Struct, frozen=True):
    """The difference between two texts, as hunks of lines. If `blanks_only` is True, the texts have the same words and
    differ only in whitespace. `hidden` is the number of changed lines that are left out because the plan is long.
    """

    hunks: tuple[Hunk, ...]
    blanks_only: bool = False
    hidden: int = 0


def is_marked(line: Line) -> bool:
    """Returns whether the changed words of a line are marked. They are marked only if the line also has unchanged
    words.
    """
    return any(segment.kind == "same" and WORD.search(segment.text) for segment in line)


@contextmanager
def comparing_lines_only() -> Iterator[None]:
    """Makes `compare_texts` compare only lines, and not words, in the `with` block. This is much faster than also
    marking the changed words. The function `mark_words` can mark the words later.
    """
    token = _MARKS_WORDS.set(False)
    try:
        yield
    finally:
        _MARKS_WORDS.reset(token)


def compare_texts(before: str, after: str) -> TextDifference:
    """Returns the difference between two texts. Each of the texts may be empty. Only line feeds separate lines."""
    return _compare_with_words(before, after) if _MARKS_WORDS.get() else _compare(before, after)


def mark_words(text: TextDifference) -> TextDifference:
    """Returns `text`, the difference between two texts, with the changed words marked. The texts were compared by lines
    only, in a `with` block of `comparing_lines_only`.
    """
    with bounded_text() as work:
        hunks = tuple(Hunk(tuple(_mark(block, work) for block in hunk.blocks)) for hunk in text.hunks)
    return replace(text, hunks=hunks)


@lru_cache(maxsize=COMPARED)
def _compare_with_words(before: str, after: str) -> TextDifference:
    """Returns the difference between two texts, with the changed words marked. The result is cached, because the same
    plan may be rendered in several output formats.
    """
    return _compare(before, after)


def _compare(before: str, after: str) -> TextDifference:
    with bounded_text() as work:
        hunks = _hunks(list(_blocks(_lines(before), _lines(after), work)))
    return TextDifference(tuple(map(Hunk, hunks)), differ_in_blanks_only(before, after))


def _mark(block: Block, work: Work) -> Block:
    if not block.changed:
        return block
    old, new = (["".join(each.text for each in line) for line in side] for side in (block.before, block.after))
    before, after = _sides(old, new, work)
    return replace(block, before=before, after=after)


def _plain(hunk: Hunk, side: Literal["before", "after"]) -> Iterator[str]:
    for block in hunk.blocks:
        for line in block.before if side == "before" else block.after:
            yield "".join(segment.text for segment in line)


def _lines(text: str) -> list[str]:
    return text.split("\n") if text else []


def _blocks(old: list[str], new: list[str], work: Work) -> Iterator[Block]:
    """Yields all lines of two texts as unchanged and changed blocks. `old` and `new` are the lines of the texts. Equal
    lines at the beginning and at the end are found first, because most texts change in one place only.
    """
    head, tail = shared_ends(old, new)
    middle = old[head : len(old) - tail], new[head : len(new) - tail]
    yield from _same(old[:head], 0, 0)
    for tag, a, b, c, d in match(*middle, work):
        if tag == "equal":
            yield from _same(middle[0][a:b], head + a, head + c)
        else:
            yield _changed((middle[0][a:b], middle[1][c:d]), head + a, head + c, work)
    yield from _same(old[len(old) - tail :], len(old) - tail, len(new) - tail)


def _same(lines: Sequence[str], before: int, after: int) -> Iterator[Block]:
    if lines:
        both = tuple(_line("same", line) for line in lines)
        yield Block(both, both, before + 1, after + 1, changed=False)


def _changed(lines: tuple[Sequence[str], Sequence[str]], before: int, after: int, work: Work) -> Block:
    sides = _sides(*lines, work) if _MARKS_WORDS.get() else _whole(*lines)
    return Block(*sides, before + 1, after + 1, changed=True)


def _sides(old: Sequence[str], new: Sequence[str], work: Work) -> Sides:
    """Returns two values: the lines of a changed block before the change (`old`) and after it (`new`), with the changed
    words marked. `work` limits the steps of the comparison.

    Words are marked only in lines that are similar to each other. A very large block is compared as one text instead of
    line by line.
    """
    pairs = pair_lines(old, new)
    if pairs is None or differ_in_blanks_only("\n".join(old), "\n".join(new)):
        return _marked("\n".join(old), "\n".join(new), work) if old and new else _whole(old, new)
    lines = [list(side) for side in _whole(old, new)]
    for left, right in pairs:
        (lines[0][left],), (lines[1][right],) = _marked(old[left], new[right], work)
    return tuple(lines[0]), tuple(lines[1])


def _marked(old: str, new: str, work: Work) -> Sides:
    segments = compare_words(old, new, work)
    if is_alike(segments):
        return tuple(_split(segments, "added")), tuple(_split(segments, "removed"))
    return _whole(old.split("\n"), new.split("\n"))


def _whole(old: Sequence[str], new: Sequence[str]) -> Sides:
    return tuple(_line("removed", line) for line in old), tuple(_line("added", line) for line in new)


def _line(kind: Kind, text: str) -> Line:
    return (Segment(kind, text),) if text else ()


def _split(segments: Sequence[Segment], absent: Kind) -> Iterator[Line]:
    """Yields the lines of one of two compared texts. `segments` are the pieces of both texts: unchanged, removed and
    added. Segments of the kind `absent` (removed or added) are left out, because they exist only in the other text.
    """
    line: Line = ()
    for segment in segments:
        if segment.kind == absent:
            continue
        first, *rest = segment.text.split("\n")
        line += _line(segment.kind, first)
        for text in rest:
            yield line
            line = _line(segment.kind, text)
    yield line


def _hunks(blocks: Sequence[Block]) -> Iterator[tuple[Block, ...]]:
    """Yields the blocks of each hunk. A hunk contains changed blocks, and at most CONTEXT unchanged lines before and
    after them. Changed blocks that are near each other are in the same hunk.
    """
    hunk: list[Block] = []
    for index, block in enumerate(blocks):
        if block.changed or (0 < index < len(blocks) - 1 and len(block.before) <= 2 * CONTEXT):
            hunk.append(block)
        else:
            if index:
                yield (*hunk, _cut(block, 0, CONTEXT))
            hunk = [_cut(block, max(0, len(block.before) - CONTEXT), None)]
    if any(block.changed for block in hunk):
        yield tuple(hunk)


def _cut(block: Block, start: int, end: int | None) -> Block:
    lines = block.before[start:end]
    return Block(lines, lines, block.before_start + start, block.after_start + start, changed=False)
