"""Reads and writes the file with the digests of a project's files, in the private folder `.provision`.

A person who can write this file can hide a change of another file from a plan. Therefore the file is used only if this
user has written it, in this folder: git must not track it, no other user may be able to write it, and it must name the
inode of the folder that contains it. A file that cannot be used is ignored, and all files are hashed.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from provisioner.core.errors import UsageError
from provisioner.core.files.opening import open_at, read_limited
from provisioner.core.files.own import folder_of, replace_own
from provisioner.manifest.files.digest_cache import MOST_BYTES, DigestCache, Place, parse_digests
from provisioner.project.private_folder import FOLDER, open_private, private_folder

NAME = "digests.json"


@contextmanager
def keeping_digests(clock: Callable[[], int] = time.time_ns) -> Iterator[Callable[[Path], DigestCache]]:
    """Yields a function that returns the digests of a project's files. The function's parameter is the root folder of
    the project. At the end of the `with` block, new digests are written. If they cannot be written, no error is raised.
    `clock` returns the time in nanoseconds.
    """
    opened: list[tuple[Path, DigestCache]] = []

    def open_digests(root: Path) -> DigestCache:
        digests = read_digests(root, clock)
        opened.append((root, digests))
        return digests

    try:
        yield open_digests
    finally:
        for root, digests in opened:
            if digests.is_worth_writing:
                write_digests(root, digests)


def read_digests(root: Path, clock: Callable[[], int] = time.time_ns) -> DigestCache:
    """Returns the digests of the files of the project with the root folder `root`. The result is empty if the file with
    the digests does not exist, cannot be read, or may have been written by another person. `clock` returns the time in
    nanoseconds.
    """
    path = root / FOLDER / NAME
    if not os.path.lexists(path):
        return DigestCache(clock=clock)
    try:
        private_folder(root)
        with folder_of(path) as folder:
            place = _place_of(folder)
            handle = open_at(folder, NAME, os.O_RDONLY)
        found = os.fstat(handle)
        data = read_limited(handle, MOST_BYTES, path)
    except (OSError, UsageError):
        return DigestCache(clock=clock)
    if not _is_own(found):
        return DigestCache(clock=clock)
    return DigestCache(parse_digests(data, place), found.st_mtime_ns, clock)


def write_digests(root: Path, digests: DigestCache) -> None:
    """Writes the digests of the files of the project with the root folder `root`. Does nothing if the private folder
    `.provision` cannot be written, or contains anything that git tracks.
    """
    with suppress(OSError):
        path = open_private(root) / NAME
        with folder_of(path) as folder:
            data = digests.dump(_place_of(folder))
        if data is not None:
            replace_own(path, data, prefix=".digests.", durable=False)


def _place_of(folder: int) -> Place:
    found = os.fstat(folder)
    return found.st_dev, found.st_ino


def _is_own(found: os.stat_result) -> bool:
    """Returns whether a file belongs to this user alone: no other user may write the file, and the file has only one
    hard link. `found` is the status of the file.
    """
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and found.st_nlink == 1
