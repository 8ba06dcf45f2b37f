"""Defines a manifest file after it was read: its data, and the place of each part of the data."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec import field as struct_field
from yaml.nodes import Node, ScalarNode

from provisioner.core.diagnostic import Place
from provisioner.manifest.parsing.location import locate

Steps = tuple[str | int, ...]
BODY: Steps = ("<body>",)


def shown(path: Path) -> str:
    """Returns a path as text for display, always with `/`. A path below the working folder is shown relative to this
    folder.
    """
    try:
        relative = os.path.relpath(path)
    except ValueError:  # The path is on another drive.
        return path.as_posix()
    return path.as_posix() if relative.startswith("..") else Path(relative).as_posix()


class Paths(Struct):
    """A set of paths in a document. It quickly finds the paths directly below a given path, and whether there is any
    path at or below a given path.
    """

    _all: set[Steps] = struct_field(default_factory=set)
    _inside: dict[Steps, dict[str | int, None]] = struct_field(default_factory=dict)

    def add(self, path: Steps) -> None:
        """Adds `path` to this set of paths in a document."""
        self._all.add(path)
        for depth in range(len(path)):
            self._inside.setdefault(path[:depth], {})[path[depth]] = None

    def __contains__(self, path: Steps) -> bool:
        return path in self._all

    def inside(self, path: Steps) -> Iterator[str | int]:
        """Yields the last step (a key or an index) of each path in the set that is directly below `path`."""
        return (step for step in self._inside.get(path, ()) if (*path, step) in self._all)

    def touches(self, path: Steps) -> bool:
        """Returns whether this set of paths contains `path`, or a path below `path`."""
        return path in self._all or path in self._inside


@dataclass
class Document:
    """One manifest file after it was read.

    `text` is the whole file, without a BOM and with `\\n` line ends. In a Markdown file, `body` is the text below the
    front matter. `bad` are the paths of values that contain errors and are not checked further. `wrong` are the exact
    paths of these errors, which may be inside of the values.

    If a key is repeated, `dropped` contains one document for each later value of the key. That value is the first entry
    of the document. If the manifest is in an included folder, `prefix` is put before the names that the manifest
    declares. Otherwise it is empty.
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
    prefix: str = ""
    _lines: list[str] | None = field(default=None, repr=False, compare=False)
    _shown: str = field(default="", repr=False, compare=False)

    @property
    def folder(self) -> Path:
        """The folder that contains this file. The paths that are written in the file are relative to this folder."""
        return self.path.parent

    def place(self, path: Steps = (), *, key: bool = False) -> Place:
        """Returns the place of the value at `path`, or with `key` the place of the value's key. If there is no value at
        `path`, returns the place of the nearest existing parent.
        """
        file = self._shown = self._shown or shown(self.path)
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
        """Returns the position (line, column) in the text that is nearest to a position that PyYAML reported, both
        counted from 1. PyYAML can report a position behind the end of a line or of the text. Then the last position
        before it is returned.
        """
        if not self.text:
            return line, column
        if self._lines is None:
            self._lines = self.text.rstrip().split("\n")
        if line > len(self._lines):
            line, column = len(self._lines), len(self._lines[-1])
        return line, max(1, min(column, len(self._lines[line - 1])))

    def written_at(self, path: Steps) -> str | None:
        """Returns the characters of an unquoted scalar as they are spelled in the file, such as `1e1` or `0x10`.
        Returns None if the value at `path` is not an unquoted scalar.
        """
        found = list(locate(self.node, path))
        node = found[-1][1] if found and len(found) == len(path) else None
        return node.value if isinstance(node, ScalarNode) and not node.style else None

    def _at(self, file: str, node: Node) -> Place:
        return Place(file, *self.within(node.start_mark.line + 1, node.start_mark.column + 1))


class Written(Struct, frozen=True):
    """A value in a document, with its path in the document. The methods `fields` and `items` leave out values that are
    known to have errors.
    """

    document: Document
    path: Steps
    value: Any

    @property
    def place(self) -> Place:
        """The place of this value."""
        return self.document.place(self.path)

    @property
    def key_place(self) -> Place:
        """The place of the key to which this value belongs."""
        return self.document.place(self.path, key=True)

    def place_of(self, steps: Steps) -> Place:
        """Returns the place of the key at the path `steps` below this value. If `steps` is empty, returns the place of
        the key of this value.
        """
        return self.document.place((*self.path, *steps), key=True)

    def at(self, steps: Steps) -> tuple[Document, Steps]:
        """Returns the document in which an inner value is written, and the path of the inner value in that document.
        `steps` is the path of the inner value below this value. In a mapping that was merged from several mappings
        (`Merged`), the documents of inner values can differ.
        """
        return self.document, (*self.path, *steps)

    def get(self, key: str) -> Written | None:
        """Returns the value of the field `key`. Returns None if the field is missing, is null or is known to have an
        error.
        """
        value = self.value.get(key) if isinstance(self.value, dict) else None
        if value is None or (path := (*self.path, key)) in self.document.bad:
            return None
        return Written(self.document, path, value)

    def fields(self) -> Iterator[tuple[str, Written]]:
        """Yields (key, value) for every field of this mapping that is not known to have an error. Fields with null are
        included.
        """
        for key, value in self.value.items():
            if (path := (*self.path, key)) not in self.document.bad:
                yield key, Written(self.document, path, value)

    def items(self) -> Iterator[Written]:
        """Yields every item of this list that is not known to have an error."""
        for index, value in enumerate(self.value):
            if (path := (*self.path, index)) not in self.document.bad:
                yield Written(self.document, path, value)
