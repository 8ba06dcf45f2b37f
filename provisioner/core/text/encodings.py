"""Finds a value in a text, also where the value is encoded."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from provisioner.core.text.codes import Code, Searched, codes_of

#: Values of fewer characters are in every text by chance.
SHORTEST = 4
#: The characters of a value that are compared. The rest of a longer value extends to the next space or quote.
LONGEST = 256
#: This many characters of a value are enough to recognise it if a text was cut off.
HEAD, HEADED = 20, 32
#: Characters that every usual encoding leaves as they are.
PLAIN = re.compile(r"[A-Za-z0-9]{4,}")
ENTITIES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
CONTROLS = {"\n": "n", "\r": "r", "\t": "t"}


def is_too_short(value: str) -> bool:
    """Returns whether a value is so short that it would be found in other text by chance."""
    return len(value) < SHORTEST


@dataclass(slots=False)
class Finder:
    """Finds one value. With `alone`, it is found only without a letter or digit beside it, and not in base64."""

    value: str
    alone: bool = False
    _probe: str = field(init=False)

    def __post_init__(self) -> None:
        self._probe = max(PLAIN.findall(self.value[:LONGEST]), key=len, default="")[:HEAD].lower()

    def finds(self, text: str | Searched) -> bool:
        """Returns whether the text holds the value in any encoding."""
        searched = Searched(text) if isinstance(text, str) else text
        if self._may_hold(searched) and self._pattern.search(searched.text) is not None:
            return True
        return any(code.may_be_in(searched) and code.finds(searched.text) for code in self._codes)

    def replace(self, text: str | Searched, substitute: str) -> str:
        """Returns the text with every form of the value replaced."""
        searched = Searched(text) if isinstance(text, str) else text
        shown = searched.text
        if self._may_hold(searched):
            shown = self._pattern.sub(lambda found: substitute, shown)
        for code in self._codes:
            if code.may_be_in(searched):
                shown = code.replace(shown, substitute)
        return shown

    def _may_hold(self, searched: Searched) -> bool:
        """Returns whether the text can hold the value. Most texts do not, and then the pattern is not compiled."""
        return not self._probe or self._probe in searched.lower or searched.is_encoded

    @cached_property
    def _codes(self) -> tuple[Code, ...]:
        """The value in base64, at each offset, and as numbers."""
        return () if self.alone else tuple(codes_of(self.value, HEAD if len(self.value) >= HEADED else len(self.value)))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        whole = "".join(map(_forms, self.value[:LONGEST]))
        if self.alone:
            return re.compile(rf"(?<![A-Za-z0-9]){whole}(?![A-Za-z0-9])")
        choices = [whole + (r"[^\s\"'<>]*" if len(self.value) > LONGEST else "")]
        if len(self.value) >= HEADED:
            choices.append("".join(map(_forms, self.value[:HEAD])) + r"[\w-]*")
        return re.compile("|".join(choices))


def _forms(character: str) -> str:
    """Returns a pattern for one character as it is, and in each encoding."""
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
    """Returns a pattern for the text that ignores case, because servers change it."""
    return "".join(f"[{each.lower()}{each.upper()}]" if each.isalpha() else each for each in text)
