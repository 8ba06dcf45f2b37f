"""Shortens long lines. Unchanged text that is far from all changes is left out. Changed text is never left out."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.review.view.prose import Line
from provisioner.review.view.words import Segment

#: The largest number of characters of a line that is shown whole.
SHORT = 240
#: The number of unchanged characters that are kept on each side of a change.
AROUND = 60


def shorten(line: Line) -> Line:
    """Returns the line without unchanged text that is far from all changes. In place of the missing text, a note says
    how many characters are left out.
    """
    if sum(len(each.text) for each in line) <= SHORT:
        return line
    return tuple(piece for index, each in enumerate(line) for piece in _cut(each, index, len(line) - 1))


def _cut(segment: Segment, index: int, last: int) -> Iterator[Segment]:
    text = segment.text
    head, tail = (AROUND if index else 0), (AROUND if index < last else 0)
    head = head or (SHORT if index == last else 0)
    left_out = len(text) - head - tail
    if segment.kind != "same" or left_out <= AROUND:
        yield segment
        return
    yield from [Segment(segment.kind, text[:head])] if head else []
    yield Segment("gap", f"… {left_out:,} unchanged characters …")
    yield from [Segment(segment.kind, text[-tail:])] if tail else []
