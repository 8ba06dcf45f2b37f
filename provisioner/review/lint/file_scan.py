"""Examines the contents of files while they are hashed: finds credentials, comments that silence rules, and reasons why
a file cannot be indexed.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from pathlib import Path

from provisioner.manifest.parsing.document import shown
from provisioner.manifest.parsing.reading import normalise
from provisioner.manifest.secret_scan.credentials import Credential, find_credentials
from provisioner.manifest.silences import Silence, read_silences
from provisioner.review.lint.text import Text

MARKS_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: The first bytes of file types that are not text, and how many bytes are searched for them.
HEADS = {"pdf": (b"%PDF-", 1024), "docx": (b"PK", 2), "pptx": (b"PK", 2)}
#: Types that file_search indexes and that are not text.
BINARY = frozenset({"doc", "docx", "pdf", "pptx"})


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found in one file: the credentials, each with line and column; the comments that silence rules; and the
    reason why the file cannot be indexed (empty if there is none).
    """

    credentials: tuple[tuple[int, int, Credential], ...] = ()
    silences: tuple[Silence, ...] = ()
    trouble: str = ""


@dataclass(slots=True)
class Scan:
    """Collects what was found in each file, by path. The method `look` is passed to `load_whole`, which calls it for
    each file. Several threads may call it, because each path is examined only once.
    """

    seen: dict[Path, Looked] = field(default_factory=dict)

    def look(self, path: Path, head: bytes, is_whole: bool) -> None:
        """Examines the first bytes of a file (`head`) and stores the result. Credentials are searched only if
        `is_whole` is true, so `head` is the whole file, and if it is text.
        """
        text = _decode(head) if is_whole and not _is_binary(head) else None
        trouble = _trouble(path.suffix.lower().removeprefix("."), head, is_whole)
        if text is None:
            self.seen[path] = Looked(trouble=trouble)
            return
        silences = tuple(read_silences(shown(path), text))
        self.seen[path] = Looked(located(text), silences, trouble)


def located(text: str) -> tuple[tuple[int, int, Credential], ...]:
    """Returns the credentials in a text, each with its line and column, in the order of their positions."""
    found = list(find_credentials(text))
    if not found:
        return ()
    taken = Text(text)
    return tuple(sorted(((*taken.at(each.offset), each) for each in found), key=lambda item: item[:2]))


def _is_binary(head: bytes) -> bool:
    return b"\0" in head and not head.startswith(MARKS_16)


def _decode(data: bytes) -> str:
    """Returns the decoded text of a file. If the encoding is not known, some characters may be wrong, but credentials
    are ASCII and are still found.
    """
    encoding = "utf-16" if data.startswith(MARKS_16) else "utf-8"
    try:
        return normalise(data.decode(encoding))
    except UnicodeDecodeError:
        return normalise(data.decode("latin-1"))


def _trouble(suffix: str, head: bytes, is_whole: bool) -> str:
    """Returns the reason why a file with this suffix cannot be indexed, or an empty string if no reason is known."""
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
