"""Reduces a text to its letters and digits, so that a value, such as a secret, is found even if it is encoded or
divided.

All other characters are left out: line breaks, quotes, hyphens, invisible characters, colours. Escapes can be decoded
first. The text is reduced in two ways. The quick form is made first, by functions that process bytes in C. If the quick
form seems to contain a value, the aligned form is made too. The aligned form also contains the position of each letter
and digit in the text.
"""

from __future__ import annotations

import re
from binascii import a2b_qp
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache, cached_property

#: The number of characters from the beginning of one piece of a text to that of the next piece, and the number of
#: characters that both pieces contain.
PIECE, OVERLAP = 256 * 1024, 16 * 1024
#: Bytes that are neither letters nor digits.
OTHERS = bytes(byte for byte in range(256) if not (byte < 128 and chr(byte).isalnum()))

COLOURS = r"\x1b\[[0-9;?]*[ -/]*[@-~]"
BREAKS = r"<[wW]?[bB][rR] ?/?>"
ENTITIES = ("lt", "gt", "quot", "apos", "nbsp", "shy", "zwj", "zwnj", "Tab", "NewLine")
#: Patterns of numbers above 255, in decimal and in hexadecimal digits.
WIDE, WIDE_HEX = r"0{0,6}(?:[1-9]\d{3,6}|25[6-9]|2[6-9]\d|[3-9]\d\d)", "0{0,6}[1-9A-Fa-f][0-9A-Fa-f]{2,5}"

WITHOUT = re.compile(f"{COLOURS}|{BREAKS}".encode())
WIDE_ENTITIES = re.compile(rf"&#(?:[xX]{WIDE_HEX}|{WIDE});?".encode())
NARROW_ENTITIES = re.compile(rb"&#[xX]0{0,6}")
SINGLE_ENTITIES = re.compile(rb"&#(?:[xX]0{0,6}[0-9A-Fa-f]|0{0,6}\d);?(?![0-9A-Fa-f])")
DECIMAL = re.compile(rb"0{0,6}(\d{2,3});?")
BRACED = re.compile(rb"\\u\{0{0,4}(?=[0-9A-Fa-f]{2}\})")
WIDE_ESCAPES = re.compile(rb"\\u(?:[0-9A-Fa-f]{4}|\{[0-9A-Fa-f]{1,6}\})")
SHOWN_COLOURS = re.compile(rb"\\(?:033|e)\[[0-9;]*m")
DECIMALS = {b"%d;" % code: bytes([code]) for code in range(10, 256)} | {
    b"%d" % code: bytes([code]) for code in range(10, 256)
}

RUN = "(?P<run>[A-Za-z0-9]+)"
NUMERIC_RUN = "0[xX](?=[0-9A-Fa-f]{2})|(?P<run>(?:(?!0[xX])[A-Za-z0-9])+)"
AND = "&(?:amp;){0,2}"
ESCAPES = (
    r"(?:\\{1,8}(?:033|e|x1[bB]|u001[bB]|u\{1[bB]\})|%(?:25){0,8}1[bB])\[[0-9;]*m"
    rf"|\\{{1,8}}(?:[nrt]|u(?!00|\{{)[0-9A-Fa-f]{{4}}|u\{{{WIDE_HEX}\}})"
    rf"|{AND}(?:{'|'.join(ENTITIES)});|{AND}#(?:[xX]{WIDE_HEX}|{WIDE});?"
    rf"|{AND}#(?:[xX]0{{0,6}}[0-9A-Fa-f]|0{{0,6}}\d);?(?![0-9A-Fa-f])"
    r"|(?:%(?:25){0,8}(?:u00)?|\\{1,8}(?:x|u00|U000000|u\{0{0,4})|"
    rf"{AND}#[xX]0{{0,6}})(?P<hex>[0-9A-Fa-f]{{2}})[;}}]?|{AND}#0{{0,6}}(?P<dec>\d{{2,3}});?"
)


@cache
def _tokens_pattern(*, decoded: bool, numeric: bool) -> re.Pattern[str]:
    """Returns a regular expression that finds the letters and digits of a text. `decoded` says whether escapes are
    decoded, and `numeric` whether `0x` before hexadecimal digits is skipped. Most commands need no such expression,
    because the quick form contains no value.
    """
    before = f"{ESCAPES}|" if decoded else "(?P<hex>(?!))(?P<dec>)|"
    return re.compile(f"{COLOURS}|{BREAKS}|{before}{NUMERIC_RUN if numeric else RUN}")


