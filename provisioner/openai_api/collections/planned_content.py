"""Reads a file for an upload, so that only the planned content becomes a file at OpenAI.

The file is hashed before anything is sent, because its path can meanwhile lead to another file, which must never leave
this machine. Then the same open file is sent. It is hashed once more while it is sent, because its content can change
in the middle of the upload. The last piece is sent only if the digest is right. A request without its last piece has
no effect, so there is no wrong upload that would have to be deleted.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from provisioner.core.errors import ProvisionError

#: The number of bytes that are read from a file at once.
PIECE = 1024 * 1024


def content_changed(name: str) -> ProvisionError:
    """Returns the error for a file whose content is no longer the planned one. `name` is the name of the file."""
    return ProvisionError(f"{name} has changed since it was planned", hint="run the command again")


@dataclass(frozen=True, slots=True)
class Digests:
    """The digests of a file in hexadecimal digits: the SHA-256 and the MD5 of the whole file, and the SHA-256 of each
    part. The API checks an upload in parts with the MD5.
    """

    sha256: str
    md5: str
    parts: Sequence[str]


def digest_parts(handle: int, size: int, part_bytes: int) -> Digests:
    """Returns the digests of the first `size` bytes of an open file. `part_bytes` is the size of each part except the
    last one. Raises OSError if the file cannot be read.
    """
    whole, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    parts = []
    for start in range(0, size, part_bytes):
        end, part = min(start + part_bytes, size), hashlib.sha256()
        while start < end and (piece := os.pread(handle, min(PIECE, end - start), start)):
            for digest in (whole, md5, part):
                digest.update(piece)
            start += len(piece)
        parts.append(part.hexdigest())
    return Digests(whole.hexdigest(), md5.hexdigest(), parts)


def digest_whole(handle: int, size: int) -> str:
    """Returns the SHA-256 of the first `size` bytes of an open file, in hexadecimal digits. Raises OSError if the file
    cannot be read.
    """
    digest, start = hashlib.sha256(), 0
    while start < size and (piece := os.pread(handle, min(PIECE, size - start), start)):
        digest.update(piece)
        start += len(piece)
    return digest.hexdigest()


def read_start(handle: int, size: int) -> bytes:
    """Returns the first `size` bytes of an open file, or fewer bytes if the file is shorter. Raises OSError if the file
    cannot be read.
    """
    pieces, start = [], 0
    while start < size and (piece := os.pread(handle, size - start, start)):
        pieces.append(piece)
        start += len(piece)
    return b"".join(pieces)


class PlannedPart(io.RawIOBase):
    """Reads `size` bytes of the open file `handle` from the offset `start`, for the body of a request. Several parts of
    one file can be read at the same time.

    The last piece is returned only if the SHA-256 of all bytes is `sha256`. Otherwise `read` raises ProvisionError, and
    `changed` becomes True. Before the first byte is read, `begin` is called. An error that it raises ends the request.
    """

    def __init__(
        self, handle: int, start: int, size: int, sha256: str, name: str, begin: Callable[[], None] = lambda: None
    ) -> None:
        self._handle = handle
        self._start = start
        self._size = size
        self._sha256 = sha256
        self._name = name
        self._begin = begin
        self._at = 0
        self._digest = hashlib.sha256()
        self.changed = False

    def readable(self) -> bool:
        """Returns True, as of every stream that can be read."""
        return True

    def seekable(self) -> bool:
        """Returns True. The HTTP client seeks to find the size, and to send a request again from its beginning."""
        return True

    def seek(self, offset: int, relative_to: int = os.SEEK_SET, /) -> int:
        """Moves to `offset` and returns the new offset from the beginning of the part. Only a part that is read from
        its beginning to its end has the right digest.
        """
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[relative_to]
        self._at = base + offset
        if self._at == 0:
            self._digest = hashlib.sha256()
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Returns the next bytes, at most `size` of them, and no bytes at the end. Raises ProvisionError if the content
        has changed, and OSError if the file cannot be read.
        """
        if self._at == 0:
            self._begin()
        left = self._size - self._at
        if left <= 0:
            return b""
        piece = os.pread(self._handle, left if size < 0 else min(size, left), self._start + self._at)
        self._digest.update(piece)
        self._at += len(piece)
        if not piece or (self._at == self._size and self._digest.hexdigest() != self._sha256):
            self.changed = True
            raise content_changed(self._name)
        return piece
