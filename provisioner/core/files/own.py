"""Files that provision keeps for itself: states, journals, locks, caches. None is reached through a link.

A path's last folder and the file itself are never links. The folders above are the caller's to judge: they were named
by a trusted person, or come from `private_folder`.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from provisioner.core.files.opening import UnfitFile, link_refused, open_at, open_folder, read_limited, reopen_folder


@contextlib.contextmanager
def folder_of(path: Path) -> Iterator[int]:
    """A descriptor of the folder that a file lies in. Raises OSError, UnfitFile where it is a link."""
    handle = open_own_folder(path.parent)
    try:
        yield handle
    finally:
        os.close(handle)


def open_own_folder(folder: Path) -> int:
    """A descriptor of a folder that is no link. Raises OSError, UnfitFile."""
    whole = folder if folder.is_absolute() else Path.cwd() / folder
    if not whole.name:
        return open_folder(whole)
    return open_folder(whole.parent, (whole.name,))


def make_folder(folder: Path) -> None:
    """Makes a folder and those above it where they are missing. Raises OSError, UnfitFile where it is a link."""
    if folder.is_symlink():
        raise link_refused(folder)
    folder.mkdir(parents=True, exist_ok=True)
    os.close(open_own_folder(folder))


def open_own(path: Path, flags: int, mode: int = 0o600) -> int:
    """A descriptor of a regular file, made where `flags` has O_CREAT. Raises OSError, UnfitFile."""
    with folder_of(path) as folder:
        return open_at(folder, path.name, flags, mode)


def read_own(path: Path, limit: int) -> bytes:
    """The content of a file, at most `limit` bytes. Raises OSError, UnfitFile."""
    return read_limited(open_own(path, os.O_RDONLY), limit, path)


def replace_own(path: Path, data: bytes, *, prefix: str, mode: int = 0o600, durable: bool = True) -> None:
    """Writes a temporary file, makes it durable, and renames it to `path`: a crash leaves the old file or the new.

    A link at `path` is refused, not replaced. The temporary file's name is `prefix`, random characters, and `.tmp`.
    Raises OSError, UnfitFile.
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


def create_own(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Writes a file that must not exist yet, also not as a link. Raises OSError, UnfitFile."""
    handle = open_own(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        write_all(handle, data)
    finally:
        os.close(handle)


def publish_own(new: Path, path: Path) -> None:
    """Gives a finished file its name in the same folder, where nothing has that name yet. Raises OSError, UnfitFile."""
    with folder_of(path) as folder:
        try:
            os.link(new.name, path.name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        except FileExistsError:
            pass  # another process was first
        except OSError:  # a file system without hard links
            os.rename(new.name, path.name, src_dir_fd=folder, dst_dir_fd=folder)


def remove_own(path: Path) -> None:
    """Removes a file where there is one; of a link, only the link. Raises OSError, UnfitFile."""
    with contextlib.suppress(FileNotFoundError), folder_of(path) as folder:
        os.unlink(path.name, dir_fd=folder)


def list_own(folder: Path) -> list[str]:
    """The names in a folder, sorted; none where it does not exist. Raises OSError, UnfitFile."""
    try:
        handle = reopen_folder(open_own_folder(folder))
    except FileNotFoundError:
        return []
    try:
        return sorted(os.listdir(handle))
    finally:
        os.close(handle)


def check_own(path: Path) -> None:
    """Raises UnfitFile where there is something else than a regular file, or where the folder is a link."""
    with contextlib.suppress(FileNotFoundError), folder_of(path) as folder:
        if _is_other(folder, path.name):
            raise UnfitFile("it is not a regular file, or it is a symbolic link", path)


def sync_folder(folder: Path) -> None:
    """Makes renames and new names in a folder durable."""
    handle = reopen_folder(open_own_folder(folder))
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_all(handle: int, data: bytes) -> None:
    """Writes all of `data`: one write may take less than it is given."""
    left = memoryview(data)
    while left:
        left = left[os.write(handle, left) :]


def _is_other(folder: int, name: str) -> bool:
    """Whether a name is there and is something else than a regular file."""
    try:
        return not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False
