"""Decodes sources: UTF-8 with or without a byte-order mark, and UTF-16 with a byte-order mark. Shells of Windows write
UTF-16.
"""

from __future__ import annotations

import codecs
from typing import BinaryIO

from provisioner.core.files.limits import NAMED_BYTES

#: The number of bytes that are read at once.
CHUNK = 64 * 1024
ADVICE = "save it as UTF-8"


class Undecodable(Exception):
    """Raised if a source has an encoding that provision does not read. `line` is the line with the first byte that
    cannot be decoded.
    """

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


def encoding_of(head: bytes) -> str:
    """Returns the encoding of a source. `head` are the first bytes of the source. Raises Undecodable if the source is
    UTF-32, or if its first 64 bytes contain a zero byte, as in UTF-16 without a byte-order mark and in binary files.
    """
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise Undecodable(f"it is UTF-32, which is not read; {ADVICE}")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in head[:64]:
        raise Undecodable(f"it is no text, or it is UTF-16 without a byte-order mark; {ADVICE}")
    return "utf-8-sig"


def decode(data: bytes) -> str:
    """Returns the text of a source, with `\\n` line ends. Raises Undecodable if the encoding is not supported or a byte
    cannot be decoded.
    """
    try:
        text = data.decode(encoding_of(data[:64]))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Undecodable(f"byte {error.start + 1:,} is not {error.encoding}; {ADVICE}", line) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


class Utf8Stream:
    """A stream that returns a source in any supported encoding as UTF-8, without a byte-order mark.

    `line` is the number of the last line that was read, and `size` the number of bytes that were read. `is_empty` is
    true as long as only whitespace was read.
    """

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._decoder: codecs.IncrementalDecoder | None = None
        self.line = 1
        self.size = 0
        self.is_empty = True

    def read(self, count: int = -1) -> bytes:
        """Returns the next part of the source as UTF-8, or no bytes at the end. The size of this part does not depend
        on `count`, except that 0 returns no bytes. Raises Undecodable if the source cannot be decoded or is too large.
        """
        if count == 0:
            return b""
        while True:
            data = self._source.read(CHUNK)
            self.size += len(data)
            if self.size > NAMED_BYTES:
                raise Undecodable(f"it has more than {NAMED_BYTES // 2**20} MB; split it", self.line)
            if self._decoder is None:
                self._decoder = codecs.getincrementaldecoder(encoding_of(data[:64]))()
            try:
                text = self._decoder.decode(data, final=not data)
            except UnicodeDecodeError as error:
                raise Undecodable(f"it is not {error.encoding} here; {ADVICE}", self.line) from error
            self.line += text.count("\n")
            self.is_empty = self.is_empty and not text.strip()
            if text or not data:
                return text.encode("utf-8")
