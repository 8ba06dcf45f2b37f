"""Reads objects from the outputs of notebooks: Python's `repr` of the SDK's objects, which may be cut off."""

from __future__ import annotations

import ast
import re
from typing import Any

STRING = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"")
WORD = re.compile(r"-?\d+(?:\.\d+)?|[A-Za-z_]\w*(?:\[\w+\])?")
#: Where an object begins in an output: the SDK's classes, lists of them, tuples with them, and dictionaries.
BEGIN = re.compile(
    r"^[ \t]*(?=(?:[A-Z]\w+(?:\[\w+\])?\(\w+=|\[[A-Z]\w+\(\w+=|\('\w+',\n|\{'(?:id|data)':))", re.MULTILINE
)


class Cut:
    """The place where an output is cut off."""

    def __repr__(self) -> str:
        return "…"


CUT = Cut()


class Reader:
    """Reads one object from a text. After the place where the text is cut off, everything is CUT."""

    def __init__(self, text: str, position: int) -> None:
        self.text = text
        self.position = position
        self.is_cut = False

    def value(self) -> Any:
        """The next value: a mapping for a call such as `Text(value='a')`, or a literal."""
        self._skip()
        match self.text[self.position : self.position + 1]:
            case "[":
                return self._items("]")
            case "(":
                return self._items(")")
            case "{":
                return self._pairs("}", ":")
            case "'" | '"':
                return self._literal(STRING)
        word = WORD.match(self.text, self.position)
        if word is None:
            return self._cut()
        self.position = word.end()
        if self.text[self.position : self.position + 1] == "(":
            return self._pairs(")", "=")
        try:
            return ast.literal_eval(word[0])
        except ValueError:
            return self._cut()

    def _items(self, end: str) -> list[Any]:
        self.position += 1
        found: list[Any] = []
        while not self._at(end):
            found.append(self.value())
            if not self._separated(end):
                return [*found, CUT] if found[-1] is not CUT else found
        return found

    def _pairs(self, end: str, between: str) -> dict[Any, Any]:
        self.position += 1
        found: dict[Any, Any] = {}
        while not self._at(end):
            pattern = WORD if between == "=" else STRING
            name = self._literal(pattern, raw=between == "=")
            if name is CUT or not self._at(between):
                self._cut()
            value = CUT if self.is_cut else self.value()
            if self.is_cut and (value is CUT or not isinstance(value, (dict, list))):
                return {**found, CUT: CUT}
            found[name] = value
            if not self._separated(end):
                return {**found, CUT: CUT}
        return found

    def _literal(self, pattern: re.Pattern[str], *, raw: bool = False) -> Any:
        self._skip()
        found = pattern.match(self.text, self.position)
        if found is None:
            return self._cut()
        self.position = found.end()
        return found[0] if raw else ast.literal_eval(found[0])

    def _separated(self, end: str) -> bool:
        """Whether the text goes on properly after an item: with a comma, or with the end."""
        if self.is_cut:
            return False
        self._skip()
        following = self.text[self.position : self.position + 1]
        if following == ",":
            self.position += 1
        elif following != end:
            self._cut()
        return not self.is_cut

    def _at(self, text: str) -> bool:
        """Whether the text is at `text`, which is then passed. Also true where the text is cut off."""
        self._skip()
        if self.is_cut:
            return True
        found = self.text.startswith(text, self.position)
        self.position += len(text) if found else 0
        return found

    def _skip(self) -> None:
        while not self.is_cut and self.text[self.position : self.position + 1].isspace():
            self.position += 1

    def _cut(self) -> Cut:
        self.is_cut = True
        self.position = len(self.text)
        return CUT


def objects_in(output: str) -> list[Any]:
    """All objects in an output, in their order."""
    found, position = [], 0
    while start := BEGIN.search(output, position):
        reader = Reader(output, start.end())
        found.append(reader.value())
        position = reader.position if not reader.is_cut else output.find("\n", start.end()) + 1 or len(output)
    return found
