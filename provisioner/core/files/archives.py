"""Writes and reads ZIP archives in memory. The same files in the same order give the same bytes on every machine with
the same compression library.

The sizes of archives and of their files are limited, because a small archive can contain gigabytes.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator

#: The time that every file in an archive gets, so that equal files become equal archives. It is the earliest time of
#: the format.
TIME = (1980, 1, 1, 0, 0, 0)
#: The mode that every file in an archive gets. All files can be run, because this tool does not record which files are
#: scripts.
MODE = 0o100755
#: The largest size in bytes of an archive's central directory (about 60,000 names), and of all its unpacked files
#: together.
MOST_DIRECTORY = 4 * 1024 * 1024
MOST_UNPACKED = 1024 * 1024 * 1024
END, END_64 = b"PK\x05\x06", b"PK\x06\x07"
END_BYTES, END_64_BYTES, COMMENT_BYTES = 22, 20, 65_535


class UnfitArchive(ValueError):
    """Raised if bytes cannot be read as a ZIP archive. The message says why."""


class LargeArchive(UnfitArchive):
    """Raised if a ZIP archive, or a file in it, is larger than the limit."""


def pack(files: Iterable[tuple[str, bytes]], most: int) -> bytes:
    """Returns a ZIP archive of `files` in the given order. Each item of `files` is a path and the content of the file.

    `most` is the largest allowed size of the archive in bytes. Raises LargeArchive if the archive is larger.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files:
            entry = zipfile.ZipInfo(path, TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = MODE << 16
            archive.writestr(entry, content)
            _check_size(packed.tell(), most, "it")
    _check_size(packed.tell(), most, "it")
    return packed.getvalue()


def unpack(data: bytes, *, files: int, file_bytes: int) -> Iterator[tuple[str, bytes]]:
    """Yields the path and the content of each file in a ZIP archive, in the archive's order. Folders are left out.

    Raises UnfitArchive if the archive cannot be read. Raises LargeArchive if the archive has more than `files` files,
    if one file has more than `file_bytes` bytes, or if all files together have more than MOST_UNPACKED bytes. The bytes
    are counted, because the sizes that are written in the archive may be wrong.
    """
    _check_directory(data)
    left = MOST_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _check_size(len(entries), files, "the number of its files")
            for entry in entries:
                if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise UnfitArchive("a file in it is compressed in an unusual way")
                with archive.open(entry) as stream:
                    content = stream.read(min(file_bytes, left) + 1)
                _check_size(len(content), min(file_bytes, left), "a file in it")
                left -= len(content)
                yield entry.filename, content
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        RuntimeError,
        NotImplementedError,  # what zipfile raises for a method of compression that it does not have
        struct.error,
    ) as error:
        raise UnfitArchive(str(error) or type(error).__name__) from error


def _check_size(size: int, most: int, what: str) -> None:
    if size > most:
        raise LargeArchive(f"{what} is above {most:,}")


def _check_directory(data: bytes) -> None:
    """Raises UnfitArchive if `data` is not a ZIP archive, is an archive in the format for more than 4 GB, or has a
    central directory that is longer than the limit. The limit exists because the whole directory is kept in memory.
    """
    place = data.rfind(END, max(0, len(data) - COMMENT_BYTES - END_BYTES))
    if place < 0 or len(data) < place + END_BYTES:
        raise UnfitArchive("it is no ZIP archive")
    if data[max(0, place - END_64_BYTES) :][:4] == END_64:
        raise UnfitArchive("it is an archive in the format for more than 4 GB")
    (size,) = struct.unpack_from("<I", data, place + 12)
    _check_size(size, MOST_DIRECTORY, "its directory")
