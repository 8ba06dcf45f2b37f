"""Defines the data classes that the readers of all formats use: an object that source code creates, the objects and
problems of a source, and a text with the position of each character in the source.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.diagnostic import Diagnostic, Place, Severity
from provisioner.manifest.limits import ALL_BYTES, ALL_VALUES
from provisioner.manifest.writing.found import Found, MemberFile


class Made(Struct, eq=False):
    """An object that source code creates. If its id is not known, `key` stands for the id.

    `updates` are the fields that later calls set. `path` is the local file from which a file object is made.
    """

    type: str
    key: str
    fields: dict[str, Any]
    place: Place
    name: str = ""
    updates: dict[str, Any] = field(default_factory=dict)
    members: list[MemberFile] = field(default_factory=list)
    path: str | None = None

    def found(self) -> Found:
        """Returns this object as a `Found` value, the description of an object in any source. Its fields include the
        updates by later calls.
        """
        fields = merged(self.fields, self.updates)
        return Found(
            self.type,
            self.key,
            fields,
            members=tuple(self.members),
            place=self.place,
            is_echo=False,
            path=self.path,
            name=self.name or None,
        )


class Kept(Struct):
    """The total size of the objects that one migration has found in JSON files: `bytes` of text, and the number of
    `values`. An object that occurs in the sources several times is counted once.

    If the total exceeds a limit, the manifests would be too large to be read. Then no further object is stored.
    """

    bytes: int = 0
    values: int = 0
    most_bytes: int = ALL_BYTES
    most_values: int = ALL_VALUES
    _sizes: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, key: str, found: Found) -> None:
        """Adds the size of the object `found` to the total. If an object with the same `key` was added before, the new
        size replaces the earlier size.
        """
        size = values = 0
        ahead: list[Any] = [found.fields, *map(_values_of, found.members)]
        while ahead:
            each = ahead.pop()
            if isinstance(each, Mapping):
                ahead += each.values()
            elif isinstance(each, list | tuple):
                ahead += each
            values += 1
            size += len(each) + 16 if isinstance(each, str) else 16
        former = self._sizes.get(key, (0, 0))
        self._sizes[key] = size, values
        self.bytes += size - former[0]
        self.values += values - former[1]

    def find_problem(self) -> str | None:
        """Returns an error message if a limit is exceeded. Otherwise returns None."""
        if self.bytes > self.most_bytes:
            size = f"take more than {self.most_bytes // 2**20} MB"
        elif self.values > self.most_values:
            size = f"have more than {self.most_values:,} values"
        else:
            return None
        return (
            f"the objects up to here {size}, the most that the manifests of one project hold; split the sources, and "
            "migrate each part to the folder of a project of its own"
        )


def _values_of(member: MemberFile) -> list[Any]:
    return [member.id, member.attributes, member.chunking_strategy]


class Reading(Struct):
    """The objects and problems of one source. `found` are the objects that the source contains as data, mostly as the
    API returned them. `made` are the objects that source code creates. Both are in the order of the source. `problems`
    are the errors and warnings about the source. `kept` counts the total size of the objects from all JSON files.
    """

    file: str
    found: list[Found] = field(default_factory=list)
    made: list[Made] = field(default_factory=list)
    problems: list[Diagnostic] = field(default_factory=list)
    kept: Kept = field(default_factory=Kept)

    def report(self, severity: Severity, message: str, line: int = 1, column: int = 1) -> None:
        """Adds a problem at a line and a column of the source, both counted from 1."""
        self.problems.append(Diagnostic(severity, message, Place(self.file, line, column)))


class Text(Struct, frozen=True, dict=True):
    """A text whose offsets can be converted to places in its file. `first_line` is the number of the text's first line
    in the file.
    """

    text: str
    file: str
    first_line: int = 1

    @cached_property
    def _starts(self) -> list[int]:
        starts, at = [0], self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts

    def place(self, offset: int) -> Place:
        """Returns the place (file, line and column) of the character at the offset `offset` of this text."""
        line = bisect_right(self._starts, offset) - 1
        return Place(self.file, self.first_line + line, offset - self._starts[line] + 1)


def join_found(before: Found, found: Found) -> Found:
    """Joins two descriptions of one object, and returns the joined object. If both contain a field, the value in
    `found`, the later description, is used. The files of a vector store and the name come from `before` if it contains
    them.
    """
    fields = {**before.fields, **found.fields}
    return replace(found, fields=fields, members=before.members or found.members, name=before.name or found.name)


def merged(fields: Mapping[str, Any], updates: Mapping[str, Any]) -> dict[str, Any]:
    """Returns `fields` with the values in `updates`. In `tool_resources`, only the tools that `updates` names are
    replaced.
    """
    result = {**fields, **updates}
    old, new = fields.get("tool_resources"), updates.get("tool_resources")
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        result["tool_resources"] = {**old, **new}
    return result
