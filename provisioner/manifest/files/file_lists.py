"""Resolves the lists `files:` of manifests. An item is a path, a glob, the name of a declared file, or the id of a file
at the API.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from provisioner.core.address import Address, spell_addresses
from provisioner.core.catalog import UPLOAD_EXTENSIONS
from provisioner.core.diagnostic import Place
from provisioner.core.objecttype import FILE
from provisioner.core.resource import Ref
from provisioner.manifest.expressions.groups import spread
from provisioner.manifest.files.referenced_files import PURPOSE, Entry, Library
from provisioner.manifest.parsing.document import Written
from provisioner.manifest.validation.ids import find_wrong_id

RAW = re.compile(r"file-[A-Za-z0-9_-]+")
#: A function that converts a list to the API's format. Items of the list may be names of resources. The address is that
#: of the resource that has the list.
Express = Callable[[Written, Address], list[Any]]


class Member(Struct, frozen=True):
    """One file of a list `files:` in a manifest. `item` is the item of the list that names the file.

    If provision manages the file, `entry` is the file to upload, and `path` is the path of the file from the root.
    Otherwise, `entry` is None, and `raw` is the id of the file at the API.
    """

    item: Written
    entry: Entry | None = None
    path: str = ""
    raw: str | None = None

    @property
    def key(self) -> str:
        """The address of the file's resource, or the id of a file that provision does not manage."""
        return str(self.entry.address) if self.entry else str(self.raw)

    @property
    def id(self) -> Ref | str:
        """The id of a file that provision does not manage. For any other file, a reference (Ref), which the file's id
        replaces after the upload.
        """
        return Ref(self.entry.address) if self.entry else str(self.raw)


def key_members(members: Iterable[Member]) -> dict[str, Member]:
    """Returns the files `members` by their keys. Of two files with the same key, the later one is returned."""
    members = list(members)
    # One call for all addresses is several times as fast as one for each.
    addresses = iter(spell_addresses([member.entry.address for member in members if member.entry]))
    return {next(addresses) if member.entry else member.key: member for member in members}


class Members(Struct):
    """Resolves the lists `files:` of manifests to files. `library` contains the files to upload. `groups` maps the name
    of each declaration with a `for_each` to the names of the resources that the `for_each` makes. `tokens` maps tokens
    (strings that stand for ids) to references.

    `uploads` contains each id that a list names as `{id: …}`, and maps this id to the place where it is written first.
    """

    library: Library
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    uploads: dict[str, Place] = field(default_factory=dict)
    tokens: Mapping[str, Ref] = field(default_factory=dict)

    def resolve(self, files: Written, address: Address, skip: Container[str] = ()) -> Iterator[Member]:
        """Yields the files of a list `files:`, in the order of the list. The files in `skip` are left out, except a
        file that a reference such as `${file.NAME.id}` names. A file that two items name is yielded twice. `address` is
        the address of the resource that contains the list.
        """
        for item in spread(files, self.groups, "file").items():
            yield from self._resolve_item(item, address, skip)

    def ids(self, files: Written, address: Address) -> list[Ref | str]:
        """Returns the ids of the files in a list `files:`, each file once. Reports a warning for an extension that the
        API probably refuses. For a file that provision uploads, a reference (Ref) is returned in place of the id.
        `address` is the address of the resource that contains the list.
        """
        members = key_members(self.resolve(files, address))
        for member in members.values():
            self.check_extension(member, address)
        return [member.id for member in members.values()]

    def check_extension(self, member: Member, address: Address) -> None:
        """Reports a warning for an uploaded file with the purpose `assistants` if the file's extension is not in
        UPLOAD_EXTENSIONS. According to public reports, the API refuses such files. Vector stores refuse further
        extensions, which this method does not check.

        `address` is the address of the resource that contains the list.
        """
        entry = member.entry
        if entry is None or entry.purpose != PURPOSE:
            return
        extension = entry.suffix
        if extension not in UPLOAD_EXTENSIONS:
            what = f"`.{extension[:20]}` files" if extension else "files without an extension"
            message = f"uploads of {what} for assistants are reported to be refused (`Invalid extension`)"
            advice = "convert it, or declare it under `files:` with `purpose: user_data`"
            self.library.report.warn(member.item, f"{message}; {advice}", address)

    def _resolve_item(self, item: Written, address: Address, skip: Container[str]) -> Iterator[Member]:
        is_text = isinstance(item.value, str)
        path = item if is_text else item.get("path")
        name = None if is_text else item.get("file")
        id = None if is_text else item.get("id")
        referred = self.tokens.get(path.value) if path is not None else None
        if id is not None:
            yield from self._upload(item, id, address)
        elif referred is not None and (known := self.library.entries.get(referred.address)) is not None:
            yield self._member(item, known)
        elif path is not None and RAW.fullmatch(path.value):
            yield Member(item, raw=path.value)
        elif path is not None:
            found = [each for each in self.library.tree.all(path, address) if each not in skip]
            yield from (self._member(item, entry) for entry in self.library.entries_at(found, path))
        elif name is not None and RAW.fullmatch(name.value):
            yield Member(item, raw=name.value)
        elif name is not None and (entry := self.library.named(name, address)) and entry.file not in skip:
            yield self._member(item, entry)

    def _upload(self, item: Written, id: Written, address: Address) -> Iterator[Member]:
        """Yields the file that an item `{id: …}` of a list `files:` names by its id at the API. If the text is not an
        id, or is the id of another type of object, reports an error and yields nothing.
        """
        if (problem := find_wrong_id(FILE, id.value, "a file is expected here")) is not None:
            self.library.report.error(id, problem, address)
            return
        self.uploads.setdefault(id.value, id.place)
        yield Member(item, raw=id.value)

    def _member(self, item: Written, entry: Entry) -> Member:
        return Member(item, entry, entry.name)
