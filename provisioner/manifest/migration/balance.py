"""Finds the end of a Python expression in a text. Other text may follow the expression."""

from __future__ import annotations

import re

#: The characters from which the end of an expression is found: quotes, brackets, comments, and ends of lines.
TOKEN = re.compile(r"\"\"\"|'''|[\"'()\[\]{}#\n\\]")
PAIRS = {")": "(", "]": "[", "}": "{"}
#: What matters in a string: an escaped character, a quote, and the end of a line.
IN_STRING = re.compile(r"""\\.|\"{1,3}|'{1,3}|\n""", re.DOTALL)
#: The most characters of one expression.
LONGEST = 2_000_000


def find_end(text: str, start: int, *, whole_line: bool) -> int | None:
    """Returns the position after the expression that begins at `start`. Returns None if the expression does not end, or
    if its brackets do not match.

    With `whole_line`, the expression is a statement and ends at the end of a line. Otherwise the expression ends with
    the bracket that closes its first bracket.
    """
    open_: list[str] = []
    at, stop = start, min(len(text), start + LONGEST)
    while found := TOKEN.search(text, at, stop):
        token, at = found[0], found.end()
        if token in ('"', "'", '"""', "'''"):
            end = _end_of_string(text, at, token, stop)
            if end is None:
                return None
            at = end
        elif token == "#":
            at = _line_end(text, at, stop)
        elif token == "\\":
            at += 1
        elif token == "\n":
            if whole_line and not open_:
                return found.start()
        elif token in PAIRS:
            if not open_ or open_.pop() != PAIRS[token]:
                return None
            if not open_ and not whole_line:
                return at
        else:
            open_.append(token)
    return len(text) if whole_line and not open_ and stop == len(text) else None


def _end_of_string(text: str, at: int, quote: str, stop: int) -> int | None:
    """Returns the position after a string in a text. The opening quotes `quote` of the string end at the position `at`,
    and the search ends at `stop`. Returns None if the string does not end. A string without triple quotes ends in the
    line in which it begins.
    """
    for found in IN_STRING.finditer(text, at, stop):
        token = found[0]
        if token.startswith(quote):
            return found.start() + len(quote)
        if token == "\n" and len(quote) == 1:
            return None
    return None


def _line_end(text: str, at: int, stop: int) -> int:
    end = text.find("\n", at, stop)
    return stop if end < 0 else end
