"""Stores paths as a tree of folders, so that a glob is compared only with the folders that it can lead to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import compress

from msgspec import Struct, field

from provisioner.core.files.patterns import DEEP, WILD, Budget, Pattern


class _Folder(Struct):
    """A folder in the tree. `names` are the names of its files and links in NFC, and `paths` are their paths, in the
    same order. Several paths may have the same name in NFC.
    """

    folders: dict[str, _Folder] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    _by_name: dict[str, list[str]] | None = None

    def named(self, name: str) -> list[str]:
        """Returns the paths of the files and links with the name `name`."""
        if self._by_name is None:
            self._by_name = {}
            for each, path in zip(self.names, self.paths, strict=True):
                self._by_name.setdefault(each, []).append(path)
        return self._by_name.get(name, [])


class PathTree:
    """A tree of the paths of files. Each level of the tree contains the folders with one name, beginning at the root.
    Names are in NFC.
    """

    def __init__(self) -> None:
        self._root = _Folder()

    def add(self, folder: Iterable[str], names: Iterable[str], paths: Iterable[str]) -> None:
        """Adds files in one folder. `folder` are the names of the folders that lead to it from the root. `names` are
        the names of the files, and `paths` are their paths, in the same order. All names are in NFC.
        """
        here = self._root
        for part in folder:
            inner = here.folders.get(part)
            if inner is None:
                inner = here.folders[part] = _Folder()
            here = inner
        here.names += names
        here.paths += paths

    def matching(self, pattern: Pattern, budget: Budget, linked: Collection[str] = ()) -> Iterator[str]:
        """Yields the paths in the tree that the glob `pattern` matches. `linked` are the paths that are links to
        folders. Such a path is also yielded if the glob can match a path below it. `budget` counts the comparisons.
        Raises LimitExceeded if the run has made too many of them.
        """
        waiting = [(self._root, pattern.begin)]
        while waiting:
            here, positions = waiting.pop()
            if (only := pattern.name_at(positions)) is None:
                yield from compress(here.paths, pattern.matches(positions, here.names, budget))
            elif any(pattern.matches(positions, [only], budget)):
                yield from here.named(only)
            if linked:
                for name, path in zip(here.names, here.paths, strict=True):
                    if path in linked and pattern.step(positions, name, budget):
                        yield path
            for name in _possible(here, pattern, positions):
                following = pattern.step(positions, name, budget)
                if following:
                    waiting.append((here.folders[name], following))


def _possible(folder: _Folder, pattern: Pattern, positions: frozenset[int]) -> Iterable[str]:
    """Returns the names of the folders in `folder` that the glob can match next. `positions` are the numbers of the
    glob's parts that have matched already. If the next parts of the glob have no wildcards, only equal names are
    returned.
    """
    parts = {pattern.parts[position] for position in positions if position < len(pattern.parts)}
    if any(part == DEEP or WILD & set(part) for part in parts):
        return folder.folders
    return [part for part in parts if part in folder.folders]
