"""Finds the files that a glob matches. `files:`, `exclude:` and `ignore:` in manifests use the same patterns.

The result does not depend on the order of names on the disk, and every path that is left out is reported with the
reason. A link is followed if its target is inside the root. Each folder and file is selected only once: by its own path
if the glob matches that path, otherwise by the first link to it. A link to a folder that contains the link is never
followed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from itertools import compress
from pathlib import Path

from msgspec import Struct
from msgspec import field as struct_field

from provisioner.core.files.listing import FolderEntries, Item, Listings, check_level
from provisioner.core.files.patterns import Budget, Pattern
from provisioner.core.files.root import Root, is_usual

#: The reasons why a path is left out.
OUTSIDE = "a link that leads outside the root"
BROKEN = "a link that leads nowhere"
LOOP = "a link to a folder that it lies in"
TWICE = "a link to what is taken already"
SPECIAL = "no regular file"
CLOSED = "not readable for manifests"
UNNAMED = "a name that is not UTF-8"
#: Reasons that are not reported as errors, because another path selects the same file, or because the file is not
#: wanted.
HARMLESS = (LOOP, TWICE, CLOSED)


class Selected(Struct):
    """The result of a search with a glob. `paths` are the paths that the glob matches. `dropped` are the paths that
    were left out, each with the reason.

    Links in these paths are not resolved: each name is spelled as in its folder. `paths` are texts, because there are
    thousands of them, and an object for each path takes several times as much time and memory.
    """

    paths: list[str] = struct_field(default_factory=list)
    dropped: list[tuple[Path, str]] = struct_field(default_factory=list)


class _Link(Struct, frozen=True):
    path: Path
    real: Path
    positions: frozenset[int]
    level: int


@dataclass
class Selection:
    """A search for files below a root, with globs. A run uses only one Selection. Therefore each folder is listed only
    once, and the limits apply to all globs together. `known` are the folders that the run has listed already, with
    their entries.
    """

    root: Root
    known: dict[Path, FolderEntries] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)
    listings: Listings = field(init=False)
    _refusals: dict[Path, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.listings = Listings(self.root.path, self.budget, self.known)

    def refusal(self, path: Path, real: Path | None = None) -> str | None:
        """Returns the reason why `path` may not be read, as a key of REFUSALS, which maps each reason to its message.
        Returns None if `path` may be read. Each path is examined only once in a run. `real` is `path` with all links
        resolved, if the caller knows it.
        """
        if path not in self._refusals:
            self._refusals[path] = self.root.refusal(path, real)
        return self._refusals[path]

    def select(self, pattern: Pattern) -> Selected:
        """Returns the regular files that the glob `pattern` matches, sorted by path, and the paths that were left out.
        Raises LimitExceeded if the glob needs more comparisons, names or matches than a run may use.
        """
        search = _Search(self, pattern)
        search.run()
        found = search.found
        found.paths = sorted(search.matches)
        self.budget.match(len(found.paths))
        return found


class _Search(Struct):
    """The search for the files that one glob matches. `matches` are the paths of these files."""

    selection: Selection
    pattern: Pattern
    found: Selected = struct_field(default_factory=Selected)
    matches: set[str] = struct_field(default_factory=set)
    _entered: set[Path] = struct_field(default_factory=set)
    _taken: set[str] = struct_field(default_factory=set)
    _links: list[_Link] = struct_field(default_factory=list)

    def run(self) -> None:
        root = self.selection.root.path
        self._enter(root, root, self.pattern.begin, 0)
        done = 0
        while done < len(self._links):
            link = self._links[done]
            done += 1
            self._follow(link)

    def _enter(self, path: Path, real: Path, positions: frozenset[int], level: int) -> None:
        """Searches a folder and the folders below it. `path` is the folder's path as the search reached it, and `real`
        is the same path with links resolved.

        `positions` are the numbers of the glob's parts that this folder's path has matched, and `level` is the number
        of folders above this folder.
        """
        waiting = [(path, real, positions, level)]
        while waiting:
            here, there, reached, depth = waiting.pop()
            if there in self._entered:
                continue
            check_level(depth, here)
            self._entered.add(there)
            inner = []
            for item in self._take_files(here, there, reached, depth):
                following = self.pattern.step(reached, item.composed, self.selection.budget)
                if not following:
                    continue
                if item.kind == "folder":
                    if following != frozenset((len(self.pattern.parts),)):
                        inner.append((here / item.name, there / item.name, following, depth + 1))
                elif item.kind == "link" or self._is_file(following):
                    self._look(item, here / item.name, there / item.name, following, depth)
            waiting += reversed(inner)

    def _take_files(self, path: Path, real: Path, positions: frozenset[int], level: int) -> list[Item]:
        """Takes the regular files of a folder that the glob matches. Returns the other entries of the folder that the
        glob can match next, sorted by name. The parameters are those of `_enter`.
        """
        pattern, listings, budget = self.pattern, self.selection.listings, self.selection.budget
        only = pattern.name_at(positions)
        if only is not None:  # Only one name is looked up, because many globs may lead through one large folder.
            items = listings.named(real, only)
            files = [item.name for item in items if item.is_file]
            matches = pattern.matches(positions, [item.composed for item in items if item.is_file], budget)
            others = [item for item in items if not item.is_file]
        else:
            entries = listings.entries(real)
            files, matches = list(entries.files), pattern.matches(positions, entries.composed, budget)
            others = sorted(entries.others)
        beginning, is_open = os.path.join(path, ""), self._opens(path, real)
        found = list(compress(files, matches))
        texts = [beginning + name for name in found]
        if is_open and self._taken.isdisjoint(texts) and all(map(is_usual, found)):
            self._taken.update(texts)
            self.matches.update(texts)
        else:
            for name in found:
                self._take(path / name, real / name)
        return others

    def _opens(self, path: Path, real: Path) -> bool:
        """Returns whether a file in a folder may be read if it is a regular file and its name is permitted (see
        `root.is_usual`). In this case, the path of each file is not checked separately. `path` is the path of the
        folder, and `real` is the same path with links resolved.
        """
        root = self.selection.root
        is_closed = any(closed.parent == real for closed in root.closed)
        return path == real and not is_closed and self.selection.refusal(path, real) is None

    def _look(self, item: Item, path: Path, real: Path, positions: frozenset[int], level: int) -> None:
        if item.kind == "link":
            self._links.append(_Link(path, real, positions, level))
        else:
            self._take(path, real, special=item.kind == "other")

    def _is_file(self, positions: frozenset[int]) -> bool:
        """Returns whether the glob matches a file. `positions` are the numbers of the glob's parts that the path of the
        file has matched. A glob that ends in `**` or `/` matches only files below a folder.
        """
        return self.pattern.is_end(positions) and not self.pattern.folders

    def _take(self, path: Path, real: Path, *, special: bool = False) -> None:
        refused = self.selection.refusal(path, real)
        if refused == "name":
            self._drop(path, UNNAMED)
        elif special:
            self._drop(path, SPECIAL)
        elif refused:
            self._drop(path, CLOSED)
        elif str(real) in self._taken:
            self._drop(path, TWICE)
        else:
            self._taken.add(str(real))
            self.matches.add(str(path))

    def _follow(self, link: _Link) -> None:
        root = self.selection.root.path
        real = Path(os.path.realpath(link.real))
        means = self._is_file(link.positions)
        inside = real.is_relative_to(root)
        if not inside:
            is_folder = os.path.isdir(real)
            if means or is_folder:
                self._drop(link.path, OUTSIDE)
        elif not os.path.lexists(real) or os.path.islink(real):
            if means:
                self._drop(link.path, BROKEN)
        elif os.path.isdir(real):
            self._follow_folder(link, real)
        elif means:
            self._take(link.path, real, special=not os.path.isfile(real))

    def _follow_folder(self, link: _Link, real: Path) -> None:
        if link.positions == frozenset((len(self.pattern.parts),)):
            return
        if link.real.is_relative_to(real) or link.path.is_relative_to(real):
            self._drop(link.path, LOOP)
        elif real in self._entered:
            self._drop(link.path, TWICE)
        elif self.selection.refusal(link.path):
            self._drop(link.path, CLOSED)
        else:
            self._enter(link.path, real, link.positions, link.level + 1)

    def _drop(self, path: Path, reason: str) -> None:
        self.found.dropped.append((path, reason))
