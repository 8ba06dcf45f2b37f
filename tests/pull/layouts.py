"""Writes entries of manifests in random layouts, and knows which characters of the text belong to which value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

Path = tuple[str | int, ...]
PLAIN = re.compile(r"[A-Za-z][A-Za-z ]{1,40}[a-z]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a file's text. It may change if the value at `value` changed, if the value at `line` was removed, or if
    something was added to the mapping or list at `inside` or removed from it. Otherwise it stays.
    """

    text: str
    value: Path | None = None
    line: Path | None = None
    inside: Path | None = None


@dataclass(slots=True)
class Changed:
    """The paths of values that were changed, of values that were removed, and of lists and maps that got new items."""

    values: set[Path] = field(default_factory=set)
    removed: set[Path] = field(default_factory=set)
    grown: set[Path] = field(default_factory=set)

    def frees(self, piece: Piece) -> bool:
        """Whether the text of the piece may be another one."""
        around = self.grown | {path[:-1] for path in self.removed}
        return (
            _is_below(piece.value, self.values | self.removed)
            or _is_below(piece.line, self.removed)
            or piece.inside in around
        )

    def pattern(self, pieces: Iterable[Piece]) -> str:
        """The regular expression of the file in which only what was changed is another text."""
        parts: list[str] = []
        for piece in pieces:
            free = self.frees(piece)
            made = "(?s:.*?)" if free else re.escape(piece.text)
            if not (free and parts and parts[-1] == made):
                parts.append(made)
        return "".join(parts)


def _is_below(path: Path | None, tops: set[Path]) -> bool:
    return path is not None and any(path[:length] in tops for length in range(1, len(path) + 1))


