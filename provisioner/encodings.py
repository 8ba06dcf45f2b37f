"""Finds a value in a text, also where the value is encoded."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from functools import cached_property

#: Values of fewer characters are in every text by chance.
SHORTEST = 4
#: Characters of a value that are compared; what follows of a longer value belongs to it up to a space or a quote.
LONGEST = 256
#: Characters after which the beginning of a value is recognised, where a text was cut off.
HEAD, HEADED = 20, 32
#: Characters of base64 that are certain to belong to the value; fewer occur by chance.
LEAST_BASE64 = 10
#: Characters that every usual encoding leaves as they are.
PLAIN = re.compile(r"[A-Za-z0-9]{4,}")
#: Several encoded characters in a row: a value may be in them of which no character is left as it is.
ENCODED = re.compile(
    r"(?:%(?:25){0,4}[0-9A-Fa-f]{2}|\\{1,8}[uUx][0-9A-Fa-f]{2,8}|&#[xX]?[0-9A-Fa-f]{1,8};){4}",
)
ENTITIES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
CONTROLS = {"\n": "n", "\r": "r", "\t": "t"}


def is_too_short(value: str) -> bool:
    """Whether a value is so short that it cannot be told from other text."""
    return len(value) < SHORTEST


@dataclass(slots=False)
class Finder:
    """Finds one value. `alone`: only where no letter or digit stands beside it, and not in base64."""

    value: str
    alone: bool = False
    _probe: str = field(init=False)

    def __post_init__(self) -> None:
        self._probe = max(PLAIN.findall(self.value[:LONGEST]), key=len, default="")[:HEAD].lower()

    def finds(self, text: str) -> bool:
        """Whether the text holds the value in any form."""
        return self._may_hold(text) and self._pattern.search(text) is not None

    def replace(self, text: str, substitute: str) -> str:
        """The text with every form of the value replaced."""
        return self._pattern.sub(lambda found: substitute, text) if self._may_hold(text) else text

    def _may_hold(self, text: str) -> bool:
        """A quick look: most texts hold nothing of the value, and the pattern is not even compiled."""
        if not self._probe or self._probe in text.lower() or any(each in text for each in self._codes):
            return True
        return any(sign in text for sign in ("%", "\\", "&#")) and ENCODED.search(text) is not None

    @cached_property
    def _codes(self) -> tuple[str, ...]:
        """What the value is in base64, wherever it begins, and in hexadecimal digits."""
        if self.alone:
            return ()
        data = self.value[:LONGEST].encode("utf-8", "surrogatepass")
        plain = {_core(data, offset) for offset in range(3)}
        codes = {*plain, *(each.replace("+", "-").replace("/", "_") for each in plain), data.hex(), data.hex().upper()}
        return tuple(sorted(code for code in codes if len(code) >= LEAST_BASE64))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        whole = "".join(map(_forms, self.value[:LONGEST]))
        if self.alone:
            return re.compile(rf"(?<![A-Za-z0-9]){whole}(?![A-Za-z0-9])")
        choices = [whole + (r"[^\s\"'<>]*" if len(self.value) > LONGEST else "")]
        if len(self.value) >= HEADED:
            choices.append("".join(map(_forms, self.value[:HEAD])) + r"[\w-]*")
        choices += [rf"[A-Za-z0-9+/_-]{{0,4}}{re.escape(code)}[A-Za-z0-9+/_-]{{0,4}}={{0,2}}" for code in self._codes]
        return re.compile("|".join(choices))


def _core(data: bytes, offset: int) -> str:
    """Base64 of data that begins at the given place of three bytes, without characters that depend on its neighbours.

    With padding or without it, and behind a name and a colon, these characters are the same.
    """
    text = b64encode(bytes(offset) + data).decode().rstrip("=")
    start = (0, 2, 3)[offset]
    return text[start:] if (offset + len(data)) % 3 == 0 else text[start:-1]


def _forms(character: str) -> str:
    """A pattern for one character as it is, and in each encoding."""
    code = ord(character)
    data = character.encode("utf-8", "surrogatepass")
    forms = [_digits(character) if character.isascii() and character.isalpha() else re.escape(character)]
    forms += ["".join(f"%(?:25){{0,4}}{_digits(f'{byte:02x}')}" for byte in data)]
    if code < 0x100:
        forms.append(rf"\\{{1,8}}x{_digits(f'{code:02x}')}")
    if code < 0x10000:
        forms.append(rf"\\{{1,8}}u{_digits(f'{code:04x}')}")
    forms += [rf"\\{{1,8}}U{_digits(f'{code:08x}')}", f"&#0{{0,6}}{code};", f"&#[xX]0{{0,6}}{_digits(f'{code:x}')};"]
    if character in ENTITIES:
        forms.append(f"&{ENTITIES[character]};")
    if character in CONTROLS:
        forms.append(rf"\\{{1,8}}{CONTROLS[character]}")
    if character in "\"'\\/":
        forms.append(rf"\\{{1,8}}{re.escape(character)}")
    if character == " ":
        forms.append(r"\+")
    return f"(?:{'|'.join(forms)})"


def _digits(text: str) -> str:
    """A pattern for the text in which the case of letters does not matter: servers change it."""
    return "".join(f"[{each.lower()}{each.upper()}]" if each.isalpha() else each for each in text)
