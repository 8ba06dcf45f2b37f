"""A manifest file after reading: its data, and the place of each part of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yaml.nodes import Node, ScalarNode

from provisioner.core.diagnostic import Place
from provisioner.manifest.parsing.location import locate

Steps = tuple[str | int, ...]
BODY: Steps = ("<body>",)


def shown(path: Path) -> str:
    """Returns a path for display: relative to the working folder if it is below it, always with `/`."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # The path is on another drive.
        return path.as_posix()
    return path.as_posix() if relative.startswith("..") else Path(relative).as_posix()


@dataclass(slots=True)
class Paths:
    """A set of paths that can also answer what is directly in a path, and whether anything is below it."""

    _all: set[Steps] = field(default_factory=set)
    _inside: dict[Steps, dict[str | int, None]] = field(default_factory=dict)

    def add(self, path: Steps) -> None:
        """Adds a path."""
        self._all.add(path)
        for depth in range(len(path)):
            self._inside.setdefault(path[:depth], {})[path[depth]] = None

    def __contains__(self, path: Steps) -> bool:
        return path in self._all

    def inside(self, path: Steps) -> Iterator[str | int]:
        """Yields the last steps of the paths that are directly in `path`."""
        return (step for step in self._inside.get(path, ()) if (*path, step) in self._all)

    def touches(self, path: Steps) -> bool:
        """Returns whether the set has `path`, or a path below it."""
        return path in self._all or path in self._inside


@dataclass
class Document:
    """One file. `body` is the text below a Markdown file's front matter. `bad` are paths that are known to be wrong;
    the values there are not checked further. `wrong` are the places of the mistakes inside them. `dropped` are parts of
    the data with the later value of a repeated key, which comes first. `text` is the whole file, without BOM and CRLF.
    """

    path: Path
    data: Any = None
    node: Node | None = None
    body: str | None = None
    body_line: int = 1
    bad: Paths = field(default_factory=Paths)
    wrong: Paths = field(default_factory=Paths)
    dropped: list[Document] = field(default_factory=list)
    text: str = ""
    _lines: list[str] | None = field(default=None, repr=False, compare=False)

    @property
    def folder(self) -> Path:
        """The folder that paths in this file are relative to."""
        return self.path.parent

    def place(self, path: Steps = (), *, key: bool = False) -> Place:
        """Returns the place of the value at `path`, or of its key. For something missing, it is the place of its
        parent.
        """
        file = shown(self.path)
        if path[:1] == BODY:
            return Place(file, self.body_line)
        found = list(locate(self.node, path))
        if not found:
            return Place(file) if self.node is None or path else self._at(file, self.node)
        key_node, value = found[-1]
        # For a value in a mapping, its key is what a reader looks for; an item of a list has no key.
        missing = len(found) < len(path)
        return self._at(file, key_node if key_node is not None and (key or missing) else value)

    def within(self, line: int, column: int) -> tuple[int, int]:
        """Returns the place, or the last one before it that is in the text, because parsers can point behind
        the end.
        """
        if not self.text:
            return line, column
        if self._lines is None:
            self._lines = self.text.rstrip().split("\n")
        if line > len(self._lines):
            line, column = len(self._lines), len(self._lines[-1])
        return line, max(1, min(column, len(self._lines[line - 1])))

    def written_at(self, path: Steps) -> str | None:
        """Returns a scalar without quotes as it is written, such as `1e1` or `0x10`."""
        found = list(locate(self.node, path))
        node = found[-1][1] if found and len(found) == len(path) else None
        return node.value if isinstance(node, ScalarNode) and not node.style else None

    def _at(self, file: str, node: Node) -> Place:
        return Place(file, *self.within(node.start_mark.line + 1, node.start_mark.column + 1))


@dataclass(frozen=True, slots=True)
class Written:
    """A value as somebody wrote it, with its place. Iterating leaves out what is known to be wrong."""

    document: Document
    path: Steps
    value: Any

    @property
    def place(self) -> Place:
        """The place of the value."""
        return self.document.place(self.path)

    @property
    def key_place(self) -> Place:
        """The place of its key."""
        return self.document.place(self.path, key=True)

    def place_of(self, steps: Steps) -> Place:
        """Returns the place of the key at `steps` below this value, or of its own key if there are none."""
        return self.document.place((*self.path, *steps), key=True)

    def get(self, key: str) -> Written | None:
        """Returns the field `key` if it is set to something (not null) and not known to be wrong."""
        path = (*self.path, key)
        if not isinstance(self.value, dict) or self.value.get(key) is None or path in self.document.bad:
            return None
        return Written(self.document, path, self.value[key])

    def fields(self) -> Iterator[tuple[str, Written]]:
        """Yields every field, null ones included, that is not known to be wrong."""
        for key, value in self.value.items():
            if (path := (*self.path, key)) not in self.document.bad:
                yield key, Written(self.document, path, value)

    def items(self) -> Iterator[Written]:
        """Yields every item of a list that is not known to be wrong."""
        for index, value in enumerate(self.value):
            if (path := (*self.path, index)) not in self.document.bad:
                yield Written(self.document, path, value)
