"""Puts two checkouts side by side to be compared. `checkouts.py BASE HEAD MANIFESTS TARGET`.

Each is divided in two: `TARGET/manifests` has the folder of the manifests, `TARGET/others` has the rest, and in both
are the folders `base` and `head`. Neither holds its `.git`, which is no part of what is reviewed. Files are hard links
where the file system allows them. Symbolic links stay links, and nobody follows them.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
from pathlib import Path

SIDES = ("base", "head")


def main() -> int:
    """Fills the target. Returns 1 if one of the checkouts has no folder of the manifests."""
    base, head, manifests, target = map(Path, sys.argv[1:])
    tops = find_tops(base.resolve(), head.resolve())
    below = Path(os.path.normpath(head.resolve().relative_to(tops[1]) / manifests))
    if below.is_absolute() or ".." in below.parts or not all((top / below).is_dir() for top in tops):
        return 1
    for side, top, other in zip(SIDES, tops, reversed(tops), strict=True):
        copy(top, target / "others" / side, other)
        (target / "manifests" / side).mkdir(parents=True)
    # A link on the way would lead out of the copy, so what it leads to is not taken for the manifests' folder.
    if below.parts and not any(_has_link(target / "others" / side, below) for side in SIDES):
        for side in SIDES:
            moved = target / "manifests" / side / below
            moved.parent.mkdir(parents=True, exist_ok=True)
            (target / "others" / side / below).rename(moved)
    return 0


def find_tops(base: Path, head: Path) -> tuple[Path, Path]:
    """The checkouts that two folders of the same name below them are of; the folders where no checkout is found.

    A project in a folder of a repository may read prompts and files that lie above that folder.
    """
    tops = (base, head)
    while not any(os.path.lexists(top / ".git") for top in tops):
        if tops[0].name != tops[1].name or tops[0] == tops[0].parent:
            return base, head
        tops = (tops[0].parent, tops[1].parent)
    return tops


def copy(top: Path, target: Path, other: Path) -> None:
    """Copies a checkout without its `.git`, and without the other checkout if that is inside of it."""

    def left_out(folder: str, names: list[str]) -> list[str]:
        return [
            name
            for name in names
            if (name == ".git" and Path(folder) == top) or Path(folder, name) == other or not _is_kept(folder, name)
        ]

    shutil.copytree(top, target, symlinks=True, ignore=left_out, copy_function=_link)


def _has_link(top: Path, below: Path) -> bool:
    """Returns whether the last folder of the path, or one above it, is a symbolic link."""
    return any((top / part).is_symlink() for part in (below, *below.parents))


def _is_kept(folder: str, name: str) -> bool:
    """Returns whether git can contain such an entry: a file, a folder or a symbolic link."""
    mode = os.lstat(os.path.join(folder, name)).st_mode
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # another file system, or one without links
        shutil.copy2(source, target, follow_symlinks=False)


if __name__ == "__main__":
    sys.exit(main())
