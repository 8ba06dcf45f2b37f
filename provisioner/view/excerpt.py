"""Long lines cut down to what changed in them, with a gap that says how much is left out."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.view.prose import Line
from provisioner.view.words import Segment

#: Lines up to this many letters are shown whole.
SHORT = 240
#: Letters kept on each side of what changed.
AROUND = 60
#: Letters of a piece that came or went which are shown whole: a reviewer must see all that was added.
MOST = 4_000


def shorten(line: Line, most: int = MOST) -> Line:
    """The line with what stayed far from any change left out, and the midst of changes of more than `most` letters."""
    if sum(len(each.text) for each in line) <= SHORT:
        return line
    return tuple(piece for index, each in enumerate(line) for piece in _cut(each, index, len(line) - 1, most))


def _cut(segment: Segment, index: int, last: int, most: int) -> Iterator[Segment]:
    text = segment.text
    if segment.kind != "same":
        head, tail = most // 2, most // 2
    else:
        head, tail = (AROUND if index else 0), (AROUND if index < last else 0)
        head = head or (SHORT if index == last else 0)
    left_out = len(text) - head - tail
    if left_out <= AROUND:
        yield segment
        return
    yield from [Segment(segment.kind, text[:head])] if head else []
    yield Segment("gap", f"… {left_out:,} letters …")
    yield from [Segment(segment.kind, text[-tail:])] if tail else []
