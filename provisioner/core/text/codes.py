"""Finds a value in the encodings that consist of letters and digits: the value itself, base64, hexadecimal digits, a
list of numbers.

Each encoding is searched for in the reduced texts of `provisioner.core.text.canonical`. A part of an encoded value is
found too if it is long enough: the beginning, the end, or one of two halves with other text between them.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from msgspec import Struct

from provisioner.core.text.canonical import Piece

#: The fewest letters and digits of base64 or numbers that identify a value. Shorter sequences occur by chance.
LEAST = 8
#: The letters and digits of base64 that are enough to recognise a long value.
LEAST_CODED = 16
#: The most characters of a probe, a part of the value that is searched for first.
LONGEST_PROBE = 16
#: If a probe occurs more often in one piece of text, the whole piece counts as the value.
MOST_PROBED = 1000
BASE64 = "[A-Za-z0-9+/_-]"


class Match(Struct, frozen=True):
    """A part of a value that was found in a text.

    `start` and `end` are the positions of the part in the text. `first` and `last` are the positions of the part in the
    letters and digits of the value.
    """

    start: int
    end: int
    first: int
    last: int


@dataclass(slots=True)
class EncodedValue:
    """The letters and digits of a value in one encoding. `least` consecutive characters of `text` are enough to
    recognise the value.

    If `cased` is set, uppercase and lowercase characters differ. If `numeric` is set, separators and `0x` in the
    searched text are ignored. `before` and `after` are patterns of surrounding characters that are replaced too. If
    `worded` is set, a part of `text` may be ordinary words, so more characters are needed to recognise the value.
    """

    text: str
    least: int
    cased: bool = False
    numeric: bool = False
    before: str = ""
    after: str = ""
    worded: bool = False
    _probes: tuple[tuple[int, str], ...] = field(init=False)

    def __post_init__(self) -> None:
        self.text = self.text if self.cased else self.text.lower()
        size = min(LONGEST_PROBE, (self.least + 1) // 2)
        # Any `least` characters in sequence contain one of these as a whole.
        starts = range(0, len(self.text) - size + 1, self.least - size + 1)
        self._probes = tuple((start, self.text[start : start + size]) for start in starts)

    def layers(self, piece: Piece) -> Iterator[bool]:
        """Yields False if the piece itself seems to contain a part of the value. Yields True if the piece seems to
        contain a part of the value after its escape sequences are decoded.
        """
        for decoded in piece.layers:
            form = piece.form(decoded=decoded, cased=self.cased, numeric=self.numeric)
            if len(form) >= self.least and any(probe.encode() in form for _, probe in self._probes):
                yield decoded

    def is_repeated(self, piece: Piece, *, decoded: bool) -> bool:
        """Returns whether short parts of the value occur so often in the piece that an exact search would take too
        long.

        With `decoded`, the piece is searched with its escapes decoded.
        """
        form = piece.form(decoded=decoded, cased=self.cased, numeric=self.numeric)
        return any(form.count(probe.encode()) > MOST_PROBED for _, probe in self._probes)

    def is_certain(self, piece: Piece, *, decoded: bool) -> bool:
        """Returns whether the letters and digits of the piece contain at least `least` consecutive characters of the
        value.

        With `decoded`, the piece is searched with its escapes decoded.
        """
        form = piece.form(decoded=decoded, cased=self.cased, numeric=self.numeric).decode()
        return next(self._parts(form), None) is not None

    def matches(self, piece: Piece, *, decoded: bool) -> Iterator[Match]:
        """Yields each part of the piece that equals at least `least` consecutive characters of the value.

        With `decoded`, the piece is searched with its escapes decoded.
        """
        aligned = piece.aligned(decoded=decoded, numeric=self.numeric)
        for first, last, begin in self._parts(aligned.text if self.cased else aligned.lower):
            start, end = aligned.span(first, last)
            yield self._widened(piece.text, Match(start, end, begin, begin + last - first))

    def _widened(self, text: str, match: Match) -> Match:
        start, end = match.start, match.end
        if self.before and (found := _compiled(f"{self.before}\\Z").search(text, max(0, start - 8), start)):
            start = found.start()
        if self.after and (found := _compiled(self.after).match(text, end)):
            end = found.end()
        return Match(start, end, match.first, match.last)

    def _parts(self, form: str) -> Iterator[tuple[int, int, int]]:
        """Yields three positions for each part of `form` that equals a part of the value: the beginning in `form`, the
        end in `form`, and the beginning in the value.
        """
        own = self.text
        for start, probe in self._probes:
            at = form.find(probe)
            while at >= 0:
                before = _common(form, at - 1, own, start - 1, -1)
                after = _common(form, at + len(probe), own, start + len(probe), 1)
                first, last, begin = at - before, at + len(probe) + after, start - before
                if last - first >= self.least and self._is_own(form[first:last], begin):
                    yield first, last, begin
                at = form.find(probe, last)

    def _is_own(self, part: str, begin: int) -> bool:
        return not self.worded or begin == 0 or len(part) >= 2 * self.least or not part.isalpha()


def _common(text: str, at: int, value: str, place: int, step: int) -> int:
    """Returns the number of consecutive characters that are equal in `text` and in `value`. The comparison begins at
    `text[at]` and `value[place]`. `step` is 1 to compare forwards, and -1 to compare backwards.
    """
    count = 0
    while 0 <= at < len(text) and 0 <= place < len(value) and text[at] == value[place]:
        at, place, count = at + step, place + step, count + 1
    return count


def encoded_values(value: str, head: int) -> Iterator[EncodedValue]:
    """Yields a value in each of its encodings: base64 and hexadecimal digits, both in UTF-8 and in UTF-16, and a list
    of numbers in UTF-8.

    `head` characters of the value are enough to recognise it in each encoding.
    """
    # Both byte orders of UTF-16 have the same bytes, apart from the first and the last.
    datas = (value.encode("utf-8", "surrogatepass"), value.encode("utf-16-le", "surrogatepass")[:-1])
    for data in datas:
        enough = len(data) * head // len(value) - (0 if data is datas[0] else 1)
        for offset in range(3):
            core = _letters(_core(data, offset))
            others = len(_core(data, offset)) - len(core)
            least = len(core) if head == len(value) else min(max(LEAST_CODED, enough * 4 // 3 - 2 - others), len(core))
            if least >= LEAST:
                yield EncodedValue(core, least, cased=True, before=f"{BASE64}{{0,4}}", after=f"{BASE64}{{0,4}}={{0,2}}")
        if enough * 2 >= LEAST:
            yield EncodedValue(data.hex(), 2 * enough, numeric=True, before="(?:0[xX])?")
    numbers = "".join(map(str, datas[0]))
    least = len(numbers) if head == len(value) else 2 * head
    if least >= LEAST:
        yield EncodedValue(numbers, least, numeric=True)


def _letters(text: str) -> str:
    return re.sub("[^A-Za-z0-9]", "", text)


def _core(data: bytes, offset: int) -> str:
    """Returns the base64 characters that always occur when `data` is encoded together with other bytes. `offset` is the
    number of bytes (0, 1 or 2) before `data` in a group of three bytes.

    The characters at both ends that also depend on other bytes are left out. Therefore the returned characters occur
    with and without padding, and also if the encoded text is `NAME:VALUE`.
    """
    text = b64encode(bytes(offset) + data).decode().rstrip("=")
    start = (0, 2, 3)[offset]
    return text[start:] if (offset + len(data)) % 3 == 0 else text[start:-1]


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
