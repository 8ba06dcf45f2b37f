"""Extracts the text from files of the types that file_search accepts. If a file has no readable text, the result
contains the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import PurePath

from msgspec import Struct

from provisioner.emulator.file_indexing.office_files import OfficeError, read_parts

TYPES = frozenset(
    {"c", "cpp", "cs", "css", "doc", "docx", "go", "html", "java", "js", "json"}
    | {"md", "pdf", "php", "pptx", "py", "rb", "sh", "tex", "ts", "txt"}
)
"""The extensions that file_search accepts, from OpenAI's guide. csv and xlsx are for the code interpreter."""

SLOW = frozenset(["pdf", "docx", "pptx"])
"""Types of files that are read in a thread and not in the event loop, because reading them takes long."""

RUN_OR_END = re.compile(r"<(?:w|a):t(?: [^<>]*+)?>([^<]*)<|</(?:w|a):p>")
"""Matches the text of a run, or the end of a paragraph. A part is searched only once, without copies of it."""

OLE = b"\xd0\xcf\x11\xe0"


class Extract(Struct, frozen=True):
    """Contains the text of a file. If the file has no readable text, `text` is None, and `code` and `message` are the
    values for the file's `last_error`.
    """

    text: str | None
    code: str | None = None
    message: str | None = None


def file_type(filename: str) -> str:
    """Returns the extension of a file name in lowercase, without the dot."""
    return PurePath(filename).suffix.lower().removeprefix(".")


def extract(filename: str, data: bytes) -> Extract:
    """Returns the text in `data`, the content of a file. The extension of `filename` determines how the text is read. A
    `.doc` file in Word's old binary format is accepted, but its text is not read.
    """
    kind = file_type(filename)
    if kind not in TYPES:
        return Extract(None, "unsupported_file", f"The file type '{kind or filename}' is not supported.")
    if kind == "pdf":
        return _read_pdf(data)
    if kind in ("docx", "pptx"):
        return _read_office(data, kind)
    if kind == "doc" and data.startswith(OLE):
        return Extract("")
    text = _decode(data)
    if text is None:
        return Extract(None, "invalid_file", "The file could not be parsed because it is not UTF-8, UTF-16 or ASCII.")
    return Extract(text)


def _decode(data: bytes) -> str | None:
    encodings = ["utf-8-sig"]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\0" in data[:4096]:
        encodings = ["utf-16-be" if data[:1] == b"\0" else "utf-16-le"]
    try:
        return data.decode(encodings[0])
    except UnicodeDecodeError:
        return None


def _read_pdf(data: bytes) -> Extract:
    from provisioner.emulator.file_indexing.pdf import PdfError, read_text  # Loaded when the first PDF is read.

    try:
        return Extract(read_text(data))
    except PdfError as error:
        return Extract(None, "invalid_file", f"The file could not be parsed: {error}")


def _read_office(data: bytes, kind: str) -> Extract:
    try:
        parts = read_parts(data, re.compile(r"word/document\.xml" if kind == "docx" else r"ppt/slides/slide\d+\.xml"))
    except OfficeError as error:
        return Extract(None, "invalid_file", f"The file could not be parsed: {error}")
    if not parts:
        return Extract(None, "invalid_file", f"The file could not be parsed: it is no {kind}.")
    return Extract(unescape("\n".join("".join(_texts(part)) for part in parts)).strip())


def _texts(part: str) -> Iterator[str]:
    """Yields the texts in `part`, the XML text of a part of an office file. Line breaks separate the paragraphs."""
    pending = ""
    for found in RUN_OR_END.finditer(part):
        if found[1] is None:
            pending += "\n"
        else:
            yield pending + found[1]
            pending = ""
    yield pending
