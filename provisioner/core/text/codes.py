"""A value in base64, as hexadecimal digits and as a list of numbers, in one piece or with separators in between."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

#: Characters of base64 or digits that are certain to belong to a value; fewer occur by chance.
LEAST = 10
#: Separators in a row that are passed over: a line break and the indent of the next line.
LONGEST_GAP = 80
#: White space, as it is and as it is shown: as an escape, with percent signs, in HTML.
SPACE = (
    r"\s|\\{1,8}(?:[nrtfv\n]|u00(?:0[9aAdD]|20)|x(?:0[9aAdD]|20))|%(?:25){0,4}(?:0[9aAdD]|20)"
    r"|&#(?:9|10|13|32|[xX](?:9|[aAdD]|20));|<br ?/?>"
)
SHOWN_SPACE = re.compile(SPACE.encode())
#: What stands in every space that is shown otherwise than as `\n`, `\r` or `\t`. The first byte is found fast.
SHOWN_MARKS = {b"%": (b"%0", b"%2"), b"&": (b"&#",), b"\\": (b"\\u00", b"\\x"), b"<": (b"<br",)}
#: Several encoded characters in a row: a value may be in them of which no character is left as it is.
ENCODED = re.compile(
    r"(?:%(?:25){0,4}[0-9A-Fa-f]{2}|\\{1,8}[uUx][0-9A-Fa-f]{2,8}|&#[xX]?[0-9A-Fa-f]{1,8};){4}",
)
BASE64 = "[A-Za-z0-9+/_-]"
#: The two characters of base64 that other encodings change, and that its form for URLs spells otherwise.
SPELLINGS = {
    "+": r"(?:[+-]|%(?:25){0,4}2[bB]|\\{1,8}u002[bB]|&#43;)",
    "/": r"(?:[/_]|\\{1,8}/|%(?:25){0,4}2[fF]|\\{1,8}u002[fF]|&#47;)",
}


@dataclass(slots=False)
class Searched:
    """A text in which values are searched, with what every search needs of it."""

    text: str

    @cached_property
    def lower(self) -> str:
        """The text in lowercase."""
        return self.text.lower()

    @cached_property
    def is_encoded(self) -> bool:
        """Whether several characters in a row are written as escapes, with percent signs or in HTML."""
        return any(sign in self.text for sign in ("%", "\\", "&#")) and ENCODED.search(self.text) is not None

    @cached_property
    def dense(self) -> bytes:
        """The ASCII characters without white space and backslashes."""
        data = self.text.encode("ascii", "ignore")
        if any(first in data and any(mark in data for mark in marks) for first, marks in SHOWN_MARKS.items()):
            data = SHOWN_SPACE.sub(b"", data)
        if b"\\" in data:
            for escape in (b"\\n", b"\\r", b"\\t"):
                data = data.replace(escape, b"")
        return data.translate(None, b" \t\n\r\v\f\\")

    @cached_property
    def digits(self) -> bytes:
        """The same in lowercase, without what separates numbers."""
        return self.dense.lower().translate(None, b":,;._-").replace(b"0x", b"")


@dataclass(slots=False)
class Code:
    """One coded form of a value. `units` are patterns of its characters or bytes, with `gap` between any two.

    The first `head` units are enough to recognise it: the rest may have been cut off. `probe` is in the dense form of
    each text that holds it, or in the digits where it is `numeric`.
    """

    units: tuple[str, ...]
    gap: str
    head: int
    probe: bytes
    numeric: bool
    before: str = ""
    after: str = ""

    def may_be_in(self, searched: Searched) -> bool:
        """A quick look."""
        return self.probe in (searched.digits if self.numeric else searched.dense)

    def finds(self, text: str) -> bool:
        """Whether the value, or its beginning, stands in the text."""
        return self._head.search(text) is not None

    def replace(self, text: str, substitute: str) -> str:
        """The text with each occurrence replaced, to its end or to where it was cut off."""
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
    """The coded forms of a value. Its first `head` characters are enough to recognise each."""
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
    """Base64 of data that begins at the given place of three bytes, without characters that depend on its neighbours.

    With padding or without it, and behind a name and a colon, these characters are the same.
    """
    text = b64encode(bytes(offset) + data).decode().rstrip("=")
    start = (0, 2, 3)[offset]
    return text[start:] if (offset + len(data)) % 3 == 0 else text[start:-1]


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
