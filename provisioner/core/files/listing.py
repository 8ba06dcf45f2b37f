"""Lists the names in folders, in the same order on every machine. Each folder is read only once in a run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

from msgspec import Struct, field

from provisioner.core.files.limits import LEVELS
from provisioner.core.files.opening import open_folder, reopen_folder
from provisioner.core.files.patterns import Budget, LimitExceeded
from provisioner.core.text.composition import to_nfc

Kind = Literal["file", "folder", "link", "other"]
#: The number of names that are read from a folder before they are counted.
AT_ONCE = 1_000


class Item(NamedTuple):
    """One entry of a folder. `composed` is its name in Unicode's form NFC, and `name` is spelled as on the disk. `kind`
    is the type of the entry, such as "file". It is "link" for every symbolic link, even for a link to a folder.
    """

    composed: str
    name: str
    kind: Kind

    @property
    def is_file(self) -> bool:
        """Whether the entry is a regular file."""
        return self.kind == "file"


class FolderEntries(Struct, frozen=True):
    """The entries of one folder. `files` are the names of its regular files, spelled as on the disk. `composed` are the
    same names in Unicode's form NFC, in the same order. Both are sorted by the composed name. `others` are the other
    entries, such as folders and links.

    Most entries are regular files, and a folder may have thousands of them, so they are stored as names only.
    """

    files: Sequence[str] = ()
    composed: Sequence[str] = ()
    others: Sequence[Item] = ()

    def items(self) -> list[Item]:
        """Returns all entries, sorted by name."""
        files = [Item(composed, name, "file") for composed, name in zip(self.composed, self.files, strict=True)]
        return sorted([*files, *self.others])


NO_ENTRIES = FolderEntries()


class Listings(Struct):
    """The entries of the folders below `root`, an absolute path without links. Each folder is read only once.

    `known` maps folders that were read to their entries. Several `Listings` with the same root may share this mapping;
    each then counts only the names that it has read itself in its `budget`.
    """

    root: Path
    budget: Budget = field(default_factory=Budget)
    known: dict[Path, FolderEntries] = field(default_factory=dict)
    _named: dict[Path, dict[str, list[Item]]] = field(default_factory=dict)

    def entries(self, folder: Path) -> FolderEntries:
        """Returns the entries of a folder. There are none if the folder cannot be read.

        `folder` is a path below the root that contains no links. Raises LimitExceeded if the run has read too many
        names.
        """
        if folder not in self.known:
            self.known[folder] = self._read(folder)
        return self.known[folder]

    def items(self, folder: Path) -> list[Item]:
        """Returns the entries of a folder, sorted by name. The parameter and the errors are those of `entries`."""
        return self.entries(folder).items()

    def named(self, folder: Path, name: str) -> list[Item]:
        """Returns the entries of a folder whose names in Unicode's form NFC are equal to `name`. The list is empty if
        there is no such entry, and contains several entries if their names differ only in the form. The parameter
        `folder` and the errors are those of `entries`.
        """
        if folder not in self._named:
            named: dict[str, list[Item]] = {}
            for item in self.items(folder):
                named.setdefault(item.composed, []).append(item)
            self._named[folder] = named
        return self._named[folder].get(name, [])

    def walk(self, folder: Path, closed: Path | None = None) -> Iterator[tuple[Path, FolderEntries]]:
        """Yields `folder` and every folder below it, each with its entries. Links, hidden folders and the folder
        `closed` (None: no such folder) are not entered.

        Raises LimitExceeded if folders are nested too deeply or contain too many entries.
        """
        waiting = [(folder, 0)]
        while waiting:
            here, level = waiting.pop()
            entries = self.entries(here)
            yield here, entries
            inner = [here / each.name for each in sorted(entries.others) if _is_entered(each)]
            inner = [path for path in inner if path != closed]
            check_level(level + bool(inner), here)
            waiting += [(path, level + 1) for path in reversed(inner)]

    def _read(self, folder: Path) -> FolderEntries:
        try:
            handle = reopen_folder(open_folder(self.root, folder.relative_to(self.root).parts))
        except OSError:
            return NO_ENTRIES
        files: list[str] = []
        others: list[Item] = []
        try:
            with os.scandir(handle) as entries:
                while some := list(islice(entries, AT_ONCE)):
                    self.budget.list(len(some))
                    for entry in some:
                        if entry.is_file(follow_symlinks=False):
                            files.append(entry.name)
                        else:
                            others.append(Item(to_nfc(entry.name), entry.name, _kind(entry)))
        except OSError:
            return NO_ENTRIES
        finally:
            os.close(handle)
        if all(map(str.isascii, files)):
            files.sort()
            return FolderEntries(files, files, others)
        pairs = sorted((to_nfc(name), name) for name in files)
        return FolderEntries([name for _, name in pairs], [composed for composed, _ in pairs], others)


def _is_entered(item: Item) -> bool:
    return item.kind == "folder" and not item.name.startswith(".")


def check_level(level: int, folder: Path) -> None:
    """Raises LimitExceeded if `level` is larger than LEVELS. `level` is the depth of `folder` below the root."""
    if level > LEVELS:
        raise LimitExceeded(f"`{folder.name}` lies over {LEVELS} folders deep; move it up, or name a narrower folder")


def _kind(entry: os.DirEntry[str]) -> Kind:
    """Returns the type of an entry that is no regular file."""
    if entry.is_symlink():
        return "link"
    return "folder" if entry.is_dir(follow_symlinks=False) else "other"
