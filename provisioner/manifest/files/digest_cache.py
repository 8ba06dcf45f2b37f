"""Keeps the digests of files between runs, so that a file that did not change is not read again.

A digest is used only if the file still has the size, the times of the last change of content (mtime) and of status
(ctime), the inode and the device that it had when it was hashed. A file can be changed within the smallest step of the
file system's clock after it was hashed, and then its size and times stay equal. Therefore the digest of a file that was
changed shortly before it was hashed is not kept. For the same reason, a digest is used only if the file's times are
older than the cache itself. Git treats such "racily clean" files in the same way.

Source: https://git-scm.com/docs/racy-git
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

FORMAT = 2
#: The most bytes of a written cache. An entry has about 150 bytes.
MOST_BYTES = 64 * 1024 * 1024
#: The time in nanoseconds that must have passed between the last change of a file and the run that hashes it. Two
#: seconds is the longest step of a clock of a file system in common use (FAT).
RACY = 2_000_000_000
#: The cache is written if the run has hashed at least so many files, or so many bytes, whose digests are not kept yet.
#: Otherwise, hashing them again is faster than writing.
LEAST_FILES = 128
LEAST_BYTES = 8 * 1024 * 1024
#: The number of hexadecimal digits of a SHA-256.
DIGITS = 64
#: A space and a SHA-256, any number of times: the joined ends of rows.
DIGESTS = re.compile(rf"(?: [0-9a-f]{{{DIGITS}}})*")

#: Size in bytes, mtime and ctime in nanoseconds, inode, device, and SHA-256, with a space between each two of them. A
#: text takes less than half of the memory of a tuple with these values.
Row = str
#: The device and the inode of the folder in which a cache is kept.
Place = tuple[int, int]


class DigestCache:
    """The digests of files, keyed by the files' paths from the root. `rows` are the digests of earlier runs, and
    `written` is the time in nanoseconds at which they were written, by the file system's clock.

    `clock` returns the present time in nanoseconds. Several threads may use one cache.
    """

    def __init__(
        self, rows: dict[str, Row] | None = None, written: int = 0, clock: Callable[[], int] = time.time_ns
    ) -> None:
        self._rows = rows or {}
        self._written = written
        self._begun = clock()
        #: Folders, and the names of the files in them whose digests were used. `dump` makes the paths.
        self._used: list[tuple[str, list[str]]] = []
        self._added: dict[str, Row] = {}

    def __bool__(self) -> bool:
        """Whether there are digests of earlier runs."""
        return bool(self._rows)

    def __contains__(self, path: str) -> bool:
        """Whether the cache contains a digest of the file `path` from an earlier run."""
        return path in self._rows

    def find(self, path: str, found: os.stat_result) -> str | None:
        """Returns the digest of the file `path`. Returns None if it is not known, or if the file may have changed since
        it was hashed. `found` is the present result of `os.stat` for the file.
        """
        return next((digest for _, digest, _ in self.find_all("", [(path, found)])), None)

    def find_all(self, folder: str, found: Iterable[tuple[str, os.stat_result]]) -> Iterator[tuple[str, str, int]]:
        """Yields the name, the digest and the size in bytes of each file in `found` whose digest is known and which did
        not change since it was hashed. `found` are the names of files in the folder `folder`, with the present results
        of `os.stat`. `folder` is the path of the folder from the root, with a `/` at its end, or an empty text.
        """
        rows, written = self._rows, self._written
        used: list[str] = []
        self._used.append((folder, used))
        for name, it in found:
            row = rows.get(folder + name)
            if row is None:
                continue
            if it.st_mtime_ns >= written or it.st_ctime_ns >= written:
                continue
            beginning = _identity(it)
            if row.startswith(beginning) and len(row) == len(beginning) + DIGITS:
                used.append(name)
                yield name, row[-DIGITS:], it.st_size

    def add(self, path: str, found: os.stat_result, digest: str) -> None:
        """Adds the digest of the file `path` to the cache, unless the file was changed shortly before this run or
        during it. `found` is the result of `os.stat` for the file, from before the file was read.
        """
        if max(found.st_mtime_ns, found.st_ctime_ns) < self._begun - RACY:
            self._added[path] = _identity(found) + digest

    @property
    def is_worth_writing(self) -> bool:
        """Whether the digests that this run has added save more time than writing them takes."""
        if len(self._added) >= LEAST_FILES:
            return True
        return sum(int(row.split(" ", 1)[0]) for row in self._added.values()) >= LEAST_BYTES

    def dump(self, place: Place) -> bytes | None:
        """Returns the content of the cache's file, or None if it would be too large. `place` identifies the folder of
        the file: a copy of the file in another folder is not used.

        Digests that this run did not need may belong to another environment of the project. They are included only if
        their number is not larger than the number of needed digests.
        """
        import msgspec

        paths = (folder + name for folder, names in self._used for name in names)
        needed = {path: self._rows[path] for path in paths} | self._added
        others = {path: row for path, row in self._rows.items() if path not in needed}
        kept = {**others, **needed} if len(others) <= len(needed) else needed
        data = msgspec.json.encode({"format": FORMAT, "place": place, "files": kept})
        return data if len(data) <= MOST_BYTES else None


def key_of(path: Path, root: Path) -> str:
    """Returns the key of the file `path` in the cache: the path from `root`, with the names spelled as on the disk."""
    return str(path)[len(str(root)) :].lstrip("/")


def parse_digests(data: bytes, place: Place) -> dict[str, Row]:
    """Returns the digests in `data`, the content of a cache's file, keyed by path. The result is empty if `data` is not
    what `dump` returns for the folder `place`, for example because the file was copied from another folder.
    """
    import msgspec

    body = msgspec.defstruct(
        "Body", [("format", int), ("place", Place), ("files", dict[str, Row])], forbid_unknown_fields=True
    )
    try:
        parsed: Any = msgspec.json.decode(data, type=body)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return {}
    known: dict[str, Row] = parsed.files
    is_own = parsed.format == FORMAT and parsed.place == place
    return known if is_own and _have_digests(known.values()) else {}


def _have_digests(rows: Iterable[str]) -> bool:
    """Returns whether each of `rows` ends with a space and a SHA-256 in hexadecimal digits. One search in all ends is
    faster than one in each.
    """
    ends = [row[-DIGITS - 1 :] for row in rows]
    return set(map(len, ends)) <= {DIGITS + 1} and DIGESTS.fullmatch("".join(ends)) is not None


def _identity(found: os.stat_result) -> str:
    """Returns the beginning of the row of a file: everything that identifies its content, and a space."""
    return f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino} {found.st_dev} "
