"""Writes the files for a child process into a folder, and reads the files that the process left there.

The process may have left anything in the folder: links, pipes, very large files. Only regular files are read. No link
is followed, and the sizes and the number of files are limited.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from provisioner.core.files.opening import UnfitFile, reopen_folder
from provisioner.core.files.own import make_folder, open_own, open_own_folder, read_own, write_all


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Creates the folder and writes the files into it. `files` maps names to contents. Raises UnfitFile if a name
    contains a folder, and OSError if writing fails.
    """
    make_folder(folder)
    for name, data in files.items():
        if os.path.basename(name) != name or name in ("", ".", ".."):
            raise UnfitFile("a name may not have a folder", name)
        handle = open_own(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            write_all(handle, data)
        finally:
            os.close(handle)


def read_folder(folder: Path, most_bytes: int, most_files: int, *, total: int | None = None) -> dict[str, bytes]:
    """Returns the contents of the regular files directly in the folder, keyed by name and sorted by name.

    A file is left out if it has more than `most_bytes` bytes, if `most_files` files come before it, or if the contents
    together would exceed `total` bytes. Raises OSError if the folder cannot be read.
    """
    handle = reopen_folder(open_own_folder(folder))
    try:
        names = sorted(name for name in os.listdir(handle) if _is_regular(handle, name))
    finally:
        os.close(handle)
    found: dict[str, bytes] = {}
    left = most_bytes * most_files if total is None else total
    for name in names[:most_files]:
        try:
            data = read_own(folder / name, min(most_bytes, left))
        except OSError:
            continue  # It is too large, or it is no regular file any more.
        found[name] = data
        left -= len(data)
    return found


def _is_regular(folder: int, name: str) -> bool:
    return stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
