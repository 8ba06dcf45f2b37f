"""What differs between two texts: hunks of lines, the changed words marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from provisioner.view.words import WORD, Kind, Segment, compare_words, differ_in_blanks_only, is_alike, shared_ends

#: Lines shown around what changed.
CONTEXT = 3

Line = tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that stayed, the same on both sides, or (`changed`) lines that went and those that came instead.

    `before_start` and `after_start` number the first line of each side, from 1.
    """

    before: tuple[Line, ...]
    after: tuple[Line, ...]
    before_start: int
    after_start: int
    changed: bool


@dataclass(frozen=True, slots=True)
class Hunk:
    """Neighbouring blocks: those that changed, and a few lines around them."""

    blocks: tuple[Block, ...]

    def key(self) -> tuple[object, ...]:
        """What changed, wherever it stands: equal for one edit in two texts."""
        return tuple((block.before, block.after) for block in self.blocks if block.changed)


@dataclass(frozen=True, slots=True)
class TextDifference:
    """The hunks of two texts. With `blanks_only` the words are the same, and only white space differs."""

    hunks: tuple[Hunk, ...]
    blanks_only: bool = False


def is_marked(line: Line) -> bool:
    """Whether words of a changed line are set off: only where others of it stayed."""
    return any(segment.kind == "same" and WORD.search(segment.text) for segment in line)


def compare_texts(before: str, after: str) -> TextDifference:
    """The difference; either side may be empty. Lines end at line feeds and nowhere else."""
    hunks = _hunks(list(_blocks(_lines(before), _lines(after))))
    return TextDifference(tuple(map(Hunk, hunks)), differ_in_blanks_only(before, after))


def _lines(text: str) -> list[str]:
    return text.split("\n") if text else []


def _blocks(old: list[str], new: list[str]) -> Iterator[Block]:
    """All lines. What both begin and end with is set aside first: most texts change in one place."""
    head, tail = shared_ends(old, new)
    middle = old[head : len(old) - tail], new[head : len(new) - tail]
    yield from _same(old[:head], 0, 0)
    for tag, a, b, c, d in SequenceMatcher(None, *middle).get_opcodes():
        if tag == "equal":
            yield from _same(middle[0][a:b], head + a, head + c)
        else:
            yield _changed(middle[0][a:b], middle[1][c:d], head + a, head + c)
    yield from _same(old[len(old) - tail :], len(old) - tail, len(new) - tail)


def _same(lines: Sequence[str], before: int, after: int) -> Iterator[Block]:
    if lines:
        both = tuple(_line("same", line) for line in lines)
        yield Block(both, both, before + 1, after + 1, changed=False)


def _changed(old: Sequence[str], new: Sequence[str], before: int, after: int) -> Block:
    sides: tuple[tuple[Line, ...], tuple[Line, ...]]
    sides = tuple(_line("removed", line) for line in old), tuple(_line("added", line) for line in new)
    if old and new:
        segments = compare_words("\n".join(old), "\n".join(new))
        if is_alike(segments):
            sides = tuple(_split(segments, "added")), tuple(_split(segments, "removed"))
    return Block(*sides, before + 1, after + 1, changed=True)


def _line(kind: Kind, text: str) -> Line:
    return (Segment(kind, text),) if text else ()


def _split(segments: Sequence[Segment], absent: Kind) -> Iterator[Line]:
    """One side's lines: all segments but those of the kind that is absent there."""
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
    """Changed blocks with some lines around them; those that are close stand together."""
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
