"""Lists the files below a folder of manifests in four groups: files that can be manifests by their names, files that
may look like manifests, files that `ignore:` excludes, and links to folders.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct, field

from provisioner.core.diagnostic import Place
from provisioner.core.files.listing import Item, Listings
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


class Contents(Struct):
    """The files in the manifests folder that can be manifests or may look like manifests, in four groups. `named` are
    files with a name that manifests can have. `others` are files that may look like manifests. `ignored` are the files
    and links that the setting `ignore:` excludes from the other groups. `linked` are links to folders; these folders
    are not searched.
    """

    named: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    linked: list[str] = field(default_factory=list)


class Scan(Struct):
    """The data of a search for manifests. The search leaves out the files in the folders `excluded`, because these
    folders are named in `include:` and are read separately. `readings` maps paths to the files that were read, so that
    no file is read twice. `use` records which patterns of `ignore:` have matched.

    `contents` caches the lists of files, so that no folder is listed twice. Each key is a pair: the listed folder, and
    the folders that were left out.
    """

    excluded: frozenset[Path] = frozenset()
    readings: dict[Path, Reading] = field(default_factory=dict)
    use: IgnoreUse = field(default_factory=IgnoreUse)
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
        scan.contents[key] = _list(settings, Listings(root.path), report, scan)
    return scan.contents[key]


def _list(settings: Settings, listings: Listings, report: Report, scan: Scan) -> Contents:
    folder, budget, contents = settings.folder, listings.budget, Contents()
    parsed = {text: parse_exclusion(text, (), budget) for text in settings.ignore}
    ignored = {text: pattern for text, pattern in parsed.items() if pattern is not None}
    for here, items in listings.walk(folder, settings.state_folder):
        if scan.excluded and any(each in scan.excluded for each in (here, *here.parents) if each != folder):
            continue
        parts = here.parts[len(folder.parts) :]
        beginning, folder_text = "".join(f"{part}/" for part in parts), os.path.join(here, "")
        is_placed = any(part.casefold() == ASSISTANTS for part in parts)
        for item in items:
            relative = beginning + item.name
            if ignored:
                scan.use.note(ignored, relative, is_folder=item.kind == "folder")
            if item.kind == "folder" or item.name.startswith(".") or relative == FILE:
                continue
            group = _group(item, here, contents, is_placed=is_placed)
            if group is None:
                continue
            if ignored and is_ignored(relative, ignored.values(), budget):
                contents.ignored.append(folder_text + item.name)
            elif is_text(relative):
                group.append(folder_text + item.name)
            elif group is contents.named:
                report.error(Place(spell(shown(here / item.name))), "this file's name is not UTF-8; rename it")
    return contents


def _group(item: Item, folder: Path, contents: Contents, *, is_placed: bool) -> list[str] | None:
    """Returns the list in `contents` to which an item of `folder` belongs. The list is `linked` for a link to a folder,
    `named` for a file with a name that manifests can have, and `others` for a file that may look like a manifest.
    Returns None for any other item.

    `is_placed` says whether `folder` is a folder named `assistants`, or inside such a folder.
    """
    if item.kind == "link" and os.path.isdir(folder / item.name):
        return contents.linked
    name = item.name.lower()
    if name.endswith(YAML) or (is_placed and name.endswith(MARKDOWN)):
        return contents.named
    return contents.others if is_placed or has_searched_suffix(name) else None


def is_ignored(name: str, patterns: Iterable[Pattern], budget: Budget) -> bool:
    """Returns whether one of the patterns matches the path `name`, or a folder that contains this path. Raises
    LimitExceeded if the patterns need too many comparisons.
    """
    names = to_nfc(name).split("/")
    return any(pattern.covers(names, budget) for pattern in patterns)
