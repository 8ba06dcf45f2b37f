"""Lists the names in folders, in the same order on every machine. Each folder is read only once in a run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from msgspec import Struct, field

from provisioner.core.files.limits import LEVELS
from provisioner.core.files.opening import open_folder, reopen_folder
from provisioner.core.files.patterns import Budget, LimitExceeded
from provisioner.core.text.composition import to_nfc

Kind = Literal["file", "folder", "link", "other"]


class Item(NamedTuple):
    """One entry of a folder. `composed` is its name in Unicode's form NFC, and `name` is spelled as on the disk. `kind`
    is the type of the entry, such as "file". It is "link" for every symbolic link, even for a link to a folder.

    The class is a named tuple, because folders have thousands of entries, and named tuples are created quickly.
    """

    composed: str
    name: str
    kind: Kind

    @property
    def is_file(self) -> bool:
        """Whether the entry is a regular file."""
        return self.kind == "file"


class Listings(Struct):
    """The entries of the folders below `root`, an absolute path without links. Each folder is read only once."""

    root: Path
    budget: Budget = field(default_factory=Budget)
    _known: dict[Path, list[Item]] = field(default_factory=dict)
    _named: dict[Path, dict[str, list[Item]]] = field(default_factory=dict)

    def items(self, folder: Path) -> list[Item]:
        """Returns the entries of a folder, sorted by name. The list is empty if the folder cannot be read.

        `folder` is a path below the root that contains no links. Raises LimitExceeded if the run has read too many
        names.
        """
        if folder not in self._known:
            self._known[folder] = sorted(self._read(folder))
        return self._known[folder]

    def named(self, folder: Path, name: str) -> list[Item]:
        """Returns the entries of a folder whose names in Unicode's form NFC are equal to `name`. The list is empty if
        there is no such entry, and contains several entries if their names differ only in the form.

        `folder` is a path below the root that contains no links. Raises LimitExceeded if the run has read too many
        names.
        """
        if folder not in self._named:
            named: dict[str, list[Item]] = {}
            for item in self.items(folder):
                named.setdefault(item.composed, []).append(item)
            self._named[folder] = named
        return self._named[folder].get(name, [])

    def walk(self, folder: Path, closed: Path | None = None) -> Iterator[tuple[Path, list[Item]]]:
        """Yields `folder` and every folder below it, each with its entries. Links, hidden folders and the folder
        `closed` (None: no such folder) are not entered.

        Raises LimitExceeded if folders are nested too deeply or contain too many entries.
        """
        waiting = [(folder, 0)]
        while waiting:
            here, level = waiting.pop()
            items = self.items(here)
            yield here, items
            inner = [here / item.name for item in items if item.kind == "folder" and not item.name.startswith(".")]
            inner = [path for path in inner if path != closed]
            check_level(level + bool(inner), here)
            waiting += [(path, level + 1) for path in reversed(inner)]

    def _read(self, folder: Path) -> list[Item]:
        try:
            handle = reopen_folder(open_folder(self.root, folder.relative_to(self.root).parts))
        except OSError:
            return []
        found = []
        try:
            with os.scandir(handle) as entries:
                for entry in entries:
                    self.budget.list(1)
                    found.append(Item(to_nfc(entry.name), entry.name, _kind(entry)))
        except OSError:
            return []
        finally:
            os.close(handle)
        return found


def check_level(level: int, folder: Path) -> None:
    """Raises LimitExceeded if `level` is larger than LEVELS. `level` is the depth of `folder` below the root."""
    if level > LEVELS:
        raise LimitExceeded(f"`{folder.name}` lies over {LEVELS} folders deep; move it up, or name a narrower folder")


def _kind(entry: os.DirEntry[str]) -> Kind:
    if entry.is_file(follow_symlinks=False):  # Most entries are files.
        return "file"
    if entry.is_symlink():
        return "link"
    return "folder" if entry.is_dir(follow_symlinks=False) else "other"
