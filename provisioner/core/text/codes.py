"""A value as letters and digits alone: as it is, in base64, as hexadecimal digits, and as a list of numbers.

Each is searched in the forms of `provisioner.core.text.canonical`, and a part of it that is long enough is found:
the beginning where the end was cut off, the end, and each half of a value that was broken in the middle.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from provisioner.core.text.canonical import Piece

#: Letters and digits of base64 or of numbers that are certain to belong to a value; fewer occur by chance.
LEAST = 8
#: Letters and digits of base64 that are enough to recognise a long value.
LEAST_CODED = 16
#: The most characters of a part that is looked for first.
LONGEST_PROBE = 16
#: How often a part may stand in one piece of text before all of the piece is taken for the value.
MOST_PROBED = 1000
BASE64 = "[A-Za-z0-9+/_-]"


@dataclass(frozen=True, slots=True)
class Match:
    """A part of a value: where it stands in a text, and in the letters and digits of the value."""

    start: int
    end: int
    first: int
    last: int


@dataclass(slots=True)
class Strand:
    """One form of a value. `least` characters in a row are enough to recognise it.

    `cased` says that upper and lower case differ; in a `numeric` one, separators and `0x` do not count. `before` and
    `after` are patterns of what is replaced with it. `worded` says that a part may be words that anybody writes.
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
        # Any `least` characters in a row hold one of these as a whole.
        starts = range(0, len(self.text) - size + 1, self.least - size + 1)
        self._probes = tuple((start, self.text[start : start + size]) for start in starts)

    def layers(self, piece: Piece) -> Iterator[bool]:
        """With which of the two forms of the piece, as it is and decoded, a part of the value seems to stand in it."""
        for decoded in piece.layers:
            form = piece.form(decoded=decoded, cased=self.cased, numeric=self.numeric)
            if len(form) >= self.least and any(probe.encode() in form for _, probe in self._probes):
                yield decoded

    def is_repeated(self, piece: Piece, *, decoded: bool) -> bool:
        """Whether parts stand in the piece so often that a search for each would take long."""
        form = piece.form(decoded=decoded, cased=self.cased, numeric=self.numeric)
        return any(form.count(probe.encode()) > MOST_PROBED for _, probe in self._probes)

    def is_certain(self, piece: Piece, *, decoded: bool) -> bool:
        """Whether a part that is long enough stands in the quick form."""
        form = piece.form(decoded=decoded, cased=self.cased, numeric=self.numeric).decode()
        return next(self._parts(form), None) is not None

    def matches(self, piece: Piece, *, decoded: bool) -> Iterator[Match]:
        """Where parts that are long enough stand in the piece's text."""
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
        """Where parts begin and end in the form, and where they begin in the value."""
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
    """How many characters are the same from these places on, in the direction of the step."""
    count = 0
    while 0 <= at < len(text) and 0 <= place < len(value) and text[at] == value[place]:
        at, place, count = at + step, place + step, count + 1
    return count


def strands_of(value: str, head: int) -> Iterator[Strand]:
    """The coded forms of a value, in UTF-8 and in UTF-16. `head` characters of it are enough to recognise each."""
    # Of UTF-16 in either order of bytes, all is the same except the first byte and the last.
    datas = (value.encode("utf-8", "surrogatepass"), value.encode("utf-16-le", "surrogatepass")[:-1])
    for data in datas:
        enough = len(data) * head // len(value) - (0 if data is datas[0] else 1)
        for offset in range(3):
            core = _letters(_core(data, offset))
            others = len(_core(data, offset)) - len(core)
            least = len(core) if head == len(value) else min(max(LEAST_CODED, enough * 4 // 3 - 2 - others), len(core))
            if least >= LEAST:
                yield Strand(core, least, cased=True, before=f"{BASE64}{{0,4}}", after=f"{BASE64}{{0,4}}={{0,2}}")
        if enough * 2 >= LEAST:
            yield Strand(data.hex(), 2 * enough, numeric=True, before="(?:0[xX])?")
    numbers = "".join(map(str, datas[0]))
    least = len(numbers) if head == len(value) else 2 * head
    if least >= LEAST:
        yield Strand(numbers, least, numeric=True)


def _letters(text: str) -> str:
    return re.sub("[^A-Za-z0-9]", "", text)


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
