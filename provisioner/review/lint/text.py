"""Searches a text for its lines, headings, paragraphs and words. The time of a search is proportional to the length of
the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import accumulate

from provisioner.review.lint.markdown_blocks import MarkdownBlock, MarkdownParser

#: A word that can be the name of a function. It is also found directly before or after characters of other scripts.
WORD = re.compile(r"[A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*")

Accept = Callable[[str, int, int], bool]


class Text:
    """A text in which lines, headings, paragraphs and words can be found. Each result is computed when it is first
    needed, and is then cached.
    """

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self._named_somehow: dict[frozenset[str], frozenset[str]] = {}
        self._first: dict[tuple[frozenset[str], Accept], dict[str, int]] = {}

    @cached_property
    def lines(self) -> list[str]:
        """Returns the lines of the text, without their line ends."""
        return self.raw.split("\n")

    @cached_property
    def blocks(self) -> list[MarkdownBlock]:
        """Returns the headings and paragraphs of the text, from its beginning to its end. Blocks of code and HTML
        comments are not included.
        """
        return list(self._blocks())

    def at(self, offset: int) -> tuple[int, int]:
        """Returns the line and the column of the position `offset` in the text. Both are counted from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def named_somehow(self, known: frozenset[str]) -> frozenset[str]:
        """Returns the names in `known` that occur as words in the text, in uppercase or lowercase. The names in `known`
        must be lowercase. The result is cached.
        """
        if known not in self._named_somehow:
            self._named_somehow[known] = known.intersection(WORD.findall(self.raw.lower()))
        return self._named_somehow[known]

    def first(self, known: frozenset[str], accept: Accept) -> Mapping[str, int]:
        """Returns a mapping from names in `known` to positions in the text. The position is the first at which the name
        occurs as a word that `accept` accepts. Names that do not occur are left out. The result is cached.

        The arguments of the function `accept` are the text, and the positions of the beginning and the end of the word.
        """
        if (known, accept) not in self._first:
            found: dict[str, int] = {}
            for match in WORD.finditer(self.raw):
                name = match[0]
                if name in known and name not in found and accept(self.raw, match.start(), match.end()):
                    found[name] = match.start()
            self._first[known, accept] = found
        return self._first[known, accept]

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *accumulate(len(line) + 1 for line in self.lines[:-1])]

    def _blocks(self) -> Iterator[MarkdownBlock]:
        page = MarkdownParser(self.raw.rfind("-->"))
        for start, line in zip(self._starts, self.lines, strict=True):
            yield from page.take(start, line)
        yield from page.end()