class Aligned:
    """The letters and digits of a text, without its other characters. `text` contains the letters and digits, and
    `lower` contains them in lowercase. The method `span` returns the positions of letters and digits in the original
    text.
    """

    def __init__(self, text: str, *, decoded: bool, numeric: bool) -> None:
        pieces: list[str] = []
        self._tokens: list[tuple[int, int, bool]] = []
        self._offsets: list[int] = []
        at = 0
        for found in _tokens_pattern(decoded=decoded, numeric=numeric).finditer(text):
            run = found["run"]
            if run is None:
                code = int(found["hex"], 16) if found["hex"] else int(found["dec"] or 0)
                if code in OTHERS:
                    continue
            piece = chr(code) if run is None else run
            pieces.append(piece)
            self._offsets.append(at)
            self._tokens.append((*found.span("run"), True) if run else (*found.span(), False))
            at += len(piece)
        self.text = "".join(pieces)
        self.lower = self.text.lower()

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Returns the positions in the original text where a part of the letters and digits begins and ends. The part
        consists of the letters and digits with the indexes `first` to `last - 1`.
        """
        begin = bisect_right(self._offsets, first) - 1
        start, _, is_run = self._tokens[begin]
        start += first - self._offsets[begin] if is_run else 0
        until = bisect_right(self._offsets, last - 1) - 1
        origin, end, is_run = self._tokens[until]
        return start, origin + last - self._offsets[until] if is_run else end


class Piece:
    """A part of a longer text in which secret values are searched for. The methods return reduced forms of this part,
    such as only its letters and digits.

    `start` is the position of the part in the longer text.
    """

    def __init__(self, text: str, start: int = 0) -> None:
        self.text = text
        self.start = start
        self._forms: dict[tuple[bool, bool, bool], bytes] = {}
        self._aligned: dict[tuple[bool, bool], Aligned] = {}

    @cached_property
    def layers(self) -> tuple[bool, ...]:
        """The values of the parameter `decoded` with which this piece of text must be searched. With False, the text is
        searched unchanged. With True, the text is searched after its escapes are decoded. The result contains True only
        if the piece may contain escapes.
        """
        return (False, True) if any(sign in self._data for sign in (b"%", b"\\", b"&")) else (False,)

    @cached_property
    def _data(self) -> bytes:
        data = self.text.encode("ascii", "ignore")
        return WITHOUT.sub(b"", data) if b"\x1b" in data or b"<" in data else data

    def form(self, *, decoded: bool, cased: bool, numeric: bool) -> bytes:
        """Returns the quick form of the piece, which contains no positions: the letters and digits as bytes, in
        lowercase unless `cased` is set.

        With `decoded`, escapes are decoded first. With `numeric`, each `0x` is left out, and the result is in lowercase
        in every case.
        """
        key = (decoded, cased, numeric)
        if key not in self._forms:
            if numeric:
                found = self.form(decoded=decoded, cased=False, numeric=False).replace(b"0x", b"")
            elif cased:
                found = (decode(self._data) if decoded else self._data).translate(None, OTHERS)
            else:
                found = self.form(decoded=decoded, cased=True, numeric=False).lower()
            self._forms[key] = found
        return self._forms[key]

    def aligned(self, *, decoded: bool, numeric: bool) -> Aligned:
        """Returns the letters and digits of the piece, together with the position of each of them in the piece.

        With `decoded`, escapes are decoded first. With `numeric`, each `0x` is left out.
        """
        key = (decoded, numeric)
        if key not in self._aligned:
            self._aligned[key] = Aligned(self.text, decoded=decoded, numeric=numeric)
        return self._aligned[key]


def cut(text: str) -> Iterator[Piece]:
    """Yields the text as overlapping pieces. If a value is longer than OVERLAP, it is possible that no piece contains
    the whole value.
    """
    yield Piece(text[: PIECE + OVERLAP])
    for start in range(PIECE, len(text) - OVERLAP, PIECE):
        yield Piece(text[start : start + PIECE + OVERLAP], start)


def decode(data: bytes) -> bytes:
    """Returns the bytes `data` with escapes decoded. Escapes of spaces, signs and similar characters may be
    removed instead.
    """
    data = data.replace(b"\r", b"").replace(b"=", b" ")
    if b"&" in data:
        data = _decode_entities(data.replace(b"&amp;", b"&").replace(b"&amp;", b"&"))
    for _ in range(4):
        if b"%25" in data:
            data = data.replace(b"%25", b"%")
    if b"\\" in data:
        data = _decode_backslashes(data)
    data = data.replace(b"%u00", b"%")
    # Quoted-printable is decoded in C, and differs from a URL's escapes only in its sign.
    data = a2b_qp(data.replace(b"%", b"="))
    return WITHOUT.sub(b"", data) if b"\x1b" in data else data


def _decode_entities(data: bytes) -> bytes:
    for name in ENTITIES:
        data = data.replace(f"&{name};".encode(), b"")
    if b"&#" not in data:
        return data
    data = NARROW_ENTITIES.sub(b"%", SINGLE_ENTITIES.sub(b"", WIDE_ENTITIES.sub(b"", data)))
    first, *rest = data.split(b"&#")
    return b"".join([first, *(DECIMALS.get(each) or _decode_decimal(each) for each in rest)])


def _decode_decimal(data: bytes) -> bytes:
    """Returns `data` with the decimal number at its beginning replaced by the character that has this number. `data`
    are the bytes that follow `&#`.

    Returns `data` unchanged if it does not begin with a number below 256.
    """
    found = DECIMAL.match(data)
    return bytes([int(found[1])]) + data[found.end() :] if found and int(found[1]) < 256 else data


def _decode_backslashes(data: bytes) -> bytes:
    for _ in range(3):
        data = data.replace(b"\\\\", b"\\")
    for escape in (b"\\n", b"\\r", b"\\t"):
        data = data.replace(escape, b"")
    for escape in (b"\\x", b"\\u00", b"\\U000000"):
        data = data.replace(escape, b"%")
    if b"\\u{" in data:
        data = BRACED.sub(b"%", data)
    if b"\\u" in data:
        data = WIDE_ESCAPES.sub(b"", data)
    return SHOWN_COLOURS.sub(b"", data) if b"[" in data else data
