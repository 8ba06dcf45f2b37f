"""`files:` lists: paths, globs, declared names and raw ids, resolved to entries of the library."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provisioner.core.address import Address
from provisioner.core.catalog import UPLOAD_EXTENSIONS
from provisioner.core.resource import Ref
from provisioner.manifest.files.referenced_files import PURPOSE, Entry, Library
from provisioner.manifest.parsing.document import Written

RAW = re.compile(r"file-[A-Za-z0-9_-]+")
#: Expresses the items of a list that may name resources, in the API's format and with references; an address uses them.
Express = Callable[[Written, Address], list[Any]]


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a list: an entry of the library or the id of an unmanaged file, with the item that named it and its
    path.
    """

    item: Written
    entry: Entry | None = None
    path: str = ""
    raw: str | None = None

    @property
    def key(self) -> str:
        """The file's address, or its raw id."""
        return str(self.entry.address) if self.entry else str(self.raw)

    @property
    def id(self) -> Ref | str:
        """The file's id, or a reference that is replaced by it."""
        return Ref(self.entry.address) if self.entry else str(self.raw)


@dataclass
class Members:
    """Resolves lists of files."""

    library: Library

    def resolve(self, files: Written, address: Address, skip: Container[Path] = ()) -> Iterator[Member]:
        """Yields the members of a list in order, without those to skip; a file that is named twice comes twice."""
        for item in files.items():
            yield from self._resolve_item(item, address, skip)

    def ids(self, files: Written, address: Address) -> list[Ref | str]:
        """Returns the ids of a list's files, or references to them, each file once."""
        members = {member.key: member for member in self.resolve(files, address)}
        for member in members.values():
            self.check_extension(member, address)
        return [member.id for member in members.values()]

    def check_extension(self, member: Member, address: Address) -> None:
        """Warns of a type whose uploads for assistants are reported to be refused. Stores accept fewer types."""
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
        if path is not None and RAW.fullmatch(path.value):
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
