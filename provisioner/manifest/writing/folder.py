"""Writes a folder of manifests. If an error occurs, the files that were already written are removed. Existing files are
not overwritten, and symbolic links are not followed.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from provisioner.core.errors import UsageError
from provisioner.core.files.own import create_own, make_folder, remove_own

#: The most paths that one message names.
NAMED = 5


def existing_files(folder: Path, files: Iterable[str]) -> list[str]:
    """Returns the sorted paths of those `files` that exist in the folder already, as a file, a folder or a link."""
    return sorted(path for path in files if os.path.lexists(folder / path))


def write_folder(folder: Path, files: Mapping[str, str | bytes]) -> list[Path]:
    """Writes files into a folder, and returns the paths of the written files. `files` maps paths in the folder to texts
    or bytes.

    Raises UsageError if one of the files exists already or cannot be written. After an error, all written files are
    removed.
    """
    if found := existing_files(folder, files):
        raise UsageError(
            f"{_enumerate(found)} {'is' if len(found) == 1 else 'are'} in {folder} already; nothing was written",
            hint="name an empty folder, or move these away",
        )
    made: list[Path] = []
    written: list[Path] = []
    try:
        for path, content in sorted(files.items()):
            target = folder / path
            _make_folders(folder, target.parent, made)
            written.append(target)
            create_own(target, content.encode("utf-8") if isinstance(content, str) else content)
    except BaseException as error:
        created = written if not isinstance(error, FileExistsError) else written[:-1]
        _remove(created, made)
        if isinstance(error, OSError):
            raise UsageError(
                f"{error.filename or folder} cannot be written: {error.strerror}; nothing was written",
                hint="name an empty folder that you may write to",
            ) from error
        raise
    return written


def _make_folders(root: Path, folder: Path, made: list[Path]) -> None:
    """Makes the folder `folder` and its missing parent folders. The new folders are added to `made`. Raises OSError if
    `root`, or a folder below it on the path, is a symbolic link.
    """
    missing = [each for each in (folder, *folder.parents) if not os.path.lexists(each)]
    for each in reversed(missing):
        make_folder(each)
        made.append(each)
    inner = [each for each in (folder, *folder.parents) if each == root or each.is_relative_to(root)]
    for each in inner:
        make_folder(each)


def _remove(written: Sequence[Path], made: Sequence[Path]) -> None:
    for path in written:
        with contextlib.suppress(OSError):
            remove_own(path)
    for folder in reversed(made):
        with contextlib.suppress(OSError):
            folder.rmdir()


def _enumerate(paths: Sequence[str]) -> str:
    more = len(paths) - NAMED
    return ", ".join(paths[:NAMED]) + (f" and {more} more" if more > 0 else "")
