"""Finds out whether git tracks a file, by reading git's index. The program `git` is not run.

Git executes programs that a repository's configuration names (`core.fsmonitor`, a filter, a pager, a transport). A
checkout can also contain folders that git would treat as a repository. This module looks for `.git` only in the folders
above the file. It reads the list of tracked paths, and the configuration only to find out whether the work tree is in
another folder. If the index cannot be read, the file counts as tracked.

Source: https://git-scm.com/docs/index-format (versions 2 to 4, SHA-1 and SHA-256, split and sparse).
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from provisioner.core.files.opening import read_limited
from provisioner.core.files.planned import open_planned
from provisioner.core.text.composition import to_nfc

#: The most bytes of an index, and of a `.git` file. A larger file is not read.
MAX_INDEX = 1 << 29
MAX_POINTER = 1 << 14
#: The length of a hash in bytes: of SHA-1, and of SHA-256.
HASHES = (20, 32)
#: The number of bytes before the hash in an entry of the index, and the position of the file mode in these bytes.
STAT_BYTES, MODE_AT = 40, 24
EXTENDED = 0x4000
FOLDER, KINDS = 0o040000, (0o040000, 0o100000, 0o120000, 0o160000)
MOVED_WORKTREE = re.compile(rb"(?:^|\])[^\S\n]*+worktree[^\S\n]*+=", re.IGNORECASE | re.MULTILINE)

#: A function that returns whether an entry of the index is one of the searched paths. Its arguments are the entry's
#: path, the type bits of the entry's mode, and the searched paths.
Wanted = Callable[[bytes, int, frozenset[str]], bool]


class Repository(Struct, frozen=True):
    """A git repository that may track a given file or folder. `index` is the path of the repository's index. `paths`
    are the paths that the file or folder may have in this index.

    `paths` contains several paths if the work tree is not the folder that contains `.git`.
    """

    index: Path
    paths: frozenset[str]


def is_tracked(path: Path, process: Mapping[str, str]) -> bool:
    """Returns whether git tracks the file `path`. Returns True if that is uncertain. `process` contains the environment
    variables.

    The file is tracked if an index contains it: the index of a repository in a folder above the file, or the index that
    `GIT_DIR` or `GIT_INDEX_FILE` names. The comparison of names ignores case and Unicode normalisation, because a file
    system may ignore them.
    """
    return _is_listed(path, process, _is_wanted)


def holds_tracked(folder: Path, process: Mapping[str, str]) -> bool:
    """Returns whether git tracks any file below `folder`, or tracks `folder` itself as a link or a submodule. Returns
    True if that is uncertain. `process` contains the environment variables.
    """
    return _is_listed(folder, process, _is_wanted_or_below)


def _is_listed(path: Path, process: Mapping[str, str], wanted: Wanted) -> bool:
    try:
        files = {path.parent.resolve() / path.name, path.resolve()}
        repositories = [found for file in files for found in _repositories(file, process)]
        return any(_lists(repository, wanted) for repository in repositories)
    except (OSError, ValueError, RuntimeError, struct.error):
        return True


def _repositories(file: Path, process: Mapping[str, str]) -> Iterator[Repository]:
    for folder in file.parents:
        git = folder / ".git"
        if os.path.lexists(git):
            data = data_folder(git)
            relative = file.relative_to(folder).as_posix()
            moved = git.is_dir() and MOVED_WORKTREE.search(read_git_file(data / "config", MAX_INDEX) or b"")
            yield Repository(data / "index", _endings(relative) if moved else frozenset({_fold(relative)}))
    if index := process.get("GIT_INDEX_FILE") or (process.get("GIT_DIR") and os.path.join(process["GIT_DIR"], "index")):
        yield Repository(Path(index).absolute(), _endings(file.as_posix().lstrip("/")))


def data_folder(git: Path) -> Path:
    """Returns the folder with the data of a repository. `git` is the path of `.git`. If `git` is a folder, it is
    returned. If `git` is a file, as in submodules and additional work trees, the folder that it names is returned.
    Raises ValueError if the file does not name a folder.
    """
    if git.is_dir():
        return git
    beginning, named = b"gitdir: ", read_git_file(git, MAX_POINTER) or b""
    folder = git.parent / os.fsdecode(named.removeprefix(beginning).rstrip(b"\r\n"))
    if not named.startswith(beginning) or not folder.is_dir():
        raise ValueError("the .git file names no folder")
    return folder


def _lists(repository: Repository, wanted: Wanted) -> bool:
    data = read_git_file(repository.index, MAX_INDEX)
    return data is not None and any(wanted(*entry, repository.paths) for entry in _entries(data, repository.index))


def _is_wanted(path: bytes, mode: int, wanted: frozenset[str]) -> bool:
    """Returns whether an entry of the index is one of the paths in `wanted`. In a sparse index, an entry can be a
    folder; it counts if it contains one of these paths.

    `path` is the path of the entry, and `mode` contains the type bits of its mode.
    """
    folded = _fold_bytes(path)
    if mode == FOLDER:
        return any(each.startswith(folded.rstrip("/") + "/") for each in wanted)
    return folded in wanted


def _is_wanted_or_below(path: bytes, mode: int, wanted: frozenset[str]) -> bool:
    """Returns whether an entry of the index is one of the paths in `wanted`, or is below one of them. `path` is the
    path of the entry.
    """
    folded = _fold_bytes(path)
    return _is_wanted(path, mode, wanted) or any(f"{folded}/".startswith(f"{each}/") for each in wanted)


def _entries(data: bytes, index: Path) -> list[tuple[bytes, int]]:
    """Returns a pair for each entry of an index: the path, and the type bits of its mode. `data` is the content of the
    index, and `index` is its path.

    The entries of a shared index are included. Raises ValueError if the format of the data is unknown.
    """
    for hash_bytes in HASHES:
        try:
            entries, base = _parse(data, hash_bytes)
        except (ValueError, IndexError, struct.error):
            continue
        if base:
            shared = read_git_file(index.parent / f"sharedindex.{base.hex()}", MAX_INDEX)
            if shared is None:
                raise ValueError("the shared index is not there")
            entries += _parse(shared, hash_bytes)[0]
        return entries
    raise ValueError("no index that is understood")


def _parse(data: bytes, hash_bytes: int) -> tuple[list[tuple[bytes, int]], bytes]:
    """Returns the entries of an index, and the hash of the shared index that this index extends. Each entry is a pair:
    the path, and the type bits of its mode. The hash is empty if this index does not extend another one. `data` is the
    content of the index, and `hash_bytes` is the length of a hash.
    """
    magic, version, count = struct.unpack_from(">4sII", data)
    if magic != b"DIRC" or version not in (2, 3, 4):
        raise ValueError("no index of a version that is known")
    at, previous, entries = 12, b"", []
    for _ in range(count):
        begin = at
        mode = struct.unpack_from(">I", data, begin + MODE_AT)[0] & 0o170000
        at += STAT_BYTES + hash_bytes
        (flags,) = struct.unpack_from(">H", data, at)
        at += 4 if flags & EXTENDED and version > 2 else 2
        kept = 0
        if version == 4:
            stripped, at = _read_number(data, at)
            kept = len(previous) - stripped
        end = data.index(b"\0", at)
        previous = previous[:kept] + data[at:end]
        at = end + 1 if version == 4 else begin + ((end - begin + 8) & ~7)
        if mode not in KINDS or kept < 0:
            raise ValueError("an entry of an unknown kind")
        entries.append((previous, mode))
    return entries, _parse_extensions(data[:-hash_bytes], at, hash_bytes)


def _parse_extensions(data: bytes, at: int, hash_bytes: int) -> bytes:
    """Returns the hash of the shared index of git that this index extends. Returns empty bytes if this index extends no
    shared index. `data` is the content of this index, and `at` is the position of its first extension. Raises
    ValueError if this index has an unknown mandatory extension.
    """
    base = b""
    while at < len(data):
        name, size = struct.unpack_from(">4sI", data, at)
        if name == b"link":
            base = data[at + 8 : at + 8 + hash_bytes]
        elif not name[:1].isupper() and name != b"sdir":
            raise ValueError("an extension that has to be known")
        at += 8 + size
    if at != len(data):
        raise ValueError("the index does not end where it should")
    return base.strip(b"\0") and base


def _read_number(data: bytes, at: int) -> tuple[int, int]:
    """Returns the variable-length number at the position `at`, and the position after the number. The number is encoded
    as in version 4 of the index format.
    """
    value = data[at] & 0x7F
    while data[at] & 0x80:
        at += 1
        value = ((value + 1) << 7) | (data[at] & 0x7F)
    return value, at + 1


def read_git_file(path: Path, limit: int) -> bytes | None:
    """Returns the content of a regular file, or None if the file does not exist. `limit` is the largest size in bytes.
    Raises OSError if the file is not a regular file or cannot be read.
    """
    try:
        return read_limited(open_planned(path), limit, path)
    except FileNotFoundError:
        return None


def _endings(path: str) -> frozenset[str]:
    """Returns the path and all its endings that begin after a `/`, with case folded. For `A/b/c`, the result is
    `a/b/c`, `b/c` and `c`.
    """
    parts = path.split("/")
    return frozenset(_fold("/".join(parts[begin:])) for begin in range(len(parts)))


def _fold_bytes(path: bytes) -> str:
    return path.decode("ascii").lower() if path.isascii() else _fold(os.fsdecode(path))


def _fold(path: str) -> str:
    return to_nfc(path).casefold()
