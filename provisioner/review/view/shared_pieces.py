"""Finds the pieces of differences that several changes have in common, and removes these pieces from the changes, so
that each piece is shown only once. A piece is a changed block of lines, or a difference in a tool.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from provisioner.review.view.difference import Difference
from provisioner.review.view.prose import CONTEXT, Block, Hunk, Line, TextDifference

#: The path of a piece of a difference and the edit at this path, independent of its position. The same edit in two
#: texts has equal keys.
Key = tuple[str, *tuple[Any, ...]]


class Position(Struct, frozen=True):
    """The position of a changed block of lines in the difference of a text. `difference` contains the block, in one of
    its hunks (groups of changed and unchanged blocks). `number` is the number of the hunk, and `at` is the number of
    the block in this hunk. Both begin at 0.
    """

    difference: Difference
    number: int = 0
    at: int = 0

    def hunk(self) -> Hunk:
        """Returns the hunk that contains the block at this position."""
        assert self.difference.text is not None
        return self.difference.text.hunks[self.number]

    def block(self) -> Block:
        """Returns the block at this position, with its removed and added lines."""
        return self.hunk().blocks[self.at]

    def beside(self, step: int) -> tuple[Line, ...]:
        """Returns the unchanged lines next to the block at this position: directly before it if `step` is -1, directly
        after it if `step` is 1.
        """
        blocks, at = self.hunk().blocks, self.at + step
        return blocks[at].before if 0 <= at < len(blocks) and not blocks[at].changed else ()


def find_pieces(difference: Difference) -> Iterator[tuple[Key, Position]]:
    """Yields the pieces of a difference that other changes may also contain. A piece is a changed block of lines of a
    text. A difference of short values in a tool is one piece; short values of other fields yield nothing. Each result
    is a pair: the key and the position of the piece. If two changes contain the same edit, the keys are equal.
    """
    if difference.text is None:
        if difference.path.startswith("tools["):
            yield (difference.path, repr(difference.before), repr(difference.after)), Position(difference)
        return
    seen: Counter[Key] = Counter()
    for number, hunk in enumerate(difference.text.hunks):
        for at, block in enumerate(hunk.blocks):
            if block.changed:
                what: Key = (difference.path, block.before, block.after)
                yield (*what, seen[what]), Position(difference, number, at)
                seen[what] += 1


def share(places: Sequence[Mapping[Key, Position]], keys: Sequence[Key]) -> Iterator[Difference]:
    """Yields the differences that several changes have in common, one for each path of a field. `places` contains a
    mapping for each change, which maps the keys of pieces to positions. `keys` are the keys of the common pieces, which
    are in every mapping.

    A yielded difference consists of the common pieces, and of the unchanged lines around each piece if these lines are
    the same in all changes.
    """
    by_path: dict[str, list[Key]] = {}
    for key in keys:
        by_path.setdefault(key[0], []).append(key)
    for path_keys in by_path.values():
        ordered = sorted(path_keys, key=lambda key: (places[0][key].number, places[0][key].at))
        each = [[known[key] for known in places] for key in ordered]
        difference = each[0][0].difference
        if difference.text is not None:
            blanks_only = any(place.difference.text and place.difference.text.blanks_only for place in each[0])
            difference = replace(difference, text=TextDifference(tuple(_hunks(each)), bool(blanks_only)))
        yield difference


def leave_out(text: TextDifference, places: Iterable[Position]) -> TextDifference:
    """Returns the difference of a text without the changed blocks at the given positions. The unchanged lines around
    the remaining blocks are kept.
    """
    gone = {(place.number, place.at) for place in places}
    hunks: list[Hunk] = []
    for number, hunk in enumerate(text.hunks):
        run: list[Block] = []
        for at, block in enumerate(hunk.blocks):
            if (number, at) in gone:
                hunks += _hunk_of(run)
                run = []
            else:
                run.append(block)
        hunks += _hunk_of(run)
    return replace(text, hunks=tuple(hunks))


def _hunk_of(run: list[Block]) -> Iterator[Hunk]:
    """Yields one hunk with the consecutive blocks `run`. The hunk contains at most CONTEXT unchanged lines at its
    beginning and at its end. Yields nothing if no block is changed.
    """
    if not any(block.changed for block in run):
        return
    first, last = run[0], run[-1]
    if not last.changed:
        run[-1] = _stayed(last.before[:CONTEXT], last.before_start, last.after_start)
    if not first.changed:
        cut = max(0, len(first.before) - CONTEXT)
        run[0] = _stayed(first.before[cut:], first.before_start + cut, first.after_start + cut)
    yield Hunk(tuple(run))


def _hunks(pieces: Sequence[Sequence[Position]]) -> Iterator[Hunk]:
    """Yields the hunks (groups of changed and unchanged blocks of lines) that the differences of several texts have in
    common. `pieces` contains a sequence for each changed block that is in all of the texts. This sequence contains the
    position of the block in each text.
    """
    blocks: list[Block] = []
    former: Sequence[Position] = ()
    for piece in pieces:
        block, between = piece[0].block(), _between(former, piece)
        if between is not None:
            blocks += [between, block]
        else:
            if former:
                yield Hunk((*blocks, *_after(former)))
            blocks = [*_before(piece), block]
        former = piece
    yield Hunk((*blocks, *_after(former)))


def _between(former: Sequence[Position], piece: Sequence[Position]) -> Block | None:
    """Returns the block of unchanged lines between two changed blocks, `former` and `piece`. Returns None if the blocks
    are not neighbours, or if these lines differ between the texts. Each changed block is given by its positions, one
    for each text.
    """
    if not former or any(
        (one.number, one.at + 2) != (two.number, two.at) for one, two in zip(former, piece, strict=True)
    ):
        return None
    lines = {place.beside(-1) for place in piece}
    return piece[0].hunk().blocks[piece[0].at - 1] if len(lines) == 1 else None


def _before(piece: Sequence[Position]) -> Iterator[Block]:
    lines = _same([place.beside(-1)[::-1] for place in piece])[::-1]
    if lines:
        block = piece[0].block()
        yield _stayed(lines, block.before_start - len(lines), block.after_start - len(lines))


def _after(piece: Sequence[Position]) -> Iterator[Block]:
    lines = _same([place.beside(1) for place in piece])
    if lines:
        block = piece[0].block()
        yield _stayed(lines, block.before_start + len(block.before), block.after_start + len(block.after))


def _same(sides: Sequence[tuple[Line, ...]]) -> tuple[Line, ...]:
    """Returns the first lines that are equal in all items of `sides`, at most CONTEXT lines. Each item contains the
    unchanged lines next to a changed block in one of the texts.
    """
    rows = zip(*(side[:CONTEXT] for side in sides), strict=False)
    return tuple(row[0] for row in takewhile(lambda row: all(line == row[0] for line in row), rows))


def _stayed(lines: tuple[Line, ...], before: int, after: int) -> Block:
    return Block(lines, lines, before, after, changed=False)
