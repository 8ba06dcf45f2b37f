"""Finds the files that a glob matches. `files:`, `exclude:` and `ignore:` in manifests use the same patterns.

The result does not depend on the order of names on the disk, and every path that is left out is reported with the
reason. A link is followed if its target is inside the root. Each folder and file is selected only once: by its own path
if the glob matches that path, otherwise by the first link to it. A link to a folder that contains the link is never
followed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import Struct
from msgspec import field as struct_field

from provisioner.core.files.listing import Item, Listings, check_level
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

    Links in these paths are not resolved: each name is spelled as in its folder.
    """

    paths: list[Path] = struct_field(default_factory=list)
    dropped: list[tuple[Path, str]] = struct_field(default_factory=list)


class _Link(Struct, frozen=True):
    path: Path
    real: Path
    positions: frozenset[int]
    level: int


@dataclass
class Selection:
    """A search for files below a root, with globs. A run uses only one Selection. Therefore each folder is listed only
    once, and the limits apply to all globs together.
    """

    root: Root
    budget: Budget = field(default_factory=Budget)
    listings: Listings = field(init=False)
    _refusals: dict[Path, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.listings = Listings(self.root.path, self.budget)

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
        found.paths.sort(key=lambda path: (str(path), os.fsencode(path)))
        self.budget.match(len(found.paths))
        return found


class _Search(Struct):
    """The search for the files that one glob matches."""

    selection: Selection
    pattern: Pattern
    found: Selected = struct_field(default_factory=Selected)
    _entered: set[Path] = struct_field(default_factory=set)
    _taken: set[Path] = struct_field(default_factory=set)
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
            is_open = self._opens(here, there)
            for item in self._candidates(there, reached):
                following = self.pattern.step(reached, item.composed, self.selection.budget)
                if not following:
                    continue
                if item.kind == "folder":
                    if following != frozenset((len(self.pattern.parts),)):
                        inner.append((here / item.name, there / item.name, following, depth + 1))
                elif item.kind == "link" or self._is_file(following):
                    path = here / item.name
                    if is_open and item.is_file and is_usual(item.name) and path not in self._taken:
                        self._taken.add(path)
                        self.found.paths.append(path)
                    else:
                        self._look(item, path, there / item.name, following, depth)
            waiting += reversed(inner)

    def _candidates(self, folder: Path, positions: frozenset[int]) -> list[Item]:
        """Returns the entries of a folder that the glob can match next. `positions` are the numbers of the glob's parts
        that have matched already. If the next part has no wildcards, only one name is looked up, because many globs may
        lead through one large folder.
        """
        name = self.pattern.name_at(positions)
        listings = self.selection.listings
        return listings.items(folder) if name is None else listings.named(folder, name)

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
        elif real in self._taken:
            self._drop(path, TWICE)
        else:
            self._taken.add(real)
            self.found.paths.append(path)

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
