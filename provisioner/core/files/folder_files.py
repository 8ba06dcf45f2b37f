"""Opens the files of one folder below a project's root. The folder is resolved and checked once for all its files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from provisioner.core.files.opening import UnfitFile, open_at, open_folder
from provisioner.core.files.root import Root, is_usual


class FolderFiles:
    """Gives access to the regular files directly in the folder `folder` below `root`, inside a `with` block.

    The rules of `Root.open` decide which files may be read. Some files need a separate check, for example symbolic
    links. `Root.open` opens these files.
    """

    def __init__(self, root: Root, folder: Path) -> None:
        self._root = root
        self._folder = folder
        self._handle: int | None = None

    def __enter__(self) -> Self:
        root = self._root
        real = Path(os.path.realpath(self._folder))
        is_closed = any(closed.parent in (self._folder, real) for closed in root.closed)
        if not is_closed and root.refusal(self._folder, real) is None and root.refusal(real, real) is None:
            try:
                self._handle = open_folder(root.path, real.relative_to(root.path).parts)
            except OSError:
                self._handle = None  # `Root.open` reports the reason for each file.
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def stat(self, names: Iterable[str]) -> Iterator[tuple[str, os.stat_result]]:
        """Yields the name and the result of `os.stat` for each file in `names`. A file is left out if it is not a
        regular file, may not be read, or needs a separate check by `Root.open`.
        """
        handle, stat_file, is_regular = self._handle, os.stat, stat.S_ISREG
        for name in names if handle is not None else ():
            try:
                found = stat_file(name, dir_fd=handle, follow_symlinks=False)
            except OSError:
                continue
            if is_regular(found.st_mode) and is_usual(name):
                yield name, found

    def open(self, name: str) -> int:
        """Returns a descriptor to read the file `name`. Raises the errors of `Root.open`."""
        if self._handle is not None and is_usual(name):
            try:
                return open_at(self._handle, name, os.O_RDONLY)
            except UnfitFile:
                pass  # It is a link, which may stay inside the root, or no file.
        return self._root.open(self._folder / name)
