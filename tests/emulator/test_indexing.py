"""What becomes of files in a vector store, by their type and content, and what the counts say meanwhile."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Iterator

import pypdf
import pytest
from openai import OpenAI

from provisioner.emulator.file_indexing.extraction import extract
from provisioner.emulator.options import Options
from provisioner.emulator.process import start
from tests.emulator.wire import KEY


def pdf() -> bytes:
    """A page with a line of text."""
    line = b"BT /F1 24 Tf 10 100 Td (To be, or not to be) Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(line), line),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, starts = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        starts.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % start for start in starts)
    return body + table + b"trailer << /Root 1 0 R /Size 6 >>\nstartxref\n%d\n%%%%EOF\n" % len(body)


def office(name: str, text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, text)
    return buffer.getvalue()


DOCX = office("word/document.xml", "<w:p><w:t>햄릿 &amp;</w:t><w:t> 왕자</w:t></w:p><w:p><w:t>끝</w:t></w:p>")
PPTX = office("ppt/slides/slide1.xml", '<a:p><a:t lang="ko">유령</a:t></a:p>')


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("a.txt", b"ascii", "ascii"),
        ("a.MD", "\ufeff햄릿".encode(), "햄릿"),
        ("a.py", "햄릿".encode("utf-16"), "햄릿"),
        ("a.json", "ab".encode("utf-16-le"), "ab"),
        ("a.json", "ab".encode("utf-16-be"), "ab"),
        ("a.docx", DOCX, "햄릿 & 왕자\n끝"),
        ("a.pptx", PPTX, "유령"),
        ("a.doc", b"\xd0\xcf\x11\xe0", ""),
        ("a.pdf", pdf(), "To be, or not to be"),
    ],
)
def test_texts(name: str, data: bytes, text: str) -> None:
    found = extract(name, data)
    assert (found.code, (found.text or "").strip()) == (None, text)


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.csv", b"a,b", "unsupported_file"),
        ("a.xlsx", b"PK", "unsupported_file"),
        ("a.png", b"\x89PNG", "unsupported_file"),
        ("README", b"text", "unsupported_file"),
        ("a.txt", "햄릿".encode("cp949"), "invalid_file"),
        ("a.pdf", b"%PDF-1.4 torn", "invalid_file"),
        ("a.docx", b"no archive", "invalid_file"),
        ("a.pptx", DOCX, "invalid_file"),
    ],
)
def test_files_without_text(name: str, data: bytes, code: str) -> None:
    found = extract(name, data)
    assert (found.text, found.code) == (None, code)
    assert found.message


def test_a_readable_pdf_of_pypdf_s_own_is_taken() -> None:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    buffer = io.BytesIO()
    writer.write(buffer)
    assert extract("a.pdf", buffer.getvalue()).code is None


@pytest.fixture(scope="module")
def slow() -> Iterator[OpenAI]:
    """An emulator whose files stay in progress for an hour."""
    with (
        start(Options(indexing_ms=3_600_000)) as process,
        OpenAI(base_url=process.base_url, api_key=KEY, max_retries=0) as client,
    ):
        yield client


@pytest.mark.thorough
def test_progress_and_cancelling(slow: OpenAI) -> None:
    store = slow.vector_stores.create()
    ids = [slow.files.create(file=(f"{n}.txt", b"text"), purpose="assistants").id for n in range(3)]
    batch = slow.vector_stores.file_batches.create(store.id, file_ids=ids[:2])
    assert (batch.status, batch.file_counts.in_progress) == ("in_progress", 2)
    slow.vector_stores.files.create(store.id, file_id=ids[2])
    current = slow.vector_stores.retrieve(store.id)
    assert (current.status, current.file_counts.in_progress, current.usage_bytes) == ("in_progress", 3, 0)
    assert not list(slow.vector_stores.search(store.id, query="text"))
    assert not list(slow.vector_stores.files.content(ids[0], vector_store_id=store.id))
    cancelled = slow.vector_stores.file_batches.cancel(batch.id, vector_store_id=store.id)
    assert (cancelled.status, cancelled.file_counts.cancelled) == ("cancelled", 2)
    counts = slow.vector_stores.retrieve(store.id).file_counts
    assert (counts.cancelled, counts.in_progress, counts.total) == (2, 1, 3)
    assert {each.id for each in slow.vector_stores.files.list(store.id, filter="cancelled")} == set(ids[:2])
    again = slow.vector_stores.files.create(store.id, file_id=ids[0], attributes={"a": "b"})
    assert (again.status, again.attributes) == ("in_progress", {"a": "b"})


@pytest.mark.thorough
def test_the_sdk_uploads_and_polls() -> None:
    """What a transcript of the real API shows of it: completed, one of one."""
    with (
        start(Options(indexing_ms=20)) as process,
        OpenAI(base_url=process.base_url, api_key=KEY, max_retries=0) as client,
    ):
        store = client.vector_stores.create(name="햄릿")
        batch = client.vector_stores.file_batches.upload_and_poll(store.id, files=[("Hamlet_KOR.pdf", pdf())])
        assert batch.status == "completed"
        assert batch.file_counts.to_dict() == {
            "cancelled": 0,
            "completed": 1,
            "failed": 0,
            "in_progress": 0,
            "total": 1,
        }


def test_a_file_that_is_there_already_only_takes_new_attributes(api: OpenAI) -> None:
    file = api.files.create(file=("a.txt", b"text"), purpose="assistants")
    store = api.vector_stores.create(file_ids=[file.id])
    again = api.vector_stores.files.create(store.id, file_id=file.id, attributes={"a": True})
    kept = api.vector_stores.files.create(store.id, file_id=file.id)
    assert (again.attributes, kept.attributes) == ({"a": True}, {"a": True})
    assert api.vector_stores.retrieve(store.id).file_counts.total == 1


def test_a_pdf_is_read_away_from_other_requests(api: OpenAI) -> None:
    good = api.files.create(file=("good.pdf", pdf()), purpose="assistants")
    bad = api.files.create(file=("bad.pdf", b"%PDF-1.4 torn"), purpose="assistants")
    store = api.vector_stores.create(file_ids=[good.id, bad.id])
    while api.vector_stores.retrieve(store.id).status == "in_progress":
        time.sleep(0.005)
    assert api.vector_stores.search(store.id, query="not to be").data[0].filename == "good.pdf"
    failed = api.vector_stores.files.retrieve(bad.id, vector_store_id=store.id)
    assert failed.last_error is not None
    assert failed.last_error.code == "invalid_file"
    counts = api.vector_stores.retrieve(store.id).file_counts
    assert (counts.completed, counts.failed) == (1, 1)
