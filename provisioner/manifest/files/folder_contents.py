"""Lists the files below a folder of manifests in four groups: files that can be manifests by their names, files that
may look like manifests, files that `ignore:` excludes, and links to folders.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain, repeat
from pathlib import Path
from typing import Literal

from msgspec import Struct, field

from provisioner.core.diagnostic import Place
from provisioner.core.files.listing import FolderEntries, Kind, Listings
from provisioner.core.files.patterns import Budget, Pattern, parse_exclusion
from provisioner.core.files.root import Root, is_text, spell
from provisioner.core.text.composition import to_nfc
from provisioner.manifest.files.ignore_use import IgnoreUse
from provisioner.manifest.parsing.document import shown
from provisioner.manifest.parsing.frontmatter import MARKDOWN
from provisioner.manifest.parsing.reading import Reading
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.parsing.unread import ASSISTANTS, YAML, has_searched_suffix
from provisioner.manifest.project_settings.settings import FILE, Settings

Group = Literal["named", "others", "linked"]


class Contents(Struct):
    """The files in the manifests folder that can be manifests or may look like manifests, in four groups. `named` are
    files with a name that manifests can have. `others` are files that may look like manifests; each folder, with a `/`
    at its end, is mapped to the names of these files. `ignored` are the files and links that the setting `ignore:`
    excludes from the other groups. `linked` are links to folders; these folders are not searched.
    """

    named: list[str] = field(default_factory=list)
    others: dict[str, list[str]] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    linked: list[str] = field(default_factory=list)


class Scan(Struct):
    """The data of a search for manifests. The search leaves out the files in the folders `excluded`, because these
    folders are named in `include:` and are read separately. `readings` maps paths to the files that were read, so that
    no file is read twice. `use` records which patterns of `ignore:` have matched.

    `known` maps folders to their entries, so that no folder is listed twice. `contents` caches the groups of files.
    Each key is a pair: the listed folder, and the folders that were left out.
    """

    excluded: frozenset[Path] = frozenset()
    readings: dict[Path, Reading] = field(default_factory=dict)
    use: IgnoreUse = field(default_factory=IgnoreUse)
    known: dict[Path, FolderEntries] = field(default_factory=dict)
    contents: dict[tuple[Path, frozenset[Path]], Contents] = field(default_factory=dict)


def list_contents(settings: Settings, root: Root, report: Report, scan: Scan) -> Contents:
    """Returns the files and links below the manifests folder in four groups, as the class `Contents` describes. Hidden
    files, the settings file and all other files are left out. A name that is not UTF-8 is reported if the file could be
    a manifest.

    `scan` contains the folders to leave out, and caches the result. Raises LimitExceeded if the folder is too large, or
    if the patterns of `ignore:` need too many comparisons.
    """
    key = (settings.folder, scan.excluded)
    if key not in scan.contents:
        scan.contents[key] = _list(settings, Listings(root.path, known=scan.known), report, scan)
    return scan.contents[key]


def _list(settings: Settings, listings: Listings, report: Report, scan: Scan) -> Contents:
    folder, budget, contents = settings.folder, listings.budget, Contents()
    parsed = {text: parse_exclusion(text, (), budget) for text in settings.ignore}
    ignored = {text: pattern for text, pattern in parsed.items() if pattern is not None}
    for here, entries in listings.walk(folder, settings.state_folder):
        if scan.excluded and any(each in scan.excluded for each in (here, *here.parents) if each != folder):
            continue
        parts = here.parts[len(folder.parts) :]
        beginning, folder_text = "".join(f"{part}/" for part in parts), os.path.join(here, "")
        is_placed = any(part.casefold() == ASSISTANTS for part in parts)
        is_spelled = is_text(beginning)
        others: list[str] = []
        files: Iterator[tuple[str, Kind]] = zip(entries.files, repeat("file"), strict=False)
        for name, kind in chain(((item.name, item.kind) for item in entries.others), files):
            if ignored:
                scan.use.note(ignored, beginning + name, is_folder=kind == "folder")
            if kind == "folder" or name.startswith(".") or (not beginning and name == FILE):
                continue
            is_linked = kind == "link" and os.path.isdir(here / name)
            group = "linked" if is_linked else _group(name.partition(".")[2], is_placed=is_placed)
            if group is None:
                continue
            if ignored and is_ignored(beginning + name, ignored.values(), budget):
                contents.ignored.append(folder_text + name)
            elif is_spelled and (name.isascii() or is_text(name)):
                if group == "others":
                    others.append(name)
                else:
                    (contents.linked if group == "linked" else contents.named).append(folder_text + name)
            elif group == "named":
                report.error(Place(spell(shown(here / name))), "this file's name is not UTF-8; rename it")
        if others:
            contents.others[folder_text] = others
    return contents


@lru_cache(maxsize=1_000)  # Thousands of names have few suffixes.
def _group(suffixes: str, *, is_placed: bool) -> Group | None:
    """Returns the group of a file: `named` for a file with a name that manifests can have, and `others` for a file that
    may look like a manifest. Returns None for any other file. `suffixes` is what follows the first dot in the name.

    `is_placed` says whether the file is below a folder named `assistants`.
    """
    name = f"x.{suffixes.lower()}"
    if name.endswith(YAML) or (is_placed and name.endswith(MARKDOWN)):
        return "named"
    return "others" if is_placed or has_searched_suffix(name) else None


def is_ignored(name: str, patterns: Iterable[Pattern], budget: Budget) -> bool:
    """Returns whether one of the patterns matches the path `name`, or a folder that contains this path. Raises
    LimitExceeded if the patterns need too many comparisons.
    """
    names = to_nfc(name).split("/")
    return any(pattern.covers(names, budget) for pattern in patterns)
