"""Finds values, such as secrets, in a text, and replaces them. Encoded values are found too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

from msgspec import Struct

from provisioner.core.text.canonical import Piece, cut
from provisioner.core.text.codes import EncodedValue, Match, encoded_values

#: The fewest characters of a value that is searched for. Shorter values occur in every text by chance.
SHORTEST = 4
#: The number of characters of a long value that are compared. The rest of the value ends at a space or a quote.
LONGEST = 256
#: The characters that identify a value whose end was cut off, and the fewest characters of such a value.
HEAD, HEADED = 20, 32
#: The letters and digits that identify a long value, and the fewest letters and digits of such a value.
WINDOW, LETTERED = 16, 24
#: The most pieces of one text that are examined closely.
MOST_LOOKED = 32
#: The characters that begin an escape. A value with one of them changes when it is decoded.
SIGNS = re.compile(r"[%\\&<\x1b]")
#: The characters after a found part of a value that count as the rest of the value.
REST, LONG_REST = re.compile(r"[\w-]*"), re.compile(r"[^\s\"'<>]*")
ENTITIES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
CONTROLS = {"\n": "n", "\r": "r", "\t": "t"}


def is_too_short(value: str) -> bool:
    """Returns whether a value is so short that it cannot be distinguished from other text."""
    return len(value) < SHORTEST


Span = tuple[int, int]


class Finder(Struct, dict=True):
    """A search for a secret value in texts. If `alone` is set, the value is found only if no letter or digit is beside
    it, and never in base64.
    """

    value: str
    alone: bool = False

    def replace(self, text: str, substitute: str) -> str:
        """Returns the text with every occurrence of the value replaced by `substitute`. Encoded occurrences are
        replaced too.
        """
        return replace_spans(text, find_spans(text, [self]), substitute)

    def spans(self, piece: Piece, *, looked: bool = True) -> Iterator[Span]:
        """Yields the positions of the value in a piece of text, in any order.

        If parts of the value occur very often in the piece, the position of the whole piece is yielded instead. If
        `looked` is False, there is no exact search: the position of the whole piece is yielded if a quick check finds
        that the piece seems to contain the value.
        """
        whole = (0, len(piece.text))
        for strand in self._encoded_values:
            for decoded in strand.layers(piece):
                if strand.is_repeated(piece, decoded=decoded):
                    yield whole
                elif looked:
                    for match in strand.matches(piece, decoded=decoded):
                        yield self._widened(piece.text, match, strand)
                elif strand.is_certain(piece, decoded=decoded):
                    yield whole
        if self._is_patterned and self._may_hold(piece):
            if looked or not self._quick:
                yield from (found.span() for found in self._pattern.finditer(piece.text))
            else:
                yield whole

    def is_suspected(self, piece: Piece) -> bool:
        """Returns whether the piece seems to contain a part of the value. This check is fast, and may return True by
        mistake.
        """
        if self._is_patterned and self._may_hold(piece):
            return True
        return any(True for strand in self._encoded_values for _ in strand.layers(piece))

    def _may_hold(self, piece: Piece) -> bool:
        return not self._quick or any(
            self._quick in piece.form(decoded=decoded, cased=False, numeric=False) for decoded in piece.layers
        )

    @cached_property
    def _letters(self) -> str:
        return re.sub("[^A-Za-z0-9]", "", self.value[:LONGEST])

    @cached_property
    def _quick(self) -> bytes:
        """Letters and digits from the beginning of the value, as lowercase bytes. If a text contains the value, the
        letters and digits of the text contain these bytes. The result is empty if no such bytes are known.
        """
        if not self.value.isascii() or SIGNS.search(self.value):
            return b""
        begin = self.value[:HEAD] if len(self.value) >= HEADED else self.value
        return re.sub("[^A-Za-z0-9]", "", begin).lower().encode()

    @cached_property
    def _is_patterned(self) -> bool:
        """Whether the value must be searched for with a regular expression. There are four possible reasons: `alone` is
        set, the value is short, it has few letters and digits, or no quick check for it is possible (it is not ASCII,
        or contains a character that begins an escape).
        """
        return self.alone or len(self.value) < HEADED or len(self._letters) < LETTERED or not self._quick

    @cached_property
    def _encoded_values(self) -> tuple[EncodedValue, ...]:
        """The encodings of the value that are searched for. They are its letters and digits (unless a regular
        expression searches for the value), its base64 at each position in a group of three bytes, its hexadecimal
        digits, and its bytes as decimal numbers. The result is empty if `alone` is set.
        """
        if self.alone:
            return ()
        head = HEAD if len(self.value) >= HEADED else len(self.value)
        parts = [self.value[:LONGEST], *([self.value[-LONGEST:]] if len(self.value) > LONGEST else [])]
        plain = [] if self._is_patterned else [re.sub("[^A-Za-z0-9]", "", part) for part in parts]
        return (
            *(EncodedValue(text, min(WINDOW, len(text)), worded=True) for text in plain),
            *(strand for part in parts for strand in encoded_values(part, head)),
        )

    def _widened(self, text: str, match: Match, strand: EncodedValue) -> Span:
        """Returns the positions of `match` in `text`, extended by neighbouring characters that belong to the value.
        `match` covers only letters and digits, so the extension adds the signs of the value before and after them.
        `strand` is the encoding in which the value was found.

        If the end of the value is missing in the text, the rest of the word after the match is included.
        """
        start, end = match.start, match.end
        if not strand.worded:
            return start, end
        if match.first == 0 and (found := self._before.search(text, max(0, start - LONGEST), start)):
            start = found.start()
        if match.last < len(self._letters) or len(self.value) > LONGEST:
            after = REST if len(self.value) <= LONGEST else LONG_REST
        else:
            after = self._after
        found = after.match(text, end)
        return start, found.end() if found else end

    @cached_property
    def _before(self) -> re.Pattern[str]:
        begin = re.match("[^A-Za-z0-9]*", self.value[:LONGEST])
        return re.compile("".join(map(_forms, begin[0] if begin else "")) + r"\Z")

    @cached_property
    def _after(self) -> re.Pattern[str]:
        end = re.search("[^A-Za-z0-9]*\\Z", self.value)
        return re.compile("".join(f"(?:{_forms(each)})?" for each in (end[0] if end else "")))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        whole = "".join(map(_forms, self.value[:LONGEST]))
        if self.alone:
            return re.compile(rf"(?<![A-Za-z0-9]){whole}(?![A-Za-z0-9])")
        choices = [whole + (r"[^\s\"'<>]*" if len(self.value) > LONGEST else "")]
        if len(self.value) >= HEADED:
            choices.append("".join(map(_forms, self.value[:HEAD])) + r"[\w-]*")
        return re.compile("|".join(choices))


def find_spans(text: str, finders: Sequence[Finder], *, most: int | None = None) -> list[Span]:
    """Returns the positions of the values in the text, sorted. Overlapping positions are joined.

    Each of `finders` searches for one value. The search stops after `most` positions (None: it does not stop); these
    positions are neither sorted nor joined. The text is searched in pieces, so that no copy of the whole text is made.
    In a long text, only the first MOST_LOOKED pieces that seem to contain a value are searched exactly. For each later
    piece that seems to contain a value, the position of the whole piece is returned.
    """
    found: list[Span] = []
    looked = 0
    for piece in cut(text):
        suspects = [finder for finder in finders if finder.is_suspected(piece)]
        for finder in suspects:
            for start, end in finder.spans(piece, looked=looked < MOST_LOOKED):
                found.append((piece.start + start, piece.start + end))
                if most is not None and len(found) >= most:
                    return found
        looked += bool(suspects)
    return _merged(found)


def replace_spans(text: str, spans: Sequence[Span], substitute: str) -> str:
    """Returns the text with each span (a pair of positions: beginning and end) replaced by `substitute`."""
    if not spans:
        return text
    pieces, at = [], 0
    for start, end in spans:
        pieces += [text[at:start], substitute]
        at = end
    return "".join([*pieces, text[at:]])


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif end > start:
            merged.append((start, end))
    return merged


def _forms(character: str) -> str:
    """Returns a regular expression that matches a character and the escapes of this character in URLs, JSON, HTML and
    Python.
    """
    code = ord(character)
    data = character.encode("utf-8", "surrogatepass")
    forms = [_digits(character) if character.isascii() and character.isalpha() else re.escape(character)]
    forms += ["".join(f"%(?:25){{0,4}}{_digits(f'{byte:02x}')}" for byte in data)]
    if code < 0x100:
        forms.append(rf"\\{{1,8}}x{_digits(f'{code:02x}')}")
    if code < 0x10000:
        forms.append(rf"\\{{1,8}}u{_digits(f'{code:04x}')}")
    forms += [rf"\\{{1,8}}U{_digits(f'{code:08x}')}", rf"\\{{1,8}}u\{{0{{0,4}}{_digits(f'{code:x}')}\}}"]
    forms += [f"&#0{{0,6}}{code}(?:;|(?![0-9]))", f"&#[xX]0{{0,6}}{_digits(f'{code:x}')}(?:;|(?![0-9A-Fa-f]))"]
    if character in ENTITIES:
        forms.append(f"&{ENTITIES[character]};")
    if character in CONTROLS:
        forms.append(rf"\\{{1,8}}{CONTROLS[character]}")
    if character.isascii() and not character.isalnum() and not character.isspace():  # JSON, Markdown
        forms.append(rf"\\{{1,8}}{re.escape(character)}")
    if character == " ":
        forms.append(r"\+")
    return f"(?:{'|'.join(forms)})"


def _digits(text: str) -> str:
    """Returns a regular expression that matches the text in upper and lower case, because servers may change the
    case.
    """
    return "".join(f"[{each.lower()}{each.upper()}]" if each.isalpha() else each for each in text)
