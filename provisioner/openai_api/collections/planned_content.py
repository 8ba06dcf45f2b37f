"""Reads a file for an upload, so that only the planned content becomes a file at OpenAI.

The file is hashed before any byte is sent, because after the plan its path can lead to another file, which must not be
uploaded. Then the same open file is sent. It is hashed again while it is sent, because its content can change during
the upload. The last bytes are sent only if the digest is equal to the planned digest. The API ignores a request without
its last bytes, so no file with wrong content is made at OpenAI.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Sequence

from msgspec import Struct

from provisioner.core.errors import ProvisionError

#: The number of bytes that are read from a file at once.
PIECE = 1024 * 1024


def content_changed(name: str) -> ProvisionError:
    """Returns the error for a file whose content has changed since the plan. `name` is the name of the file."""
    return ProvisionError(f"{name} has changed since it was planned", hint="run the command again")


class Digests(Struct, frozen=True):
    """Contains the digests of a file in hexadecimal digits: the SHA-256 and the MD5 of the whole file, and the SHA-256
    of each part. With the MD5, the API checks an upload in parts.
    """

    sha256: str
    md5: str
    parts: Sequence[str]


def digest_parts(handle: int, size: int, part_bytes: int) -> Digests:
    """Returns the SHA-256 and the MD5 of the first `size` bytes of the open file with the descriptor `handle`, and the
    SHA-256 of each part of these bytes. `part_bytes` is the size of each part except the last one. Raises OSError if
    the file cannot be read.
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
    """Returns the SHA-256 of the first `size` bytes of the open file with the descriptor `handle`, in hexadecimal
    digits. Raises OSError if the file cannot be read.
    """
    digest, start = hashlib.sha256(), 0
    while start < size and (piece := os.pread(handle, min(PIECE, size - start), start)):
        digest.update(piece)
        start += len(piece)
    return digest.hexdigest()


def read_start(handle: int, size: int) -> bytes:
    """Returns the first `size` bytes of the open file with the descriptor `handle`, or fewer bytes if the file is
    shorter. Raises OSError if the file cannot be read.
    """
    pieces, start = [], 0
    while start < size and (piece := os.pread(handle, size - start, start)):
        pieces.append(piece)
        start += len(piece)
    return b"".join(pieces)


class PlannedPart(io.RawIOBase):
    """Reads `size` bytes of the open file `handle` from the offset `start`, for the body of a request. Several parts of
    one file can be read at the same time.

    The last bytes are returned only if the SHA-256 of all bytes is `sha256`. Otherwise `read` raises ProvisionError,
    and `changed` becomes True. Before the first byte is read, the function `begin` is called. An error that `begin`
    raises ends the request. `name` is the name of the file in error messages.
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
        """Returns True, because bytes can be read from this stream."""
        return True

    def seekable(self) -> bool:
        """Returns True, because the HTTP client uses `seek` to find the size, and to send a request again from its
        beginning.
        """
        return True

    def seek(self, offset: int, relative_to: int = os.SEEK_SET, /) -> int:
        """Changes the reading position, and returns its offset from the beginning of the part. `relative_to` says
        whether `offset` counts from the beginning, the present position or the end. A part must be read from its
        beginning to its end; otherwise its digest is wrong.
        """
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[relative_to]
        self._at = base + offset
        if self._at == 0:
            self._digest = hashlib.sha256()
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Returns at most `size` of the next bytes (-1: all of them). At the end of the part, the result is empty.
        Raises ProvisionError if the content has changed, and OSError if the file cannot be read.
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
