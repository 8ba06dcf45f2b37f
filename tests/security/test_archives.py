"""Archives are read within limits, whatever they say of themselves, and written the same everywhere."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from provisioner.core.files.archives import MOST_DIRECTORY, LargeArchive, UnfitArchive, pack, unpack
from provisioner.openai_api.collections.skill_archive import unpack_digests

FILES = [("a/SKILL.md", b"one"), ("a/b/c.txt", b"")]


def read(data: bytes, files: int = 10, file_bytes: int = 1000) -> list[tuple[str, bytes]]:
    return list(unpack(data, files=files, file_bytes=file_bytes))


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def test_what_is_packed_is_unpacked_and_equal_files_are_equal_archives() -> None:
    assert read(pack(FILES, 10_000)) == FILES
    assert pack(FILES, 10_000) == pack(iter(FILES), 10_000)
    with pytest.raises(LargeArchive):
        pack(FILES, 100)


def test_a_file_that_becomes_gigabytes_is_given_up_early() -> None:
    bomb = zipped({"a/bomb": bytes(10_000_000)})
    assert len(bomb) < 20_000
    with pytest.raises(LargeArchive):
        read(bomb)
    assert unpack_digests(zipped({"a/bomb": bytes(26 * 1024 * 1024)})) is None


def test_a_size_that_is_a_lie_is_not_believed() -> None:
    honest = zipped({"a/x": bytes(5000)}, zipfile.ZIP_STORED)
    lie = honest.replace(struct.pack("<I", 5000), struct.pack("<I", 50))
    with pytest.raises(UnfitArchive):
        read(lie)


def test_too_many_files_are_given_up() -> None:
    with pytest.raises(LargeArchive):
        read(zipped({f"a/{number}": b"" for number in range(11)}))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK",
        b"no archive" * 100,
        zipped({"a/x": b"x"})[:-30],
        zipped({"a/x": b"x" * 500}, zipfile.ZIP_BZIP2),
        zipped({"a/x": b"x"})[:-10] + struct.pack("<I", MOST_DIRECTORY + 1) + bytes(6),
        b"PK\x06\x07" + bytes(16) + b"PK\x05\x06" + bytes(18),
    ],
    ids=["empty", "short", "text", "cut", "bzip2", "a long directory", "zip64"],
)
def test_what_is_no_usual_archive_is_refused(data: bytes) -> None:
    with pytest.raises(UnfitArchive):
        read(data)
    assert unpack_digests(data) is None


def test_folders_are_left_out_and_the_common_one_is_removed() -> None:
    both = unpack_digests(zipped({"a/": b"", "a/x": b"1", "a/b/y": b"2"}))
    assert both is not None
    assert set(both) == {"x", "b/y"}
    assert set(unpack_digests(zipped({"x": b"1", "b/y": b"2"})) or ()) == {"x", "b/y"}
