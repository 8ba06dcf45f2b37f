"""Text out of the files that file_search takes, and why there is none."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from html import unescape
from pathlib import PurePath

TYPES = frozenset(
    {"c", "cpp", "cs", "css", "doc", "docx", "go", "html", "java", "js", "json"}
    | {"md", "pdf", "php", "pptx", "py", "rb", "sh", "tex", "ts", "txt"}
)
"""What file_search takes, by extension, from OpenAI's guide. csv and xlsx are for the code interpreter."""

SLOW = frozenset(["pdf", "docx", "pptx"])
"""Types that take long enough to be read away from the event loop."""

OLE = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Extract:
    """A file's text, or the `last_error` of a file that has none."""

    text: str | None
    code: str | None = None
    message: str | None = None


def file_type(filename: str) -> str:
    """The extension in small letters, without its dot."""
    return PurePath(filename).suffix.lower().removeprefix(".")


def extract(filename: str, data: bytes) -> Extract:
    """The text of a file, by its type. A `.doc` of Word's old binary format is taken, with no text."""
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
    import pypdf  # loaded when the first PDF is read

    try:
        pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages]
    except Exception as error:  # whatever a broken PDF makes pypdf raise, the file is what is wrong
        return Extract(None, "invalid_file", f"The file could not be parsed: {error}")
    return Extract("\n\n".join(pages))


def _read_office(data: bytes, kind: str) -> Extract:
    pattern = r"word/document\.xml" if kind == "docx" else r"ppt/slides/slide\d+\.xml"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [name for name in archive.namelist() if re.fullmatch(pattern, name)]
            parts = [archive.read(name).decode() for name in sorted(names)]
    except (zipfile.BadZipFile, UnicodeDecodeError, RuntimeError) as error:
        return Extract(None, "invalid_file", f"The file could not be parsed: {error}")
    if not parts:
        return Extract(None, "invalid_file", f"The file could not be parsed: it is no {kind}.")
    paragraphs = [re.split(r"</(?:w|a):p>", part) for part in parts]
    lines = ["".join(re.findall(r"<(?:w|a):t(?: [^>]*)?>([^<]*)<", line)) for part in paragraphs for line in part]
    return Extract(unescape("\n".join(lines)).strip())
