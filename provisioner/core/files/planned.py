"""Opens the files that a plan names. An apply opens thousands of files, most of them in the folder of the file before.
Each thread therefore keeps the folder open that it has used last.
"""

from __future__ import annotations

import os
from pathlib import Path
from threading import local

from provisioner.core.files.opening import open_at, open_beneath, open_folder


class _Folder:
    """An open folder. `path` is the path by which it was opened, and `handle` is its descriptor. The folder is closed
    when the object is removed from memory, at the latest at the end of the thread.
    """

    def __init__(self, path: str) -> None:
        real = Path(os.path.realpath(path))
        self.path = path
        self.handle = open_folder(real.anchor, real.parts[1:])
        self.identity = _identity(os.fstat(self.handle))

    def is_at(self, path: str) -> bool:
        """Returns whether this folder is still the folder at `path`. Raises OSError if there is nothing at `path`."""
        return self.path == path and self.identity == _identity(os.stat(path))

    def __del__(self) -> None:
        if hasattr(self, "handle"):
            os.close(self.handle)


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


class _Latest(local):
    """The folder that this thread has opened last."""

    folder: _Folder | None = None


_LATEST = _Latest()


def open_planned(path: Path) -> int:
    """Returns a descriptor to read the regular file at `path`. Links are followed, even out of the project's root.

    Therefore the caller must not show the content. The caller may send the content only if its digest is equal to a
    planned digest. Raises UnfitFile if the path does not lead to a regular file, and OSError if opening fails.
    """
    above, name = os.path.split(path)
    try:
        if _LATEST.folder is None or not _LATEST.folder.is_at(above):
            _LATEST.folder = _Folder(above)
        return open_at(_LATEST.folder.handle, name, os.O_RDONLY)
    except OSError:
        pass  # The file may be a link. Otherwise, the same error is raised again.
    real = Path(os.path.realpath(path))
    return open_beneath(Path(real.anchor), real.parts[1:])
