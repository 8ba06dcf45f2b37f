"""Opens, writes and removes the files that provision stores for its own use: states, journals, locks and caches. These
files are never opened through a link.

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

from provisioner.core.files.opening import (
    UnfitFile,
    digest_limited,
    link_refused,
    open_at,
    open_folder,
    read_limited,
    reopen_folder,
)


@contextlib.contextmanager
def folder_of(path: Path) -> Iterator[int]:
    """Opens the folder that contains the file `path`, yields the folder's descriptor, and closes it afterwards.

    Raises UnfitFile if the folder is a symbolic link, and OSError if opening fails.
    """
    handle = open_own_folder(path.parent)
    try:
        yield handle
    finally:
        os.close(handle)


def open_own_folder(folder: Path) -> int:
    """Returns a descriptor of a folder. Raises UnfitFile if the folder is a symbolic link, and OSError if opening
    fails.
    """
    whole = folder if folder.is_absolute() else Path.cwd() / folder
    if not whole.name:
        return open_folder(whole)
    return open_folder(whole.parent, (whole.name,))


def make_folder(folder: Path) -> None:
    """Creates a folder and its missing parent folders. Does nothing if the folder exists. Raises UnfitFile if the
    folder is a symbolic link, and OSError if creating fails.
    """
    if folder.is_symlink():
        raise link_refused(folder)
    folder.mkdir(parents=True, exist_ok=True)
    os.close(open_own_folder(folder))


def open_own(path: Path, flags: int, mode: int = 0o600) -> int:
    """Returns a descriptor of the regular file at `path`. `flags` and `mode` are those of `os.open`: with O_CREAT, a
    missing file is created. Raises UnfitFile if the file or its folder is a link or has another type, and OSError if
    opening fails.
    """
    with folder_of(path) as folder:
        return open_at(folder, path.name, flags, mode)


def read_own(path: Path, limit: int) -> bytes:
    """Returns the content of the file at `path`. Raises UnfitFile if the file has more than `limit` bytes, and OSError
    if reading fails.
    """
    return read_limited(open_own(path, os.O_RDONLY), limit, path)


def read_own_beginning(path: Path, size: int) -> bytes:
    """Returns the first `size` bytes of the file at `path`, or fewer if the file is shorter. Raises UnfitFile if the
    file or its folder is a link or has another type, and OSError if reading fails.
    """
    handle = open_own(path, os.O_RDONLY)
    try:
        return os.read(handle, size)
    finally:
        os.close(handle)


def digest_own(path: Path, limit: int) -> str:
    """Returns the SHA-256 of the content of the file at `path`, in hexadecimal digits. Raises UnfitFile if the file has
    more than `limit` bytes, and OSError if reading fails.
    """
    return digest_limited(open_own(path, os.O_RDONLY), limit, path)


def replace_own(path: Path, data: bytes, *, prefix: str, mode: int = 0o600, durable: bool = True) -> None:
    """Replaces the content of the file at `path` with `data`, as `replace_own_in_pieces` does."""
    replace_own_in_pieces(path, (data,), prefix=prefix, mode=mode, durable=durable)


def replace_own_in_pieces(
    path: Path, pieces: Iterable[bytes], *, prefix: str, mode: int = 0o600, durable: bool = True
) -> None:
    """Replaces the content of the file at `path` with `pieces`. They are written to a temporary file, which is then
    renamed to `path`. `mode` is the permission mode of the file. With `durable`, the file and the folder are flushed to
    disk.

    With `durable`, `path` has either the old or the new content after a crash. The temporary file's name is `prefix`,
    random characters, and `.tmp`. Raises UnfitFile if `path` is a link or another type of file, and OSError if writing
    fails.
    """
    with folder_of(path) as folder:
        if _is_other(folder, path.name):
            raise link_refused(path)
        name = f"{prefix}{secrets.token_hex(8)}.tmp"
        handle = open_at(folder, name, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)
        try:
            try:
                for piece in pieces:
                    write_all(handle, piece)
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
    """Writes `data` to a new file at `path`. Raises OSError if the path exists already or writing fails, and UnfitFile
    if the path is a link.
    """
    handle = open_own(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        write_all(handle, data)
    finally:
        os.close(handle)


def publish_own(new: Path, path: Path) -> None:
    """Gives the finished file `new` the name `path`, which is in the same folder. If a file exists at `path` already,
    because another process has created it first, that file stays unchanged. Only on a file system without hard links,
    it is replaced. The former name of `new` may stay. Raises UnfitFile if the folder is a link, and OSError if renaming
    fails.
    """
    with folder_of(path) as folder:
        try:
            os.link(new.name, path.name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        except FileExistsError:
            pass  # Another process created it first.
        except OSError:  # The file system has no hard links.
            os.rename(new.name, path.name, src_dir_fd=folder, dst_dir_fd=folder)


def remove_own(path: Path) -> None:
    """Removes a file if it exists. If the path is a link, only the link is removed. Raises UnfitFile if the folder is a
    link, and OSError if removing fails.
    """
    with contextlib.suppress(FileNotFoundError), folder_of(path) as folder:
        os.unlink(path.name, dir_fd=folder)


def list_own(folder: Path) -> list[str]:
    """Returns the names of the entries in a folder, sorted. The list is empty if the folder does not exist. Raises
    UnfitFile if the folder is a link, and OSError if reading fails.
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
    """Flushes the files `names` in a folder to disk, and then flushes the folder. This is faster than flushing each
    file after it was written. Raises UnfitFile if a file or the folder is a link, and OSError if flushing fails.
    """
    for name in names:
        handle = open_own(folder / name, os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    sync_folder(folder)


def write_all(handle: int, data: bytes) -> None:
    """Writes all of `data` to the open file `handle`. One call of the operating system may write only a part of `data`,
    so the call is repeated until all of `data` is written.
    """
    left = memoryview(data)
    while left:
        left = left[os.write(handle, left) :]


def _is_other(folder: int, name: str) -> bool:
    """Returns whether the entry `name` exists in an open folder and is not a regular file. `folder` is the folder's
    descriptor.
    """
    try:
        return not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False
