"""The headings and paragraphs of a Markdown text, line by line: what is code or a remark is neither."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

#: What has fewer letters is a label or a rule drawn across the page, and may well stand twice.
SHORTEST = 16
LETTERS = re.compile(r"[^\W_]")
DEEPEST = 6
#: Blanks before a line that is code, where it is in no list and goes on with no paragraph.
CODE = 4
FENCE = re.compile(r"(`{3,}+)[^`]*+|(~{3,}+).*+")
ITEM = re.compile(r"(?:[-*+]|[0-9]{1,9}[.)])(?:\s|\Z)")


@dataclass(frozen=True, slots=True)
class Block:
    """A heading (`level` from 1) or a paragraph (level 0): its words with single blanks, and where it begins."""

    level: int
    words: str
    offset: int


@dataclass(slots=True)
class Page:
    """What is open between two lines. `last` is where the text's last end of an HTML comment is, below 0 for none."""

    last: int
    _fence: str = ""
    _in_remark: bool = False
    _in_list: bool = False
    _lines: list[str] = field(default_factory=list)
    _opened: int = 0

    def take(self, start: int, line: str) -> Iterator[Block]:
        """The next line, which begins at `start`: what ends with it."""
        if self._fence:
            self._fence = "" if _closes(line.strip(), self._fence) else self._fence
            return
        was_in_remark = self._in_remark
        visible = self._without_remarks(start, line)
        stripped = visible.strip()
        if not stripped and (was_in_remark or line.strip()):
            return  # a remark alone on its lines belongs to what follows, and is none of it
        is_deep = _indent(visible) >= CODE
        if is_deep and stripped and not self._lines and not self._in_list:
            return
        fence = FENCE.fullmatch(stripped) if not is_deep or self._in_list else None
        heading = _heading(stripped) if not is_deep else None
        self._enter(visible, stripped)
        if stripped and not fence and not heading:
            self._opened = self._opened if self._lines else start + len(line) - len(line.lstrip())
            self._lines.append(stripped)
            return
        yield from self.end()
        if fence:
            self._fence = fence[1] or fence[2]
        elif heading:
            yield Block(heading[0], heading[1], start + len(line) - len(line.lstrip()))

    def end(self) -> Iterator[Block]:
        """The paragraph that is open, if it is long enough, and no more."""
        words = " ".join(" ".join(self._lines).split())
        self._lines = []
        if len(LETTERS.findall(words[: 8 * SHORTEST])) >= SHORTEST:
            yield Block(0, words, self._opened)

    def _enter(self, visible: str, stripped: str) -> None:
        """Whether this line is in a list: it begins an item, or is below one and stands further in."""
        if ITEM.match(stripped):
            self._in_list = True
        elif stripped and not self._lines and not visible[0].isspace():
            self._in_list = False

    def _without_remarks(self, start: int, line: str) -> str:
        """The line without HTML comments. One goes on in the next lines where nothing stands before it in its own."""
        parts: list[str] = []
        position = 0
        while True:
            if self._in_remark:
                end = line.find("-->", position)
                if end < 0:
                    return "".join(parts)
                position, self._in_remark = end + len("-->"), False
            begin = line.find("<!--", position)
            goes_on = begin >= 0 and line.find("-->", begin) < 0
            if begin < 0 or (goes_on and (line[:begin].strip() or start + begin > self.last)):
                return "".join((*parts, line[position:]))
            parts.append(line[position:begin])
            position, self._in_remark = begin + len("<!"), True


def _closes(stripped: str, fence: str) -> bool:
    """Whether a line ends what a fence began: with as many of its letters, or more, and nothing else."""
    return len(stripped) >= len(fence) and not stripped.strip(fence[0])


def _indent(line: str) -> int:
    """The blanks before a line; a tab goes to the next fourth column."""
    head = line[: len(line) - len(line.lstrip(" \t"))]
    return len(head.expandtabs(CODE))


def _heading(line: str) -> tuple[int, str] | None:
    """Level and title of an ATX heading."""
    rest = line.lstrip("#")
    level = len(line) - len(rest)
    if not 1 <= level <= DEEPEST or rest[:1] not in (" ", "\t"):
        return None
    title = rest.rstrip("#").strip()
    return (level, " ".join(title.split())) if title else None
