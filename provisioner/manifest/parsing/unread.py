"""Finds files that look like manifests and are not read. Each such file is reported, and the addresses that it seems to
declare are recorded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from provisioner.core.address import Address
from provisioner.core.assistant_fields import ASSISTANT_FIELDS
from provisioner.core.diagnostic import Place, Severity
from provisioner.core.files.root import Root
from provisioner.core.kinds import SECTIONS
from provisioner.core.objecttype import ADDRESS_KINDS
from provisioner.core.text.composition import to_nfc
from provisioner.manifest.limits import UNREAD_BYTES, UNREAD_FILES
from provisioner.manifest.parsing.document import shown
from provisioner.manifest.parsing.frontmatter import (
    MARKDOWN,
    SHARED,
    FrontMatter,
    find_front_matter,
)

ASSISTANTS = "assistants"
YAML = (".yaml", ".yml")
#: Suffixes of the files that are examined in every folder. A suffix also counts in the middle of a name.
SEARCHED = frozenset({*YAML, *MARKDOWN, ".json", ".jsonc", ".json5", ".toml", ".mdx"})
NAMES = ", ".join(sorted(SECTIONS))
_SECTION = rf"(?:{'|'.join(sorted(SECTIONS))})"
#: A section in the syntax of YAML, JSON with comments, and TOML.
SECTION = re.compile(
    rf"^(?:({_SECTION})[ \t]*:[ \t]*(?:\{{|#|$)|[ \t]*\"({_SECTION})\"[ \t]*:[ \t]*\{{|\[+({_SECTION})[.\]])",
    re.MULTILINE,
)
ENTRY = re.compile(r"^(?:  | {4}|\t)[\"']?([^\s:\"'#\[\]{}-][^\s:\"']*)[\"']?[ \t]*:", re.MULTILINE)
#: Sections whose names also occur in other formats. A file that has only such sections may be something else than a
#: manifest.
COMMON = frozenset(kind.section for kind in ADDRESS_KINDS.values() if kind.is_common_word)
FIELD = re.compile(rf"^({'|'.join(sorted(set(ASSISTANT_FIELDS) - SHARED))})[ \t]*:", re.MULTILINE)


def is_markdown(path: Path) -> bool:
    """Returns whether a file's name has an extension of Markdown."""
    return path.suffix.lower() in MARKDOWN


def is_yaml(path: Path) -> bool:
    """Returns whether a file's name has an extension of YAML."""
    return path.suffix.lower() in YAML


def has_searched_suffix(name: str) -> bool:
    """Returns whether a file's name contains a suffix such as `.yaml` (one of SEARCHED), at its end or in its middle,
    as in `a.yaml.bak`. `name` is in lowercase.
    """
    return not name.endswith(".") and any(f".{part}" in SEARCHED for part in name.lstrip(".").split(".")[1:])


def is_placed(path: Path, folder: Path) -> bool:
    """Returns whether the file `path` in the manifests folder `folder` is below a folder named `assistants`."""
    return any(part.casefold() == ASSISTANTS for part in path.relative_to(folder).parts[:-1])


def is_for_people(path: Path) -> bool:
    """Returns whether a file is a README. A README describes its folder for people."""
    return path.stem.casefold() == "readme"


class Finding(Struct, frozen=True):
    """A message about a file that looks like a manifest and is not read."""

    severity: Severity
    place: Place
    message: str


class Unread(Struct):
    """The messages about files that look like manifests and are not read. `declared` maps addresses to texts. Each text
    names such a file that seems to declare the address, and says why the file is not read.
    """

    findings: list[Finding] = field(default_factory=list)
    declared: dict[Address, str] = field(default_factory=dict)

    def add(self, severity: Severity, place: Place, message: str) -> None:
        """Adds a message about an unread file."""
        self.findings.append(Finding(severity, place, message))

    def remember(self, path: Path, sections: Mapping[str, Iterable[str]], why: str) -> None:
        """Records the addresses that the unread file `path` seems to declare. `sections` maps sections of manifests to
        the names in them. `why` is a text that says why the file is not read.
        """
        for section, names in sections.items():
            for name in names:
                kind = SECTIONS[section].name
                composed = to_nfc(name)
                self.declared.setdefault(Address(kind, composed), f"{shown(path)} is still there, {why}")


def assistant_of(path: Path) -> dict[str, list[str]]:
    """Returns the name of the assistant that a file in a folder `assistants` would declare. The result maps the section
    `assistants` to a list with this name.
    """
    return {ASSISTANTS: [path.name.split(".")[0]]}


