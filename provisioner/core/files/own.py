"""Files that provision keeps for itself: states, journals, locks, caches. They are never opened through a link.

The last folder of a path and the file itself must not be links. The caller checks the folders above: a trusted person
named these folders, or `private_folder` returned them.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from provisioner.core.files.opening import UnfitFile, link_refused, open_at, open_folder, read_limited, reopen_folder


@contextlib.contextmanager
def folder_of(path: Path) -> Iterator[int]:
    """Opens the folder that contains a file, yields its descriptor, and closes it afterwards.

    Raises OSError, and UnfitFile if the folder is a symbolic link.
    """
    handle = open_own_folder(path.parent)
    try:
        yield handle
    finally:
        os.close(handle)


def open_own_folder(folder: Path) -> int:
    """Returns a descriptor of a folder. Raises OSError, and UnfitFile if the folder is a symbolic link."""
    whole = folder if folder.is_absolute() else Path.cwd() / folder
    if not whole.name:
        return open_folder(whole)
    return open_folder(whole.parent, (whole.name,))


def make_folder(folder: Path) -> None:
    """Makes a folder, and the folders that contain it, if they are missing. Raises OSError, and UnfitFile if the folder
    is a symbolic link.
    """
    if folder.is_symlink():
        raise link_refused(folder)
    folder.mkdir(parents=True, exist_ok=True)
    os.close(open_own_folder(folder))


def open_own(path: Path, flags: int, mode: int = 0o600) -> int:
    """Returns a descriptor of a regular file. The file is created if `flags` contains O_CREAT. Raises OSError,
    UnfitFile.
    """
    with folder_of(path) as folder:
        return open_at(folder, path.name, flags, mode)


def read_own(path: Path, limit: int) -> bytes:
    """Returns the content of a file. Raises OSError, and UnfitFile if the file has more than `limit` bytes."""
    return read_limited(open_own(path, os.O_RDONLY), limit, path)


def replace_own(path: Path, data: bytes, *, prefix: str, mode: int = 0o600, durable: bool = True) -> None:
    """Writes `data` to a temporary file and renames this file to `path`. With `durable`, the file and the folder are
    flushed to disk.

    After a crash, `path` has either the old or the new content. A link at `path` is refused, not replaced. The
    temporary file's name is `prefix`, random characters, and `.tmp`. Raises OSError, UnfitFile.
    """
    with folder_of(path) as folder:
        if _is_other(folder, path.name):
            raise link_refused(path)
        name = f"{prefix}{secrets.token_hex(8)}.tmp"
        handle = open_at(folder, name, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)
        try:
            try:
                write_all(handle, data)
                if durable:
                    os.fsync(handle)
            finally:
                os.close(handle)
            os.replace(name, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
            raise
    if durable:
        sync_folder(path.parent)


def create_own(path: Path, data: bytes) -> None:
    """Writes `data` to a new file. Raises OSError if a file or a link with this name exists already, and UnfitFile."""
    handle = open_own(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        write_all(handle, data)
    finally:
        os.close(handle)


def publish_own(new: Path, path: Path) -> None:
    """Renames the finished file `new` to `path` in the same folder. If a file `path` exists already, that file stays as
    it is. Raises OSError, UnfitFile.
    """
    with folder_of(path) as folder:
        try:
            os.link(new.name, path.name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        except FileExistsError:
            pass  # Another process created it first.
        except OSError:  # The file system has no hard links.
            os.rename(new.name, path.name, src_dir_fd=folder, dst_dir_fd=folder)


def remove_own(path: Path) -> None:
    """Removes a file if it exists. If the path is a link, only the link is removed. Raises OSError, UnfitFile."""
    with contextlib.suppress(FileNotFoundError), folder_of(path) as folder:
        os.unlink(path.name, dir_fd=folder)


def list_own(folder: Path) -> list[str]:
    """Returns the names of the entries in a folder, sorted. The list is empty if the folder does not exist. Raises
    OSError, UnfitFile.
    """
    try:
        handle = reopen_folder(open_own_folder(folder))
    except FileNotFoundError:
        return []
    try:
        return sorted(os.listdir(handle))
    finally:
        os.close(handle)


def check_own(path: Path) -> None:
    """Raises UnfitFile if the path exists and is not a regular file, or if the folder that contains it is a link."""
    with contextlib.suppress(FileNotFoundError), folder_of(path) as folder:
        if _is_other(folder, path.name):
            raise UnfitFile("it is not a regular file, or it is a symbolic link", path)


def sync_folder(folder: Path) -> None:
    """Flushes a folder to disk, so that files that were created or renamed in it keep their names after a crash."""
    handle = reopen_folder(open_own_folder(folder))
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_own(folder: Path, names: Iterable[str]) -> None:
    """Flushes the files `names` of a folder to disk, and then the folder. This is faster than flushing each file after
    its write. Raises OSError, UnfitFile.
    """
    for name in names:
        handle = open_own(folder / name, os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    sync_folder(folder)


def write_all(handle: int, data: bytes) -> None:
    """Writes all of `data` to the open file `handle`. One call of the operating system may write only a part, so the
    call is repeated until everything is written.
    """
    left = memoryview(data)
    while left:
        left = left[os.write(handle, left) :]


def _is_other(folder: int, name: str) -> bool:
    """Returns whether the open folder `folder` has an entry `name` that is not a regular file."""
    try:
        return not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False
