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
    """Returns a message if the unquoted key `text` contains a character that only looks like a space. Otherwise returns
    None. Only the beginning and the end of the key, and the position after a colon in the key, are checked.
    """
    found = KEY.search(text) if not text.isascii() else None
    return explain_space(next(each for each in found.groups() if each)) if found else None


def find_in_line(line: str) -> tuple[int, str] | None:
    """Returns the column (counted from 1) of a character that only looks like a space, and a message about this
    character. Only the indentation of the line, and the position after a key or `-` at the beginning of the line, are
    checked. Returns None if there is no such character.
    """
    line = line[:LONGEST]
    if line.isascii():
        return None
    found = INDENTATION.match(line) or BEHIND.match(line)
    return (found.end() + 1, explain_space(found[1])) if found else None


def find_in_text(text: str) -> str | None:
    """Returns a message if the text begins with a key or `-` that is followed by a character that only looks like a
    space. Otherwise returns None. With an ordinary space, YAML would read the text as a mapping or a list.
    """
    found = BEHIND.match(text[:LONGEST]) if not text.isascii() else None
    return explain_space(found[1]) if found else None


def explain_space(character: str) -> str:
    """Returns a message about `character`, which only looks like a space. The message names the character, and says to
    replace it.
    """
    called = name(character, "").lower()
    shown = f"U+{ord(character):04X}{f' ({called})' if called else ''}"
    return f"the invisible character {shown} is where YAML needs an ordinary space; replace it"