def look_into(paths: Iterable[Path], folder: Path, root: Root, unread: Unread) -> None:
    """Adds to `unread` the files in `paths` that look like manifests. A file below a folder named `assistants` is added
    even if its content is not examined, except a README and a Markdown file. The caller passes only unread files to
    which no manifest refers. `folder` is the manifests folder.

    The content of at most UNREAD_FILES files is examined, and only of files with at most UNREAD_BYTES.
    """
    left = UNREAD_FILES
    for path in sorted(paths):
        if is_placed(path, folder) and not is_for_people(path) and not is_markdown(path):
            _report_placed(path, unread)
            continue
        if left > 0 and has_searched_suffix(path.name.lower()):
            left -= 1
            if text := _text(path, root):
                _report_elsewhere(path, text, unread)


def remember_ignored(paths: Iterable[Path], folder: Path, root: Root, unread: Unread) -> None:
    """Adds to `unread` the addresses that the files in `paths` seem to declare. These are the files that the setting
    `ignore:` excludes from the manifests folder `folder`. No messages are added.
    """
    left = UNREAD_FILES // 10
    for path in sorted(paths):
        why = "and `ignore:` names it"
        if is_placed(path, folder) and not is_yaml(path):
            unread.remember(path, assistant_of(path), why)
        elif is_yaml(path) and left > 0:
            left -= 1
            unread.remember(path, _sections(_text(path, root) or ""), why)


def _report_placed(path: Path, unread: Unread) -> None:
    if path.suffix.lower() == ".json":
        advice = "write it as YAML in a `*.yaml` file (`assistants: {NAME: {…}}`)"
    else:
        advice = "if it is an assistant, write it as Markdown with front matter (`NAME.md`)"
    message = f"this file lies in a folder called `assistants` and is not read; {advice}, or name it in `ignore:`"
    unread.add("warning", Place(shown(path)), message)
    unread.remember(path, assistant_of(path), "but is not read")


def _report_elsewhere(path: Path, text: str, unread: Unread) -> None:
    if is_markdown(path):
        found = find_front_matter(text)
        fields = FIELD.search(text, found.begin, found.end) if isinstance(found, FrontMatter) else None
        if fields:
            line = text.count("\n", 0, fields.start()) + 1
            message = (
                f"this is an assistant's front matter (`{fields[1]}`), and is not read: an assistant in Markdown lies "
                "in a folder called `assistants`; move it there, refer to it, or name it in `ignore:`"
            )
            unread.add("warning", Place(shown(path), line, 1), message)
            unread.remember(
                path, assistant_of(path), "but is not read, because it lies in no folder called `assistants`"
            )
        return
    sections = _sections(text)
    if not sections or (set(sections) <= COMMON and not _has_only_sections(text)):
        return
    first = next(iter(sections))
    message = (
        f"this reads like a manifest (`{first}:`), and is not read: manifests are YAML files called `*.yaml` or "
        "`*.yml`; save it as one, or name it in `ignore:`"
    )
    unread.add("warning", Place(shown(path)), message)
    unread.remember(path, sections, "but is not read")


def _sections(text: str) -> dict[str, list[str]]:
    """Returns the names that the sections in a text seem to declare. The result maps each section to a list of these
    names. The result is a guess, because the text is not parsed as YAML.
    """
    data = _json(text)
    if isinstance(data, dict):
        return {
            key: [str(name) for name in value]
            for key, value in data.items()
            if key in SECTIONS and isinstance(value, dict)
        }
    found: dict[str, list[str]] = {}
    matches = list(SECTION.finditer(text))
    for match, after in zip(matches, [*matches[1:], None], strict=False):
        section = match[1] or match[2] or match[3]
        part = text[match.end() : after.start() if after else len(text)]
        found.setdefault(section, []).extend(_entries(part))
    return found


def _entries(part: str) -> Iterator[str]:
    """Yields the names that a section seems to declare. `part` is the text of the section. The names are those keys
    that are indented like the first key.
    """
    first = ENTRY.search(part)
    indentation = first[0][: len(first[0]) - len(first[0].lstrip())] if first else ""
    for match in ENTRY.finditer(part):
        if match[0].startswith(indentation) and match[0][len(indentation)] not in " \t":
            yield match[1]


def _has_only_sections(text: str) -> bool:
    data = _json(text)
    return isinstance(data, dict) and all(key in SECTIONS or key.startswith(("x-", "$")) for key in data)


def _json(text: str) -> Any:
    if not text.lstrip().startswith("{"):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _text(path: Path, root: Root) -> str | None:
    """Returns the text of a file. Returns None if the file is not UTF-8, has more than UNREAD_BYTES, or may not be
    read.
    """
    try:
        return root.read(path, UNREAD_BYTES).decode("utf-8-sig").replace("\r\n", "\n")
    except (OSError, ValueError):
        return None
