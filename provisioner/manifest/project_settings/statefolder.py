"""Finds changes that a branch under review makes to a state in a folder of the repository.

Only an apply may write a state. If a branch changed the state, the next plan would use the changed state. Applications
that read the state would use it too.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from provisioner.core.files.limits import STATE_BYTES
from provisioner.core.files.opening import UnfitFile, open_beneath, read_limited
from provisioner.core.text.composition import to_nfc
from provisioner.core.text.visible import on_one_line
from provisioner.manifest.project_settings.settings import Settings

#: The largest number of changed files that are named.
SHOWN = 5


def find_changed(here: Settings, there: Settings) -> list[str]:
    """Returns the paths of files in the state's folder that differ between two branches. `here` are the settings of the
    branch under review, and `there` those of the base branch. The paths are sorted, and relative to the root.

    Nothing is compared if the state is in a remote backend, or if the two folders are the same. Links are not followed.
    Anything that is neither a folder nor a regular file counts as changed. A file or folder beside the state's folder
    also counts as changed if a case-insensitive disk would confuse the two names.
    """
    ours, theirs = here.state_folder, there.state_folder
    if ours is None or theirs is None or ours == theirs:
        return []
    old, new = dict(_entries(theirs)), dict(_entries(ours))
    changed = {name for name in old.keys() | new.keys() if not _is_same(theirs, ours, old, new, name)}
    return sorted(os.path.relpath(path, here.root) for path in (*(ours / name for name in changed), *_alike(ours)))


def enumerate_changed(names: list[str]) -> str:
    """Returns a text with the first SHOWN names and the number of further names."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(f"`{on_one_line(name)}`" for name in names[:SHOWN]) + more


def _entries(folder: Path) -> Iterator[tuple[str, int]]:
    """Yields (relative path, file type) for every file, link or other entry below a folder. Subfolders are searched and
    not yielded. If `folder` is not a folder, yields `.` with its type.
    """
    try:
        mode = os.lstat(folder).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(mode):
        yield ".", stat.S_IFMT(mode)
        return
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                path = Path(entry.path)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(path)
                else:
                    yield str(path.relative_to(folder)), stat.S_IFMT(entry.stat(follow_symlinks=False).st_mode)


def _is_same(old: Path, new: Path, olds: dict[str, int], news: dict[str, int], name: str) -> bool:
    """Returns whether the folders `old` and `new` contain the same regular file `name`: it exists in both, and its
    bytes are equal. `olds` and `news` map the relative paths in the two folders to file types.
    """
    if olds.get(name) != stat.S_IFREG or news.get(name) != stat.S_IFREG:
        return False
    try:
        return _read(old, name) == _read(new, name)
    except UnfitFile:  # One of them is larger than a state, or was replaced meanwhile.
        return False


def _read(folder: Path, name: str) -> bytes:
    return read_limited(open_beneath(folder, Path(name).parts), STATE_BYTES, name)


def _alike(folder: Path) -> Iterator[Path]:
    """Yields the paths beside the state's folder `folder` whose names differ from the folder's name only in case or
    Unicode normalisation.
    """
    if not folder.parent.is_dir():
        return
    for name in os.listdir(folder.parent):
        if name != folder.name and _fold(name) == _fold(folder.name):
            yield folder.parent / name


def _fold(name: str) -> str:
    return to_nfc(to_nfc(name).casefold())
