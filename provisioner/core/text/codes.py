"""Finds a value in base64, as hexadecimal digits or as a list of numbers, also with separators in between."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

#: This many characters of base64 or digits certainly belong to a value; fewer can occur by chance.
LEAST = 10
#: The most separators in a row: a line break and the indentation of the next line.
LONGEST_GAP = 80
#: Whitespace, as it is and as it is displayed: as an escape, percent-encoded, in HTML.
SPACE = (
    r"\s|\\{1,8}(?:[nrtfv\n]|u00(?:0[9aAdD]|20)|x(?:0[9aAdD]|20))|%(?:25){0,4}(?:0[9aAdD]|20)"
    r"|&#(?:9|10|13|32|[xX](?:9|[aAdD]|20));|<br ?/?>"
)
SHOWN_SPACE = re.compile(SPACE.encode())
#: A part of every displayed space except `\n`, `\r` and `\t`. Its first byte is found fast.
SHOWN_MARKS = {b"%": (b"%0", b"%2"), b"&": (b"&#",), b"\\": (b"\\u00", b"\\x"), b"<": (b"<br",)}
#: Several encoded characters in a row. They may hold a value of which no character is unencoded.
ENCODED = re.compile(
    r"(?:%(?:25){0,4}[0-9A-Fa-f]{2}|\\{1,8}[uUx][0-9A-Fa-f]{2,8}|&#[xX]?[0-9A-Fa-f]{1,8};){4}",
)
BASE64 = "[A-Za-z0-9+/_-]"
#: The two characters of base64 that other encodings change, and that the URL-safe alphabet replaces.
SPELLINGS = {
    "+": r"(?:[+-]|%(?:25){0,4}2[bB]|\\{1,8}u002[bB]|&#43;)",
    "/": r"(?:[/_]|\\{1,8}/|%(?:25){0,4}2[fF]|\\{1,8}u002[fF]|&#47;)",
}


@dataclass(slots=False)
class Searched:
    """A text in which values are searched, with derived forms that are computed once."""

    text: str

    @cached_property
    def lower(self) -> str:
        """The text in lowercase."""
        return self.text.lower()

    @cached_property
    def is_encoded(self) -> bool:
        """Whether several characters in a row are written as escapes, percent-encoded or in HTML."""
        return any(sign in self.text for sign in ("%", "\\", "&#")) and ENCODED.search(self.text) is not None

    @cached_property
    def dense(self) -> bytes:
        """The ASCII characters without whitespace and backslashes."""
        data = self.text.encode("ascii", "ignore")
        if any(first in data and any(mark in data for mark in marks) for first, marks in SHOWN_MARKS.items()):
            data = SHOWN_SPACE.sub(b"", data)
        if b"\\" in data:
            for escape in (b"\\n", b"\\r", b"\\t"):
                data = data.replace(escape, b"")
        return data.translate(None, b" \t\n\r\v\f\\")

    @cached_property
    def digits(self) -> bytes:
        """The dense form in lowercase, without separators between numbers."""
        return self.dense.lower().translate(None, b":,;._-").replace(b"0x", b"")


@dataclass(slots=False)
class Code:
    """One encoded form of a value. `units` are patterns of its characters or bytes, with `gap` between any two.

    The first `head` units are enough to recognise it, because the rest may have been cut off. `probe` is in the dense
    form of each text that holds the value, or in the digits if the code is `numeric`.
    """

    units: tuple[str, ...]
    gap: str
    head: int
    probe: bytes
    numeric: bool
    before: str = ""
    after: str = ""

    def may_be_in(self, searched: Searched) -> bool:
        """Returns whether the value can be in the text; this check is fast, and sometimes true without a match."""
        return self.probe in (searched.digits if self.numeric else searched.dense)

    def finds(self, text: str) -> bool:
        """Returns whether the value, or its beginning, is in the text."""
        return self._head.search(text) is not None

    def replace(self, text: str, substitute: str) -> str:
        """Returns the text with each occurrence replaced, up to its end or to the place where it was cut off."""
        pieces, at = [], 0
        while (found := self._head.search(text, at)) is not None:
            pieces += [text[at : found.start()], substitute]
            at = self._end(text, found.end())
        return "".join([*pieces, text[at:]])

    @cached_property
    def _head(self) -> re.Pattern[str]:
        return re.compile(self.before + f"{self.gap}".join(self.units[: self.head]))

    def _end(self, text: str, at: int) -> int:
        for unit in self.units[self.head :]:
            found = _compiled(self.gap + unit).match(text, at)
            if found is None:
                break
            at = found.end()
        rest = _compiled(self.after).match(text, at)
        return rest.end() if rest else at


def codes_of(value: str, head: int) -> Iterator[Code]:
    """Yields the encoded forms of a value. Its first `head` characters are enough to recognise each."""
    data = value.encode("utf-8", "surrogatepass")
    begin = value[:head].encode("utf-8", "surrogatepass")
    for offset in range(3):
        core, certain = _core(data, offset), len(_core(begin, offset))
        if len(core) >= LEAST:
            probe = max(re.findall("[A-Za-z0-9]+", core[:certain]), key=len, default="")
            units = tuple(SPELLINGS.get(each, each) for each in core)
            gap = f"(?:{SPACE}){{0,{LONGEST_GAP}}}"
            yield Code(units, gap, certain, probe.encode(), False, f"{BASE64}{{0,4}}", f"{BASE64}{{0,4}}={{0,2}}")
    if len(data) * 2 >= LEAST:
        units = tuple("".join(f"[{d}{d.upper()}]" if d.isalpha() else d for d in f"{byte:02x}") for byte in data)
        gap = f"(?:{SPACE}|[:,;._-]|0[xX]){{0,{LONGEST_GAP}}}"
        yield Code(units, gap, len(begin), begin.hex().encode(), True, "(?:0[xX])?")
        units = tuple(f"{byte}(?![0-9])" for byte in data)
        gap = f"(?:{SPACE}|[,;]){{1,{LONGEST_GAP}}}"
        yield Code(units, gap, len(begin), "".join(map(str, begin)).encode(), True, "(?<![0-9])")


def _core(data: bytes, offset: int) -> str:
    """Returns base64 of data that begins at an offset of 0, 1 or 2, without the characters that depend on its
    neighbours.

    These characters are the same with and without padding, and after a name and a colon.
    """
    text = b64encode(bytes(offset) + data).decode().rstrip("=")
    start = (0, 2, 3)[offset]
    return text[start:] if (offset + len(data)) % 3 == 0 else text[start:-1]


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
