"""Opens files that a person named on the command line or in an environment variable. These files may be pipes or
devices.

A branch under review can create a link at a path that a workflow names. Therefore a path below the working folder may
not lead out of this folder through a link. `read_named` reads at most a certain number of bytes.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from provisioner.core.files.limits import NAMED_BYTES
from provisioner.core.files.opening import UnfitFile, read_limited
from provisioner.core.posix import read_flag


def read_named(path: Path, limit: int = NAMED_BYTES) -> bytes:
    """Returns the content of a file, pipe or device that a person named. Raises UnfitFile if the content has more than
    `limit` bytes, or if a link leads out of the working folder. Raises OSError if reading fails.
    """
    check_named(path)
    return read_limited(os.open(path, os.O_RDONLY | read_flag("O_CLOEXEC") | read_flag("O_NOCTTY")), limit, path)


def append_named(path: Path) -> BinaryIO:
    """Returns an unbuffered stream that appends to a file, pipe or device that a person named. Raises UnfitFile if a
    link leads out of the working folder, and OSError if opening fails.
    """
    check_named(path)
    return path.open("ab", buffering=0)


def check_named(path: Path) -> None:
    """Raises UnfitFile if `path` is below the working folder and leads out of this folder through a link.

    Names such as `/dev/stdout` and `/dev/fd/63` are outside of the working folder, so links at these names are
    followed.
    """
    folder = Path.cwd()
    lexical = Path(os.path.normpath(folder / path))
    if lexical.is_relative_to(folder) and not Path(os.path.realpath(lexical)).is_relative_to(folder.resolve()):
        raise UnfitFile("a symbolic link leads out of the working folder; name the file itself", path)


def open_named(path: Path) -> BinaryIO:
    """Returns a stream that reads from a file, pipe or device that a person named. Raises UnfitFile if a link leads out
    of the working folder, and OSError if opening fails.
    """
    check_named(path)
    return os.fdopen(os.open(path, os.O_RDONLY | read_flag("O_CLOEXEC") | read_flag("O_NOCTTY")), "rb")
