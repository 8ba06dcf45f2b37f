"""Writes new contents of manifests. Each file is written completely or not at all, and only if it has not changed since
it was read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from provisioner.core.errors import Blocked, UsageError
from provisioner.core.files.own import replace_own
from provisioner.core.files.root import Root
from provisioner.manifest.limits import FILE_BYTES

PREFIX = ".provision-pull-"


def rewrite(root: Root, before: Mapping[Path, bytes], after: Mapping[Path, bytes]) -> list[Path]:
    """Writes new contents to files, and returns the paths of the written files. `after` maps paths to the new contents,
    and `before` maps paths to the contents that were read earlier. All files are checked before the first file is
    written.

    Raises Blocked if the content of a file has changed since it was read. Raises UsageError if a file is outside of the
    folder `root`, is a symbolic link or below a symbolic link, or cannot be written.
    """
    written: list[Path] = []
    for path in after:
        _check(root, path, before[path])
    for path, data in sorted(after.items()):
        _check(root, path, before[path])
        try:
            mode = stat.S_IMODE(os.stat(path, follow_symlinks=False).st_mode)
            replace_own(path, data, prefix=PREFIX, mode=mode)
        except OSError as error:
            done = f"; these were written before it: {', '.join(map(str, written))}" if written else ""
            raise UsageError(
                f"{path} cannot be written: {error.strerror or error}{done}", hint="correct its permissions, and repeat"
            ) from error
        written.append(path)
    return written


def _check(root: Root, path: Path, before: bytes) -> None:
    if Path(os.path.realpath(path)) != path or not path.is_relative_to(root.path):
        raise UsageError(f"{path} is a link, or is outside of the root; nothing was written through it")
    try:
        current = root.read(path, FILE_BYTES)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
    if current != before:
        raise Blocked(f"{path} was changed while provision read it; it was not written", hint="repeat the command")
