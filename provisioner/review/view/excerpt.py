"""Shortens long lines: leaves out unchanged text that is far from every change, and never any changed text."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.review.view.prose import Line
from provisioner.review.view.words import Segment

#: Lines with up to this many characters are shown whole.
SHORT = 240
#: Unchanged characters kept on each side of a change.
AROUND = 60


def shorten(line: Line) -> Line:
    """Returns the line without unchanged text that is far from every change. In its place there is a note about the
    number of characters that are left out.
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
