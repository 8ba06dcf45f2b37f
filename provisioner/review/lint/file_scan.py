"""Looks at files while they are hashed: credentials in them, comments that silence, and what cannot be indexed."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from pathlib import Path

from provisioner.manifest.credentials import Credential, find_credentials
from provisioner.manifest.document import shown
from provisioner.manifest.reading import normalise
from provisioner.manifest.silences import Silence, read_silences
from provisioner.review.lint.text import Text

MARKS_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: How files of a type that is no text begin, somewhere in their first bytes, and how many of these are looked at.
HEADS = {"pdf": (b"%PDF-", 1024), "docx": (b"PK", 2), "pptx": (b"PK", 2)}
#: What file_search indexes and is no text.
BINARY = frozenset({"doc", "docx", "pdf", "pptx"})


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen in a file: credentials with line and column, silences, and why it cannot be indexed, if so."""

    credentials: tuple[tuple[int, int, Credential], ...] = ()
    silences: tuple[Silence, ...] = ()
    trouble: str = ""


@dataclass(slots=True)
class Scan:
    """What was seen, by path. Its `look` is what `load_whole` takes; thread-safe, since every path comes once."""

    seen: dict[Path, Looked] = field(default_factory=dict)

    def look(self, path: Path, head: bytes, is_whole: bool) -> None:
        """Looks at the first bytes of a file. Credentials are looked for where these are all of it, and text."""
        text = _decode(head) if is_whole and not _is_binary(head) else None
        trouble = _trouble(path.suffix.lower().removeprefix("."), head, is_whole)
        if text is None:
            self.seen[path] = Looked(trouble=trouble)
            return
        silences = tuple(read_silences(shown(path), text))
        self.seen[path] = Looked(located(text), silences, trouble)


def located(text: str) -> tuple[tuple[int, int, Credential], ...]:
    """The credentials in a text, each with its line and column, in order."""
    found = list(find_credentials(text))
    if not found:
        return ()
    taken = Text(text)
    return tuple(sorted(((*taken.at(each.offset), each) for each in found), key=lambda item: item[:2]))


def _is_binary(head: bytes) -> bool:
    return b"\0" in head and not head.startswith(MARKS_16)


def _decode(data: bytes) -> str:
    """The text. Where the encoding is none that we know, letters may be wrong: credentials are ASCII anyway."""
    encoding = "utf-16" if data.startswith(MARKS_16) else "utf-8"
    try:
        return normalise(data.decode(encoding))
    except UnicodeDecodeError:
        return normalise(data.decode("latin-1"))


def _trouble(suffix: str, head: bytes, is_whole: bool) -> str:
    """Why a file of this type cannot be indexed, or nothing where nothing is known against it."""
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
