"""A text taken apart: lines, headings, paragraphs and words. Every step takes time in proportion to its length."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

#: Names as functions have them, whatever letters of other scripts are joined to them.
WORD = re.compile(r"[A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*")
#: What has fewer letters is a label or a rule drawn across the page, and may well stand twice.
SHORTEST = 16
LETTERS = re.compile(r"[^\W_]")
DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Block:
    """A heading (`level` from 1) or a paragraph (level 0): its words with single blanks, and where it begins."""

    level: int
    words: str
    offset: int


class Text:
    """A text, taken apart as far as somebody asks."""

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self._named: dict[frozenset[str], frozenset[str]] = {}
        self._named_somehow: dict[frozenset[str], frozenset[str]] = {}
        self._first: dict[str, int | None] = {}

    @cached_property
    def lines(self) -> list[str]:
        """The lines, without their ends."""
        return self.raw.split("\n")

    @cached_property
    def blocks(self) -> list[Block]:
        """Headings and paragraphs in order, without what stands between code fences."""
        return list(self._blocks())

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column of a position; both start at 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def named(self, known: frozenset[str]) -> frozenset[str]:
        """Which of these names are words of the text."""
        if known not in self._named:
            self._named[known] = known.intersection(WORD.findall(self.raw))
        return self._named[known]

    def named_somehow(self, known: frozenset[str]) -> frozenset[str]:
        """Which of these names, in small letters, are words of the text in whatever letters."""
        if known not in self._named_somehow:
            self._named_somehow[known] = known.intersection(WORD.findall(self.raw.lower()))
        return self._named_somehow[known]

    def first(self, name: str, expression: re.Pattern[str]) -> int | None:
        """Where the expression of this name is first found; looked for once."""
        if name not in self._first:
            match = expression.search(self.raw)
            self._first[name] = match.start() if match else None
        return self._first[name]

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *accumulate(len(line) + 1 for line in self.lines[:-1])]

    def _blocks(self) -> Iterator[Block]:
        fence = ""
        open_lines: list[str] = []
        opened = 0
        for start, line in zip(self._starts, self.lines, strict=True):
            stripped = _without_remarks(line).strip()
            if line and not stripped and not line.isspace():
                continue  # a remark alone on its line belongs to what follows, and is none of it
            marker = stripped[:3]
            is_fence = marker in ("```", "~~~") and (not fence or marker == fence)
            heading = None if fence or is_fence else _heading(stripped)
            if stripped and not fence and not is_fence and heading is None:
                opened = opened if open_lines else start + len(line) - len(line.lstrip())
                open_lines.append(stripped)
                continue
            yield from _paragraph(open_lines, opened)
            open_lines = []
            if is_fence:
                fence = "" if fence else marker
            elif heading is not None:
                yield Block(heading[0], heading[1], start + len(line) - len(line.lstrip()))
        yield from _paragraph(open_lines, opened)


def _heading(line: str) -> tuple[int, str] | None:
    """Level and title of an ATX heading."""
    rest = line.lstrip("#")
    level = len(line) - len(rest)
    if not 1 <= level <= DEEPEST or rest[:1] not in (" ", "\t"):
        return None
    title = rest.rstrip("#").strip()
    return (level, " ".join(title.split())) if title else None


def _paragraph(lines: list[str], offset: int) -> Iterator[Block]:
    words = " ".join(" ".join(lines).split())
    if len(LETTERS.findall(words[: 8 * SHORTEST])) >= SHORTEST:
        yield Block(0, words, offset)


def _without_remarks(line: str) -> str:
    """The line without HTML comments that begin and end in it."""
    parts, position = [], 0
    while (start := line.find("<!--", position)) >= 0 and (end := line.find("-->", start)) >= 0:
        parts.append(line[position:start])
        position = end + len("-->")
    return "".join((*parts, line[position:])) if parts else line
