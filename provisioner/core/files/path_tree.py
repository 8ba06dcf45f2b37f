"""Stores paths as a tree of names, so that a glob is compared only with the folders that it can lead to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field

from provisioner.core.files.patterns import DEEP, WILD, Budget, Pattern


class _Node(Struct):
    children: dict[str, _Node] = field(default_factory=dict)
    # Several paths, where names differ only in their Unicode normalization.
    paths: list[Path] = field(default_factory=list)


class PathTree:
    """A tree of paths. Each level of the tree contains one name of a path, beginning at the root. The names are in
    NFC.
    """

    def __init__(self, names: Mapping[Path, Sequence[str]]) -> None:
        self._root = _Node()
        for path, parts in names.items():
            node = self._root
            for part in parts:
                node = node.children.setdefault(part, _Node())
            node.paths.append(path)

    def matching(self, pattern: Pattern, budget: Budget, folders: frozenset[Path] = frozenset()) -> Iterator[Path]:
        """Yields the paths in the tree that the glob `pattern` matches. A path in `folders` is also yielded if the glob
        can match a path below it. `budget` counts the comparisons. Raises LimitExceeded if the run has made too many of
        them.
        """
        waiting = [(self._root, pattern.begin)]
        while waiting:
            node, positions = waiting.pop()
            for name in _possible(node, pattern, positions):
                child = node.children[name]
                following = pattern.step(positions, name, budget)
                if not following:
                    continue
                is_match = pattern.is_end(following) and not pattern.folders
                yield from (path for path in child.paths if is_match or path in folders)
                if child.children:
                    waiting.append((child, following))


def _possible(node: _Node, pattern: Pattern, positions: frozenset[int]) -> Iterable[str]:
    """Returns the names in the folder `node` that the glob can match next. `positions` are the numbers of the glob's
    parts that have matched already. If the next parts of the glob have no wildcards, only equal names are returned.
    """
    parts = {pattern.parts[position] for position in positions if position < len(pattern.parts)}
    if any(part == DEEP or WILD & set(part) for part in parts):
        return node.children
    return [part for part in parts if part in node.children]
