"""Packs the files of a skill into an archive for the upload. Also reads the digests of the files in such an archive."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from provisioner.core.errors import ProvisionError
from provisioner.core.files.archives import LargeArchive, UnfitArchive, pack, unpack
from provisioner.core.files.opening import read_limited
from provisioner.core.files.planned import open_planned
from provisioner.core.kinds.skill_limits import MOST_ARCHIVE_BYTES, MOST_FILE_BYTES, MOST_FILES
from provisioner.core.text.composition import to_nfc

T = TypeVar("T")


def pack_skill(name: str, content: Mapping[str, str], files: Mapping[str, Path]) -> bytes:
    """Returns a ZIP archive with the files of a skill. All files are in one folder with the name `name`.

    `content` maps the path of each file in the folder to its SHA-256, and `files` maps this path to the path of the
    local file. Raises ProvisionError if a file has changed since the plan or cannot be read, or if the archive is
    larger than OpenAI accepts.
    """

    def read() -> Iterator[tuple[str, bytes]]:
        for path, digest in sorted(content.items()):
            yield f"{name}/{path}", _read(path, files.get(path), digest)

    try:
        return pack(read(), MOST_ARCHIVE_BYTES)
    except LargeArchive as error:
        raise ProvisionError(
            f"the archive of the skill {name} has over {MOST_ARCHIVE_BYTES >> 20} MB, and OpenAI takes no larger one",
            hint="leave files out with `exclude:`",
        ) from error


def _read(name: str, path: Path | None, digest: str) -> bytes:
    """Returns the bytes of the file at `path`. Raises ProvisionError if the SHA-256 of the bytes differs from `digest`,
    or if the file cannot be read. `name` is the name of the file in error messages.
    """
    again = "run the command again"
    if path is None:
        raise ProvisionError(f"{name} is not among the skill's files any more", hint=again)
    try:
        content = read_limited(open_planned(path), MOST_FILE_BYTES, path.name)
    except OSError as error:
        raise ProvisionError(f"{name} cannot be read any more: {error.strerror}", hint=again) from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise ProvisionError(f"{name} has changed since it was planned", hint=again)
    return content


def unpack_digests(archive: bytes) -> dict[str, str] | None:
    """Returns the SHA-256 of each file in a ZIP archive, keyed by the path of the file. If one folder contains all
    files, paths are relative to this folder.

    Returns None if the archive cannot be read, or if it is larger than OpenAI accepts.
    """
    return _unpack(archive, lambda data: hashlib.sha256(data).hexdigest())


def unpack_skill(archive: bytes) -> dict[str, bytes] | None:
    """Returns the content of each file in a ZIP archive, keyed by the path of the file. If one folder contains all
    files, paths are relative to this folder. The paths are not checked, so they may lead out of the folder.

    Returns None if the archive cannot be read, or if it is larger than OpenAI accepts.
    """
    return _unpack(archive, lambda data: data)


def _unpack(archive: bytes, read: Callable[[bytes], T]) -> dict[str, T] | None:
    try:
        files = unpack(archive, files=MOST_FILES, file_bytes=MOST_FILE_BYTES)
        found = {to_nfc(path): read(data) for path, data in files}
    except UnfitArchive:
        return None
    folders = {path.partition("/")[0] for path in found}
    if len(folders) == 1 and all("/" in path for path in found):
        found = {path.partition("/")[2]: content for path, content in found.items()}
    return found