@dataclass
class Layout:
    """Writes values as YAML. `random` decides the layout."""

    random: Random
    pieces: list[Piece] = field(default_factory=list)
    comments: int = 0

    def say(self, text: str, value: Path | None = None, line: Path | None = None) -> None:
        """Adds a text to the pieces."""
        self.add(Piece(text, value, line))

    def add(self, piece: Piece) -> None:
        """Adds a piece whose paths begin with a field of the entry."""
        self.pieces.append(piece)

    def one_in(self, count: int) -> bool:
        """Decides by chance."""
        return self.random.randrange(count) == 0

    def comment(self) -> str:
        """A comment that is nowhere else."""
        self.comments += 1
        return self.random.choice(["# note {}", "# it's {} 'quoted\"", "#{}: [a, {{b", "# 주석 {}"]).format(
            self.comments
        )

    def entry(self, fields: dict[str, Any], column: int, top: Path = ()) -> None:
        """Writes the fields of a mapping in lines that begin at `column`."""
        pad = " " * column
        for key, value in fields.items():
            path = (*top, key)
            line = path
            if self.one_in(4):
                self.say(f"{pad}{self.comment()}\n", line=top or None)
            if self.one_in(8):
                self.say("\n", line=top or None)
            self.say(f"{pad}{self.key(key)}:", line=line)
            self.value(value, column, path)

    def key(self, key: str) -> str:
        """A key, in quotes or without."""
        plain = key == "<<" or re.fullmatch("[a-z_]+", key)
        return (
            key if plain and (key == "<<" or not self.one_in(8)) else self.random.choice([json.dumps(key), f"'{key}'"])
        )

    def value(self, value: Any, column: int, path: Path) -> None:
        """Writes a value after its key or hyphen, and ends the line."""
        line = path
        if isinstance(value, dict | list) and value and not self.one_in(3):
            self.end_line(None, line or path)
            if isinstance(value, dict):
                self.entry(value, column + self.random.choice([2, 4]), path)
            else:
                self.items(value, column + (0 if path and isinstance(path[-1], str) and self.one_in(2) else 2), path)
            return
        self.say(self.random.choice([" ", "  "]), line=line)
        if isinstance(value, str | int | float) and self.one_in(6):
            self.say(f"&n{len(self.pieces)} ", line=line)
        if isinstance(value, str) and not self.one_in(4 if "\n" in value else 2) and is_block(value):
            self.block(value, column + 2, path, line)
            return
        self.inline(value, path)
        self.end_line(None, line)

    def end_line(self, value: Path | None, line: Path | None) -> None:
        """Ends a line, perhaps with a comment."""
        self.say(f"  {self.comment()}\n" if self.one_in(4) else "\n", value=value, line=line)

    def items(self, values: list[Any], column: int, path: Path) -> None:
        """Writes a list, each item in lines of its own."""
        pad = " " * column
        self.add(Piece("", inside=path))
        for index, item in enumerate(values):
            inner = (*path, index)
            if self.one_in(5):
                self.say(f"{pad}{self.comment()}\n")
            self.say(f"{pad}-", line=inner)
            if isinstance(item, dict) and self.one_in(2):
                before = len(self.pieces)
                self.entry(item, column + 2, inner)
                if "#" in self.pieces[before].text or not self.pieces[before].text.strip():
                    self.pieces.insert(before, Piece("\n", line=self.pieces[before - 1].line))
                else:
                    first = self.pieces[before]
                    self.pieces[before] = replace(first, text=" " + first.text.lstrip())
            else:
                self.value(item, column, inner)
            self.add(Piece("", inside=path))

    def block(self, value: str, column: int, path: Path, line: Path | None) -> None:
        """Writes a text of several lines as a literal block."""
        head = (
            self.random.choice(["|-", ">-"][: 1 if "\n" in value.strip() else 2]) if not value.endswith("\n") else "|"
        )
        lines = [" " * column + each if each else "" for each in value.rstrip("\n").split("\n")]
        self.say(head, value=path, line=line)
        self.say(f"  {self.comment()}" if self.one_in(3) else "", line=line)
        self.say("\n".join(["", *lines]), value=path, line=line)
        self.say("\n", line=line)

    def inline(self, value: Any, path: Path) -> None:
        """Writes a value in brackets, quotes or as it is."""
        line = path
        if isinstance(value, dict | list):
            begin, end = ("{", "}") if isinstance(value, dict) else ("[", "]")
            wide = self.random.choice(["", " "])
            self.say(begin + wide, line=path)
            self.add(Piece("", inside=path))
            found = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
            for number, (key, item) in enumerate(found):
                if number:
                    self.add(Piece(", ", line=path, inside=path))
                if isinstance(value, dict):
                    self.say(f"{self.key(key)}: ", line=(*path, key))
                self.inline(item, (*path, key))
            self.add(Piece("", inside=path))
            self.say(wide + end, line=path)
            return
        self.say(self.scalar(value), value=path, line=line)

    def scalar(self, value: Any) -> str:
        """One of the texts that mean a scalar."""
        if not isinstance(value, str):
            return json.dumps(value)
        forms = [json.dumps(value, ensure_ascii=self.one_in(2))]
        if PLAIN.fullmatch(value) and value.lower() not in ("yes", "no", "on", "off", "null", "true", "false"):
            forms.append(value)
        if "\n" not in value and value.isprintable():
            forms.append("'" + value.replace("'", "''") + "'")
        return self.random.choice(forms)


def is_block(value: str) -> bool:
    """Whether a text can be a literal block as `Layout.block` writes it."""
    return (
        value.strip() != ""
        and not value[0].isspace()
        and "\t" not in value
        and len(value) - len(value.rstrip("\n")) <= 1
    )


def differing_piece(pieces: list[Piece], changed: Changed, text: str) -> Piece | None:
    """The first piece that is not in `text` although nothing was changed there, or None."""
    pattern = changed.pattern(pieces)
    if re.fullmatch(pattern, text):
        return None
    for count in range(1, len(pieces) + 1):
        if not re.match(changed.pattern(pieces[:count]), text):
            return pieces[count - 1]
    return pieces[-1]
