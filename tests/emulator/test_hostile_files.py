"""Files that are made to take up memory or time: the emulator refuses them as files that cannot be parsed."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioner.emulator.file_indexing import office_files, pdf
from provisioner.emulator.file_indexing.extraction import extract

pytestmark = [pytest.mark.timeout(120), pytest.mark.thorough]

#: Bytes of address space within which all of this has to be possible.
MOST_MEMORY = 1024 * 1024 * 1024

READ = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({most}, {most}))
from provisioner.emulator.file_indexing.extraction import extract
found = extract(sys.argv[1], sys.stdin.buffer.read())
print(found.code, (found.message or "")[:300])
"""


def archive(*parts: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive of these parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as opened:
        for name, content in parts:
            opened.writestr(name, content)
    return buffer.getvalue()


def zeros() -> bytes:
    return archive(("word/document.xml", b"<w:t>" + b"0" * (1 << 27) + b"</w:t>"))


def runs() -> bytes:
    return archive(("word/document.xml", b"<w:p><w:t>a</w:t></w:p>" * 2_000_000))


def ratio() -> bytes:
    """Within the bound on sizes, and still more than text is compressed."""
    return archive(("word/document.xml", b"<w:t>" + b" " * (10 << 20) + b"</w:t>"))


def slides() -> bytes:
    """Many slides that are each small enough."""
    text = b"<a:t>" + os.urandom(1 << 19).hex().encode() + b"</a:t>"
    return archive(*((f"ppt/slides/slide{number}.xml", text) for number in range(40)))


def names() -> bytes:
    return archive(*((f"{number:0100}", b"") for number in range(30_000)))


def lying_size() -> bytes:
    """The archive says that the part is short."""
    data = bytearray(archive(("word/document.xml", b" " * (1 << 27))))
    place = data.rfind(b"PK\x01\x02")
    struct.pack_into("<I", data, place + 24, 10)
    return bytes(data)


def other_method() -> bytes:
    return archive(("word/document.xml", b"0" * (1 << 26)), method=zipfile.ZIP_LZMA)


def zip64() -> bytes:
    data = archive(("word/document.xml", b"<w:t>a</w:t>"))
    place = data.rfind(b"PK\x05\x06")
    return data[:place] + b"PK\x06\x07" + bytes(16) + data[place:]


def cut() -> bytes:
    return archive(("word/document.xml", os.urandom(10_000)))[:-30]


def damaged() -> bytes:
    data = bytearray(archive(("word/document.xml", os.urandom(10_000).hex().encode())))
    data[200:300] = bytes(100)
    return bytes(data)


OFFICE = [zeros, runs, ratio, slides, names, lying_size, other_method, zip64, cut, damaged]


def document(*objects: bytes) -> bytes:
    """A PDF of these objects, from number 1 on; the first is the catalogue."""
    body, starts = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        starts.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    count = len(objects) + 1
    table = b"xref\n0 %d\n0000000000 65535 f \n" % count + b"".join(b"%010d 00000 n \n" % start for start in starts)
    return body + table + b"trailer << /Root 1 0 R /Size %d >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(body))


def stream(content: bytes, extra: bytes = b"") -> bytes:
    packed = zlib.compress(content, 9)
    return b"<< /Length %d /Filter /FlateDecode %s >>\nstream\n%s\nendstream" % (len(packed), extra, packed)


def page(contents: bytes, resources: bytes = b"") -> tuple[bytes, ...]:
    return (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents %s /Resources << %s >> >>"
        % (contents, resources),
    )


FONT = b"/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"


def long_text() -> bytes:
    """40 MB of text in one operator."""
    text = b"BT /F1 24 Tf 10 100 Td (" + b"a" * 40_000_000 + b") Tj ET"
    return document(*page(b"4 0 R", FONT), stream(text))


def forms() -> bytes:
    """Forms that each draw the next one ten times: ten million texts in all."""
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << %s /XObject << /X %d 0 R >> >>"
    drawn = [stream(b"/X Do " * 10, form % (FONT, number)) for number in range(5, 12)]
    last = stream(b"BT /F1 24 Tf (a) Tj ET " * 10, form % (FONT, 11))
    return document(*page(b"4 0 R", b"/XObject << /X 4 0 R >> " + FONT), *drawn, last)


def no_table() -> bytes:
    return b"%PDF-1.4\n" + b"1 0 obj\n<< /A [" + b"[" * 200_000 + b"]\nendobj\ntrailer << /Root 1 0 R >>\n"


@pytest.mark.parametrize("make", OFFICE, ids=lambda make: make.__name__)
def test_an_office_file_that_would_fill_the_memory(make: Callable[[], bytes]) -> None:
    name = "a.pptx" if make is slides else "a.docx"
    assert_refused(name, make())


@pytest.mark.parametrize("make", [long_text, forms, no_table], ids=lambda make: make.__name__)
def test_a_pdf_that_would_fill_the_memory(make: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MOST_SECONDS", 10)
    found = extract("a.pdf", make())
    if found.code is None:  # a fast machine is done before the time limit; the limits on memory and text have held
        assert len((found.text or "").encode()) <= pdf.MOST_TEXT
        return
    assert found.code == "invalid_file"
    assert "could not be parsed" in (found.message or "")


def assert_refused(name: str, data: bytes) -> None:
    """A process with little memory says that the file is what is wrong."""
    root = Path(__file__).parents[2]
    ended = subprocess.run(
        [sys.executable, "-c", READ.format(most=MOST_MEMORY), name],
        input=data,
        capture_output=True,
        cwd=root,
        timeout=100,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr.decode()
    assert ended.stdout.decode().startswith("invalid_file The file could not be parsed"), ended.stdout


def test_a_file_within_the_bounds_is_read() -> None:
    text = "".join(f"<w:p><w:t>{number} {number * number}</w:t></w:p>" for number in range(100_000))
    found = extract("a.docx", archive(("word/document.xml", text.encode())))
    assert found.code is None
    assert (found.text or "").splitlines()[-1] == "99999 9999800001"
    assert len(text) < office_files.MOST_BYTES


def test_entities_are_not_expanded() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><w:p><w:t>&b;</w:t></w:p>'
    assert extract("a.docx", archive(("word/document.xml", bomb))).text == "&b;"
