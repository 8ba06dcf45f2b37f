"""Reads the parts of an office file. An office file is a ZIP archive. The sizes are limited, because a small archive
can contain gigabytes.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib

MOST_BYTES = 16 * 1024 * 1024
"""The most bytes of all parts that are read, after decompression."""

MOST_RATIO = 200
"""The most bytes that one compressed byte of a part may become. In XML with text, one byte becomes 10 to 50."""

SMALL = 1024 * 1024
"""The size in bytes up to which the compression ratio of a part is not checked."""

MOST_DIRECTORY = 4 * 1024 * 1024
"""The most bytes of the archive's directory, enough for about 60,000 names."""

END = b"PK\x05\x06"
END_64 = b"PK\x06\x07"
END_BYTES = 22
END_64_BYTES = 20
COMMENT_BYTES = 65_535


class OfficeError(Exception):
    """Raised if an office file is not a readable ZIP archive, or is larger than a limit allows."""


def read_parts(data: bytes, pattern: re.Pattern[str]) -> list[str]:
    """Returns the texts of all files in the ZIP archive `data` whose names match `pattern`, sorted by name. Raises
    OfficeError if the archive cannot be read or exceeds a limit.
    """
    _check_directory(data)
    parts, left = [], MOST_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = {entry.filename: entry for entry in archive.infolist() if pattern.fullmatch(entry.filename)}
            for name in sorted(entries):
                content = _read_part(archive, entries[name], left)
                left -= len(content)
                parts.append(content.decode())
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, struct.error) as error:
        raise OfficeError(str(error) or type(error).__name__) from error
    return parts


def _read_part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> bytes:
    """Returns the bytes of the file `entry` in the archive. Raises OfficeError if the file has more than `left` bytes,
    even if the archive states a smaller size. Also raises OfficeError if the file is compressed in an unusual way, or
    too much.
    """
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise OfficeError("a part is compressed in a way that office files are not")
    with archive.open(entry) as stream:
        content = stream.read(left + 1)
    if len(content) > left:
        raise OfficeError(f"its text takes more than {MOST_BYTES // 1024 // 1024} MiB")
    if len(content) > SMALL and len(content) > MOST_RATIO * max(1, entry.compress_size):
        raise OfficeError(f"a part is compressed more than {MOST_RATIO} to 1")
    return content


def _check_directory(data: bytes) -> None:
    """Raises OfficeError if `data` is not a ZIP archive, if it has the format for more than 4 GB, or if the archive's
    directory is too long. The length is limited because the whole directory is held in memory.
    """
    place = data.rfind(END, max(0, len(data) - COMMENT_BYTES - END_BYTES))
    if place < 0 or len(data) < place + END_BYTES:
        raise OfficeError("it is no ZIP archive")
    if data[max(0, place - END_64_BYTES) :][:4] == END_64:
        raise OfficeError("it is an archive in the format for more than 4 GB")
    (size,) = struct.unpack_from("<I", data, place + 12)
    if size > MOST_DIRECTORY:
        raise OfficeError("its directory is too long")
