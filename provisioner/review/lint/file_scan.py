"""Examines the contents of files while the files are hashed. It finds credentials, comments that silence rules, and
reasons why the API cannot index a file.
"""

from __future__ import annotations

import codecs
from pathlib import Path

from msgspec import Struct, field

from provisioner.core.text.prose import normalise_lines
from provisioner.manifest.parsing.document import shown
from provisioner.manifest.secret_scan.credentials import Credential, find_credentials
from provisioner.manifest.silences import Silence, read_silences
from provisioner.review.lint.text import Text

MARKS_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: For each file type that is not text, the characters with which such a file begins, and the number of bytes in which
#: they are searched.
HEADS = {"pdf": (b"%PDF-", 1024), "docx": (b"PK", 2), "pptx": (b"PK", 2)}
#: File types that file_search indexes and that are not text.
BINARY = frozenset({"doc", "docx", "pdf", "pptx"})


class ScannedFile(Struct, frozen=True):
    """The result of examining one file: its credentials, each with line and column, and its comments that silence lint
    rules. `trouble` is the reason why the API cannot index the file; it is empty if no reason is known.
    """

    credentials: tuple[tuple[int, int, Credential], ...] = ()
    silences: tuple[Silence, ...] = ()
    trouble: str = ""


class Scan(Struct):
    """Collects the results of examining files, keyed by path.

    The function `load_whole`, which loads the project, calls the method `look` for each file. Several threads may call
    the method at the same time, because each path is examined only once.
    """

    seen: dict[Path, ScannedFile] = field(default_factory=dict)

    def look(self, path: Path, head: bytes, is_whole: bool) -> None:
        """Examines a file, and stores the result under `path`. `head` are the first bytes of the file. `is_whole` is
        True if `head` is the whole file. Credentials, and comments that silence rules, are searched only in text files
        that are given as a whole.
        """
        text = _decode(head) if is_whole and not _is_binary(head) else None
        trouble = _trouble(path.suffix.lower().removeprefix("."), head, is_whole)
        if text is None:
            self.seen[path] = ScannedFile(trouble=trouble)
            return
        silences = tuple(read_silences(shown(path), text))
        self.seen[path] = ScannedFile(located(text), silences, trouble)


def located(text: str) -> tuple[tuple[int, int, Credential], ...]:
    """Returns the credentials in a text, in the order of their positions. Each is a tuple: line, column and
    credential.
    """
    found = list(find_credentials(text))
    if not found:
        return ()
    taken = Text(text)
    return tuple(sorted(((*taken.at(each.offset), each) for each in found), key=lambda item: item[:2]))


def _is_binary(head: bytes) -> bool:
    return b"\0" in head and not head.startswith(MARKS_16)


def _decode(data: bytes) -> str:
    """Returns the text of a file. If the encoding is unknown, some characters may be wrong; credentials are still
    found, because they are ASCII.
    """
    encoding = "utf-16" if data.startswith(MARKS_16) else "utf-8"
    try:
        return normalise_lines(data.decode(encoding))
    except UnicodeDecodeError:
        return normalise_lines(data.decode("latin-1"))


def _trouble(suffix: str, head: bytes, is_whole: bool) -> str:
    """Returns the reason why the API cannot index a file, or an empty text if no reason is known. `suffix` is the
    suffix of the file's name, and `head` are the first bytes of the file. `is_whole` is True if `head` is the whole
    file.
    """
    if suffix in HEADS:
        mark, reach = HEADS[suffix]
        return "" if mark in head[:reach] else f"does not begin as a {suffix} file does"
    if suffix in BINARY or b"\0" in head:
        return ""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=is_whole)
    except UnicodeDecodeError:
        return "is neither UTF-8 nor UTF-16"
    return ""
