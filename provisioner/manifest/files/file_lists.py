"""Resolves `files:` lists. An item is a path, a glob, the name of a declared file, or the id of a file at the API."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from provisioner.core.address import Address
from provisioner.core.catalog import UPLOAD_EXTENSIONS
from provisioner.core.resource import Ref
from provisioner.manifest.expressions.groups import spread
from provisioner.manifest.files.referenced_files import PURPOSE, Entry, Library
from provisioner.manifest.parsing.document import Written

RAW = re.compile(r"file-[A-Za-z0-9_-]+")
#: A function that converts a list, whose items may be names of resources, to the API's format. The address is that of
#: the resource that has the list.
Express = Callable[[Written, Address], list[Any]]


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a `files:` list, and the `item` of the list that named it.

    `entry` is the file to upload, and `path` its path from the root. For a file that is not managed here, `raw` is its
    id at the API, and `entry` is None.
    """

    item: Written
    entry: Entry | None = None
    path: str = ""
    raw: str | None = None

    @property
    def key(self) -> str:
        """The address of the file's resource, or the id of an unmanaged file."""
        return str(self.entry.address) if self.entry else str(self.raw)

    @property
    def id(self) -> Ref | str:
        """The id of an unmanaged file; otherwise a reference, which the file's id replaces after the upload."""
        return Ref(self.entry.address) if self.entry else str(self.raw)


@dataclass
class Members:
    """Resolves `files:` lists to files. `library` has the files to upload, `groups` the names of the instances of each
    `for_each`, and `tokens` the references that stand for ids.
    """

    library: Library
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tokens: Mapping[str, Ref] = field(default_factory=dict)

    def resolve(self, files: Written, address: Address, skip: Container[Path] = ()) -> Iterator[Member]:
        """Yields the files of a list in its order, except those in `skip`. A file that two items name is yielded
        twice.
        """
        for item in spread(files, self.groups, "file").items():
            yield from self._resolve_item(item, address, skip)

    def ids(self, files: Written, address: Address) -> list[Ref | str]:
        """Returns the ids of a list's files, each file once. For a file to upload, a reference takes the place of the
        id.
        """
        members = {member.key: member for member in self.resolve(files, address)}
        for member in members.values():
            self.check_extension(member, address)
        return [member.id for member in members.values()]

    def check_extension(self, member: Member, address: Address) -> None:
        """Warns if the API is reported to refuse uploads with this extension for assistants. Vector stores accept even
        fewer types of files.
        """
        entry = member.entry
        if entry is None or entry.purpose != PURPOSE:
            return
        extension = entry.path.suffix[1:].lower()
        if extension not in UPLOAD_EXTENSIONS:
            what = f"`.{extension[:20]}` files" if extension else "files without an extension"
            message = f"uploads of {what} for assistants are reported to be refused (`Invalid extension`)"
            advice = "convert it, or declare it under `files:` with `purpose: user_data`"
            self.library.report.warn(member.item, f"{message}; {advice}", address)

    def _resolve_item(self, item: Written, address: Address, skip: Container[Path]) -> Iterator[Member]:
        is_text = isinstance(item.value, str)
        path = item if is_text else item.get("path")
        name = None if is_text else item.get("file")
        referred = self.tokens.get(path.value) if path is not None else None
        if referred is not None and (known := self.library.entries.get(referred.address)) is not None:
            yield self._member(item, known)
        elif path is not None and RAW.fullmatch(path.value):
            yield Member(item, raw=path.value)
        elif path is not None:
            for found in self.library.tree.all(path, address):
                if found not in skip:
                    yield self._member(item, self.library.at(found, path))
        elif name is not None and RAW.fullmatch(name.value):
            yield Member(item, raw=name.value)
        elif name is not None and (entry := self.library.named(name, address)) and entry.path not in skip:
            yield self._member(item, entry)

    def _member(self, item: Written, entry: Entry) -> Member:
        return Member(item, entry, self.library.tree.name(entry.path))
