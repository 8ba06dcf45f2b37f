"""Opens regular files below a folder. Each component of the path is opened separately, and no link is followed."""

from __future__ import annotations

import errno
import os
import stat

from provisioner.core.posix import find_missing, read_flag

TYPE_CHECKING = False  # Importing `typing` and `pathlib` takes milliseconds, for which `provisioner.load` has no time.
if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CLOSED = read_flag("O_CLOEXEC") | read_flag("O_NOFOLLOW")
#: Flags with which the opening of a FIFO does not block, and an opened terminal does not control this process.
CAREFUL = CLOSED | read_flag("O_NONBLOCK") | read_flag("O_NOCTTY")
LISTED = read_flag("O_DIRECTORY") | read_flag("O_CLOEXEC")
FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | LISTED
#: The functions and flags that this system lacks. If one is missing, no file is opened, because links would be
#: followed.
MISSING = find_missing()
CHUNK = 1024 * 1024


class UnfitFile(OSError):
    """Raised if the file at a path may not be used, for example because it is not a regular file or is larger than the
    limit. `strerror` says what was found.
    """

    def __init__(self, reason: str, path: object, code: int = errno.EINVAL) -> None:
        super().__init__(code, reason, str(path))


class SpecialFile(UnfitFile):
    """Raised if a path leads to a folder, a pipe, a socket or a device instead of a regular file."""


def link_refused(path: object) -> UnfitFile:
    """Returns an error for `path`. The message says that `path` is a symbolic link, and that this link is not
    followed.
    """
    return UnfitFile("it is a symbolic link, or lies behind one, which is not followed", path, errno.ELOOP)


def open_folder(root: Path | str, parts: Sequence[str] = ()) -> int:
    """Returns a descriptor of a folder below `root`. `parts` are the names on the path from `root` to the folder. Links
    in the path `root` are followed.

    Raises UnfitFile if a name in `parts` is a link or the system lacks a function that is needed, and OSError if the
    folder cannot be opened.
    """
    if MISSING:
        raise UnfitFile(f"this system cannot open it without following links: it lacks {', '.join(MISSING)}", root)
    folder = os.open(root, FOLDER)
    for part in parts:
        try:
            inner = _open_inner(folder, part)
        finally:
            os.close(folder)
        folder = inner
    return folder


def _open_inner(folder: int, part: str) -> int:
    try:
        return os.open(part, FOLDER | CLOSED, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.ELOOP or (error.errno == errno.ENOTDIR and is_link(folder, part)):
            raise link_refused(part) from error
        raise


def reopen_folder(handle: int) -> int:
    """Returns a new descriptor of the folder that `handle` refers to. With the new descriptor, the folder can be listed
    and flushed. `handle` is closed. Raises OSError if the folder cannot be opened.
    """
    try:
        return os.open(".", os.O_RDONLY | LISTED, dir_fd=handle)
    finally:
        os.close(handle)


def is_link(folder: int, name: str) -> bool:
    """Returns whether the entry `name` in an open folder is a symbolic link. `folder` is the folder's descriptor."""
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return False


def open_at(folder: int, name: str, flags: int, mode: int = 0o600) -> int:
    """Returns a descriptor of the regular file `name` in an open folder. `folder` is the folder's descriptor, and
    `flags` and `mode` are those of `os.open`. Raises UnfitFile if `name` is not a regular file, and OSError if opening
    fails.

    The file's type is checked before the file is opened, because opening a device can have effects. The type is checked
    again afterwards.
    """
    try:
        _check_regular(os.stat(name, dir_fd=folder, follow_symlinks=False), name)
    except FileNotFoundError:
        if not flags & os.O_CREAT:
            raise
    try:
        handle = os.open(name, flags | CAREFUL, mode, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise link_refused(name) from error
        raise
    try:
        _check_regular(os.fstat(handle), name)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _check_regular(found: os.stat_result, name: str) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise link_refused(name)
    if not stat.S_ISREG(found.st_mode):
        raise SpecialFile("it is not a regular file", name)


def open_beneath(root: Path, parts: Sequence[str]) -> int:
    """Returns a descriptor to read a regular file below `root`. `parts` are the names on the path from `root` to the
    file. Raises UnfitFile if the path contains a link or leads to another type of file, and OSError if opening fails.
    """
    if not parts or any(part in ("", ".", "..") or "/" in part for part in parts):
        raise UnfitFile("it is not a file below the root", os.path.join(*parts) if parts else ".")
    folder = open_folder(root, parts[:-1])
    try:
        return open_at(folder, parts[-1], os.O_RDONLY)
    finally:
        os.close(folder)


def read_limited(handle: int, limit: int, path: object) -> bytes:
    """Returns the content of the open file with the descriptor `handle`, and closes the file. `path` is named in the
    error. Raises UnfitFile if the content has more than `limit` bytes, and OSError if reading fails.
    """
    chunks, size = [], 0
    try:
        # A whole file is read at once, because joining the chunks of a large one takes twice the memory.
        most = max(CHUNK, os.fstat(handle).st_size + 1)
        while chunk := os.read(handle, min(most, limit + 1 - size)):
            chunks.append(chunk)
            size, most = size + len(chunk), CHUNK
            if size > limit:
                raise UnfitFile(f"it has more than {spell_bytes(limit)}", path, errno.EFBIG)
    finally:
        os.close(handle)
    return b"".join(chunks)


def digest_limited(handle: int, limit: int, path: object) -> str:
    """Returns the SHA-256 of the content of the open file with the descriptor `handle`, in hexadecimal digits, and
    closes the file. The parameters and the errors are those of `read_limited`.
    """
    import hashlib  # `provisioner.load` reads files too, and needs no digests of them.

    digest, size = hashlib.sha256(), 0
    try:
        while chunk := os.read(handle, CHUNK):
            digest.update(chunk)
            size += len(chunk)
            if size > limit:
                raise UnfitFile(f"it has more than {spell_bytes(limit)}", path, errno.EFBIG)
    finally:
        os.close(handle)
    return digest.hexdigest()


def spell_bytes(count: int) -> str:
    """Returns a number of bytes as text: `2 MB` for a whole number of megabytes, otherwise `1,500 bytes`."""
    whole, rest = divmod(count, 1024 * 1024)
    return f"{count:,} bytes" if rest or not whole else f"{whole:,} MB"


def read_unlinked(folder: str, name: str, limit: int) -> bytes:
    """Returns the content of the file `name` in `folder`. Links in the path `folder` are followed. Raises UnfitFile if
    the file itself is a link or has more than `limit` bytes, and OSError if reading fails.
    """
    opened = open_folder(folder)
    try:
        handle = open_at(opened, name, os.O_RDONLY)
    finally:
        os.close(opened)
    return read_limited(handle, limit, name)
