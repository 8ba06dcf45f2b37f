"""Finds the headings and paragraphs of a Markdown text, line by line. Blocks of code and HTML comments are ignored."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct, field

#: The least number of letters and digits in a paragraph. A shorter one is a label or a horizontal rule, which may occur
#: twice.
SHORTEST = 16
LETTERS = re.compile(r"[^\W_]")
DEEPEST = 6
#: The number of spaces before a line of code, if the line is outside of a list and does not continue a paragraph.
CODE = 4
FENCE = re.compile(r"(`{3,}+)[^`]*+|(~{3,}+).*+")
ITEM = re.compile(r"(?:[-*+]|[0-9]{1,9}[.)])(?:\s|\Z)")


class MarkdownBlock(Struct, frozen=True):
    """A heading or a paragraph of a Markdown text. `level` is 1 or more for a heading, and 0 for a paragraph. `words`
    is its text with single spaces, and `offset` is its position in the whole text.
    """

    level: int
    words: str
    offset: int


class MarkdownParser(Struct):
    """A parser that receives a Markdown text line by line and yields its headings and paragraphs. `last` is the
    position of the last `-->`, the end of an HTML comment, in the text. It is negative if the text contains no `-->`.
    """

    last: int
    _fence: str = ""
    _in_remark: bool = False
    _in_list: bool = False
    _lines: list[str] = field(default_factory=list)
    _opened: int = 0

    def take(self, start: int, line: str) -> Iterator[MarkdownBlock]:
        """Processes the next line of the text. `start` is the position of the line in the text. Yields the headings and
        paragraphs that end with this line or before it.
        """
        if self._fence:
            self._fence = "" if _closes(line.strip(), self._fence) else self._fence
            return
        was_in_remark = self._in_remark
        visible = self._without_remarks(start, line)
        stripped = visible.strip()
        if not stripped and (was_in_remark or line.strip()):
            return  # A comment alone on its lines belongs to the next block, but not to its text.
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
            yield MarkdownBlock(heading[0], heading[1], start + len(line) - len(line.lstrip()))

    def end(self) -> Iterator[MarkdownBlock]:
        """Ends the current paragraph. Yields this paragraph if it has at least SHORTEST letters and digits."""
        words = " ".join(" ".join(self._lines).split())
        self._lines = []
        if len(LETTERS.findall(words[: 8 * SHORTEST])) >= SHORTEST:
            yield MarkdownBlock(0, words, self._opened)

    def _enter(self, visible: str, stripped: str) -> None:
        """Updates whether the parser is inside a list. A line belongs to a list if it begins an item of the list, or if
        it is indented and so continues an item. `visible` is the line without HTML comments. `stripped` is `visible`
        without whitespace at its ends.
        """
        if ITEM.match(stripped):
            self._in_list = True
        elif stripped and not self._lines and not visible[0].isspace():
            self._in_list = False

    def _without_remarks(self, start: int, line: str) -> str:
        """Returns the line without HTML comments. `start` is the position of the line in the text. A comment is
        followed onto the next lines only if no text is before the comment in its first line, and if the text contains a
        later `-->`.
        """
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
    """Returns whether the line `stripped` closes a block of code that the line `fence` opened. `fence` consists of one
    repeated character. A closing line contains only this character, and is at least as long as `fence`.
    """
    return len(stripped) >= len(fence) and not stripped.strip(fence[0])


def _indent(line: str) -> int:
    """Returns the width of the whitespace at the beginning of a line, in columns. A tab ends at the next multiple of
    four.
    """
    head = line[: len(line) - len(line.lstrip(" \t"))]
    return len(head.expandtabs(CODE))


def _heading(line: str) -> tuple[int, str] | None:
    """Returns the level and the title of a heading that begins with `#`. Returns None if the line is not a heading of
    this form.
    """
    rest = line.lstrip("#")
    level = len(line) - len(rest)
    if not 1 <= level <= DEEPEST or rest[:1] not in (" ", "\t"):
        return None
    title = rest.rstrip("#").strip()
    return (level, " ".join(title.split())) if title else None
