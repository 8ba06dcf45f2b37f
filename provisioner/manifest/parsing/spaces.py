"""Finds invisible characters and unusual spaces in places where YAML needs an ordinary space."""

from __future__ import annotations

import re
from unicodedata import name

#: The spaces of Unicode other than U+0020, and characters without a width.
_SPACE = "\u00a0\u1680\u2000-\u200a\u200b\u202f\u205f\u2060\u3000\ufeff"
_ANY = rf"[{_SPACE}\u00ad\u200c-\u200f]"
INDENTATION = re.compile(rf"^ *(?=({_ANY}))", re.MULTILINE)
BEHIND = re.compile(rf"^[ \t{_SPACE}]*(?:- +)*(?:[\w.-]+:|-)(?=([{_SPACE}]))")
KEY = re.compile(rf"(?=^({_ANY}))|(?=([{_SPACE}])$)|(?<=:)(?=([{_SPACE}]))")
LONGEST = 400


def find_in_key(text: str) -> str | None:
    """Returns a message if an unquoted key contains a character that only looks like a space. The character must be at
    the beginning or the end of the key, or after a colon in it. Otherwise returns None.
    """
    found = KEY.search(text) if not text.isascii() else None
    return explain_space(next(each for each in found.groups() if each)) if found else None


def find_in_line(line: str) -> tuple[int, str] | None:
    """Finds a character that only looks like a space: in the indentation of a line, or after a key or `-` at its
    beginning. Returns the column of the character (from 1) and a message, or None if there is no such character.
    """
    line = line[:LONGEST]
    if line.isascii():
        return None
    found = INDENTATION.match(line) or BEHIND.match(line)
    return (found.end() + 1, explain_space(found[1])) if found else None


def find_in_text(text: str) -> str | None:
    """Returns a message if the text begins with a key or `-`, and a character that only looks like a space follows.
    With an ordinary space, YAML would read the text as a list or a mapping. Otherwise returns None.
    """
    found = BEHIND.match(text[:LONGEST]) if not text.isascii() else None
    return explain_space(found[1]) if found else None


def explain_space(character: str) -> str:
    """Returns a message about a character that only looks like a space. It names the character, and gives the advice to
    replace it.
    """
    called = name(character, "").lower()
    shown = f"U+{ord(character):04X}{f' ({called})' if called else ''}"
    return f"the invisible character {shown} is where YAML needs an ordinary space; replace it"
