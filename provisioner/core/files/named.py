"""Files that a person named on the command line or in the environment: a pipe or a device is what they mean.

A branch under review can put a link where a workflow names a file. So a link in the working folder may not lead out of
it, and what is read has a limit.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from provisioner.core.files.limits import NAMED_BYTES
from provisioner.core.files.opening import UnfitFile, read_limited


def read_named(path: Path, limit: int = NAMED_BYTES) -> bytes:
    """What a named file, pipe or device holds, at most `limit` bytes. Raises OSError, UnfitFile."""
    check_named(path)
    return read_limited(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY), limit, path)


def append_named(path: Path) -> BinaryIO:
    """A named file, pipe or device, open to be added to, without a buffer. Raises OSError, UnfitFile."""
    check_named(path)
    return path.open("ab", buffering=0)


def check_named(path: Path) -> None:
    """Raises UnfitFile for a path below the working folder that a link leads out of it.

    Names such as `/dev/stdout` and `/dev/fd/63` lie elsewhere and are followed as they are.
    """
    folder = Path.cwd()
    lexical = Path(os.path.normpath(folder / path))
    if lexical.is_relative_to(folder) and not Path(os.path.realpath(lexical)).is_relative_to(folder.resolve()):
        raise UnfitFile("a symbolic link leads out of the working folder; name the file itself", path)
