"""Converts citation marks such as 【1】 in the text of a model to citations. The text is either complete or still
arriving.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from provisioner.emulator.answering.outputs import FileCitation, Hit, Text, TextPiece

#: A mark that cites the passage with this number. A longer source is no mark, so that little text is kept back.
MARK = re.compile(r"\s?【(\d{1,9})(?::\d{1,9})?(?:†[^【】]{0,300})?】")
#: The end of a text that may become a mark with the text that follows.
BEGUN_MARK = re.compile(r"(?:\s|\s?【(?:\d{0,9}|\d{1,9}:\d{0,9}|\d{1,9}(?::\d{1,9})?†[^【】]{0,300}))\Z")


def cite(text: str, hits: Sequence[Hit]) -> Text:
    """Returns the text with citations in place of marks such as 【1】. The number of a mark is the position of the
    passage in `hits`, from 1. A mark with an unknown number is kept as text.
    """
    parts: list[str] = []
    notes: list[FileCitation] = []
    size = end = 0
    for mark in MARK.finditer(text):
        number = int(mark[1]) - 1
        if not 0 <= number < len(hits):
            continue
        parts.append(text[end : mark.start()])
        size += mark.start() - end
        end = mark.end()
        notes.append(FileCitation(size, hits[number]))
    return Text("".join([*parts, text[end:]]), tuple(notes))


class ArrivingText:
    """Converts a text that arrives in parts to pieces with citations. The returned pieces together are equal to
    `cite(text, hits)` for the whole text.

    Characters at the end are held back as long as they can be the beginning of a mark. Spaces at the beginning are held
    back until other characters arrive.
    """

    def __init__(self, hits: Sequence[Hit]) -> None:
        self._hits = hits
        self._waiting = ""
        self._parts: list[str] = []
        self._notes: list[FileCitation] = []
        self._size = 0
        self.has_begun = False

    def add(self, part: str) -> TextPiece | None:
        """Adds a part of the text. Returns the next piece, or None if all characters are held back."""
        self.has_begun = True
        self._waiting += part
        # No mark is longer than 330 characters.
        place = max(0, len(self._waiting) - 400)
        begun = BEGUN_MARK.search(self._waiting, place)
        return self._release(begun.start() if begun else len(self._waiting))

    def end(self) -> TextPiece | None:
        """Returns the last piece of the text, or None if nothing is left. Must be called after all parts were added."""
        return self._release(len(self._waiting))

    @property
    def whole(self) -> Text | None:
        """Returns all pieces together, or None if there are no pieces."""
        return Text("".join(self._parts), tuple(self._notes)) if self._size or self._notes else None

    def _release(self, size: int) -> TextPiece | None:
        ready = self._waiting[:size]
        if not ready or (not self._parts and not ready.strip()):
            return None
        self._waiting = self._waiting[size:]
        cited = cite(ready, self._hits)
        notes = tuple(
            FileCitation(self._size + each.position, each.hit)
            for each in cited.annotations
            if isinstance(each, FileCitation)
        )
        piece = TextPiece(cited.text, self._size, notes)
        self._parts.append(cited.text)
        self._notes += notes
        self._size += len(cited.text)
        return piece
