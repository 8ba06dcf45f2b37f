"""The archive of a skill: what is uploaded as one of its versions, and what a version holds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from provisioner.core.errors import ProvisionError
from provisioner.core.files.archives import LargeArchive, UnfitArchive, pack, unpack
from provisioner.core.files.opening import open_planned, read_limited
from provisioner.core.kinds.skill import MOST_ARCHIVE_BYTES, MOST_FILE_BYTES, MOST_FILES
from provisioner.core.text.composition import to_nfc


def pack_skill(name: str, content: Mapping[str, str], files: Mapping[str, Path]) -> bytes:
    """Returns a ZIP archive with one folder, `name`, that holds these files.

    `content` has the SHA-256 of each file by its path in the folder, and `files` where it is. Raises ProvisionError
    where a file is no longer what was planned, and where the archive is larger than OpenAI accepts.
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
    """The bytes of a file, which are those that were planned. Raises ProvisionError."""
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
    """Returns the SHA-256 of each file in a ZIP archive by its path, without the folder that all of them are in.

    None where this is no archive that OpenAI would take: then nobody can tell what it holds.
    """
    try:
        files = unpack(archive, files=MOST_FILES, file_bytes=MOST_FILE_BYTES)
        found = {to_nfc(path): hashlib.sha256(data).hexdigest() for path, data in files}
    except UnfitArchive:
        return None
    folders = {path.partition("/")[0] for path in found}
    if len(folders) == 1 and all("/" in path for path in found):
        found = {path.partition("/")[2]: digest for path, digest in found.items()}
    return found
