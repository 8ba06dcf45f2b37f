"""Replaces parts of a file's text. Every other byte of the file stays as it is."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from msgspec import Struct

from provisioner.core.text.prose import normalise_lines

BREAK = re.compile(r"\r\n|\r|\n")
BOM = "\ufeff"


class Splice(Struct, frozen=True, order=True):
    """A replacement in a text: the characters from the position `begin` to the position `end` become `text`.

    Positions count from 0 in the normalised text, which has no BOM and whose lines end with `\\n`. The lines of `text`
    also end with `\\n`.
    """

    begin: int
    end: int
    text: str


class Overlapping(Exception):
    """Raised if two replacements change the same characters of a text."""


@dataclass
class SourceText:
    """A decoded file. `raw` is the text of the file with the line ends of the file. `text` is the same text without a
    BOM and with normalised line ends.
    """

    raw: str
    text: str = field(init=False)
    _starts: list[int] = field(init=False)
    _raw_starts: list[int] = field(init=False)
    _ends: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.text = normalise_lines(self.raw)
        begin = len(self.raw) - len(self.raw.removeprefix(BOM))
        breaks = list(BREAK.finditer(self.raw, begin))
        self._raw_starts = [begin, *(each.end() for each in breaks)]
        self._ends = [each[0] for each in breaks]
        self._starts = [0, *(each.end() for each in re.finditer("\n", self.text))]

    def at(self, line: int, column: int) -> int:
        """Returns the position in the text of the column `column` in the line `line`, both counted from 0."""
        return self._starts[line] + column if line < len(self._starts) else len(self.text)

    def line_of(self, position: int) -> int:
        """Returns the number of the line that contains a position, counted from 0."""
        return bisect_right(self._starts, position) - 1

    def line_start(self, position: int) -> int:
        """Returns the position of the beginning of the line that contains `position`."""
        return self._starts[self.line_of(position)]

    def line_end(self, position: int) -> int:
        """Returns the position of the end of the line that contains `position`. This is the position before the line
        break.
        """
        end = self.text.find("\n", position)
        return len(self.text) if end < 0 else end

    def replaced(self, splices: Iterable[Splice]) -> str:
        """Returns the raw text of the file after all replacements `splices`. The line breaks in a new text become those
        of the line in which the replacement begins. Raises Overlapping if two replacements change the same characters.
        """
        parts: list[str] = []
        at = raw_at = 0
        for splice in sorted(dict.fromkeys(splices), key=lambda each: (each.begin, each.end)):
            if splice.begin < at:
                raise Overlapping
            parts.append(self.raw[raw_at : self._raw(splice.begin)])
            parts.append(splice.text.replace("\n", self._break_at(splice.begin)))
            at, raw_at = splice.end, self._raw(splice.end)
        return "".join((*parts, self.raw[raw_at:]))

    def _raw(self, position: int) -> int:
        line = self.line_of(position)
        return self._raw_starts[line] + position - self._starts[line]

    def _break_at(self, position: int) -> str:
        line = min(self.line_of(position), len(self._ends) - 1)
        return self._ends[line] if self._ends else "\n"


def replace_lines(before: str, after: str, begin: int = 0) -> list[Splice]:
    """Returns the replacements that change the text `before` into the text `after`. They change only the lines from the
    first to the last difference. `begin` is the position of `before` in its file.
    """
    if before == after:
        return []
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    first = begin + sum(map(len, old[:head]))
    last = begin + len(before) - sum(map(len, old[len(old) - tail :]))
    return [Splice(first, last, "".join(new[head : len(new) - tail]))]
