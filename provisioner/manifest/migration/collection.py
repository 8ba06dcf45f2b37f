"""Joins the objects of all sources. Objects with the same id become one object. If source code creates an object by a
call, and the sources also contain the object as the API returned it, the two become one object.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.diagnostic import Diagnostic
from provisioner.core.files.root import is_forbidden
from provisioner.core.objecttype import FILE, VECTOR_STORE
from provisioner.manifest.migration.objects import MEMBER
from provisioner.manifest.migration.reading import Made, Reading, join_found, merged
from provisioner.manifest.writing.found import Found, Unread

#: The fields, by type, whose values show that a printed object was returned by a call.
TRAITS: Mapping[str, tuple[str, ...]] = {FILE.name: ("filename",), VECTOR_STORE.name: ("name",)}
USUAL_TRAITS = ("name", "model", "instructions")


class Collection(Struct):
    """The objects of all sources, in `found`, keyed by their key and in the order in which they were found. `problems`
    are the problems in the sources.
    """

    found: dict[str, Found] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)
    _aliases: dict[str, str] = field(default_factory=dict)
    _members: list[Found] = field(default_factory=list)

    def objects(self) -> list[Found]:
        """Returns all objects that were found. If an object contains the key of another object whose id at the API is
        known, the key is replaced by this id.
        """
        found = dict(self.found)
        for member in self._members:
            store = self._aliases.get(member.key.split("/")[0], member.key.split("/")[0])
            if store in found and not any(each.id == member.members[0].id for each in found[store].members):
                found[store] = replace(found[store], members=(*found[store].members, *member.members))
        return [self._with_ids(each) for each in found.values()]

    def add(self, reading: Reading, resolve: LocalPaths) -> None:
        """Adds the objects and the problems of one source (`reading`) to this collection. `resolve` finds the local
        files that the source uploads.
        """
        self.problems += reading.problems
        made = [replace(each.found(), path=resolve.find(each.path, each.place.file)) for each in reading.made]
        taken: set[str] = set()
        echoes = [each for each in reading.found if each.type != MEMBER]
        self._members += [each for each in reading.found if each.type == MEMBER]
        for call, one in zip(reading.made, made, strict=True):
            echo = _match(call, one, echoes, taken)
            if echo is None:
                self.found.setdefault(one.key, one)
                continue
            taken.add(echo.key)
            self._aliases[one.key] = echo.key
            fields = merged(merged(call.fields, echo.fields), call.updates)
            members = (*echo.members, *one.members)
            self.found[echo.key] = replace(echo, fields=fields, members=members, path=one.path, name=one.name)
        for echo in echoes:
            if echo.key in taken:
                continue
            local = resolve.find(echo.path, reading.file) if echo.path else None
            echo = replace(echo, path=local)
            before = self.found.get(echo.key)
            self.found[echo.key] = echo if before is None else join_found(before, echo)

    def _with_ids(self, found: Found) -> Found:
        members = tuple(replace(each, id=self._aliases.get(each.id, each.id)) for each in found.members)
        fields = self._replaced(found.fields) if self._aliases else found.fields
        return replace(found, fields=fields, members=members)

    def _replaced(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._aliases.get(value, value)
        if isinstance(value, Mapping):
            return {key: self._replaced(item) for key, item in value.items()}
        return [self._replaced(item) for item in value] if isinstance(value, list) else value


class LocalPaths(Struct, frozen=True):
    """Finds the local files that sources name. `folder` is the folder to which the manifests are written. Files outside
    the parent of `folder` are not found, because manifests may not read them.
    """

    folder: Path

    def find(self, path: str | None, source: str) -> str | None:
        """Returns the path of a file relative to the folder of the manifests. Returns None if the file does not exist,
        or if manifests may not read it.

        `path` is looked up in the folder of `source` first, and then in the working folder. If `path` is None or empty,
        returns None.
        """
        if not path:
            return None
        root = Path(os.path.abspath(self.folder)).parent
        for base in (Path(source.partition("[cell ")[0]).parent, Path()):
            whole = Path(os.path.abspath(base / path))
            is_inside = whole.is_relative_to(root) and not any(map(is_forbidden, whole.relative_to(root).parts))
            if is_inside and whole.is_file() and not whole.is_symlink():
                return Path(os.path.relpath(whole, os.path.abspath(self.folder))).as_posix()
        return None


def _match(call: Made, made: Found, echoes: Iterable[Found], taken: set[str]) -> Found | None:
    """Returns the object in `echoes` that the call `call` has created. `echoes` are the objects that the API returned.
    `made` is the created object with the fields of the call and of later updates. Returns None if no object matches.

    An object matches if its key (its id, or a text that stands for an unknown id) is the key of `made`. An object of
    the same type also matches if its key is not in `taken`, and if its identifying fields (TRAITS, such as the name)
    are equal to those in the call.
    """
    traits = TRAITS.get(made.type, USUAL_TRAITS)
    given = {name: call.fields[name] for name in traits if name in call.fields}
    given = {name: value for name, value in given.items() if not isinstance(value, Unread)}
    for echo in echoes:
        if echo.key == made.key:
            return echo
        same = given and all(echo.fields.get(name) == value for name, value in given.items())
        if echo.type == made.type and echo.key not in taken and same:
            return echo
    return None
