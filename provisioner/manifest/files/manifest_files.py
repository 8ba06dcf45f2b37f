"""Decides which files below the manifests folder are manifests, and reads these files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from provisioner.core.address import Address
from provisioner.core.addresskind import TEST_KIND
from provisioner.core.diagnostic import Place
from provisioner.core.files.limits import PATTERN_CHARACTERS
from provisioner.core.files.listing import Listings
from provisioner.core.files.path_tree import PathTree
from provisioner.core.files.patterns import WILD, Budget, LimitExceeded, Pattern, parse_exclusion, parse_pattern
from provisioner.core.files.root import Root, is_text, spell
from provisioner.core.kinds import SECTIONS
from provisioner.core.kinds.imported import IMPORTS
from provisioner.core.kinds.included import INCLUDE
from provisioner.core.kinds.readdressed import MOVED, REMOVED
from provisioner.core.kinds.variable import VARIABLES
from provisioner.core.text.composition import to_nfc
from provisioner.manifest.files.ignore_use import IgnoreUse
from provisioner.manifest.limits import Allowance
from provisioner.manifest.parsing.document import shown
from provisioner.manifest.parsing.frontmatter import is_page
from provisioner.manifest.parsing.reading import Reading, read_markdown, read_yaml
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.parsing.unread import (
    ASSISTANTS,
    MARKDOWN,
    SEARCHED,
    YAML,
    Unread,
    assistant_of,
    is_for_people,
    is_markdown,
    is_placed,
    is_yaml,
    look_into,
    remember_ignored,
)
from provisioner.manifest.project_settings.environment_values import blocks_of_values
from provisioner.manifest.project_settings.settings import FILE, Settings

PAGE = (
    "this page is below a folder called `assistants`, and is not read as an assistant: its front matter has only "
    "fields of a page; if it is not an assistant, name it in `ignore:`, otherwise write `model: …` or "
    "`tools: […]` there"
)
LINKED = "this is a link to a folder, which is not searched for manifests; move its files here, or name it in `ignore:`"


@dataclass
class Contents:
    """The files in the manifests folder, grouped by their names. `named` have names that manifests have, `others` may
    look like manifests, and `ignored` are excluded by the setting `ignore:`. `linked` are links to folders, which are
    not searched.
    """

    named: list[Path] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    ignored: list[Path] = field(default_factory=list)
    linked: list[Path] = field(default_factory=list)


@dataclass
class Scan:
    """The state of a search for manifests. Files in the folders `excluded` are left out, because these folders are
    included and read separately. `readings` has the files that were read, by path, so that no file is read twice.
    `use` says which patterns of `ignore:` have matched.
    """

    excluded: frozenset[Path] = frozenset()
    readings: dict[Path, Reading] = field(default_factory=dict)
    use: IgnoreUse = field(default_factory=IgnoreUse)


def list_named(settings: Settings, report: Report, allowance: Allowance, scan: Scan) -> list[Reading]:
    """Reads all files with names of manifests below the folder `settings.folder`, and returns their contents. Raises
    LimitExceeded if the folder is too large.
    """
    root = Root(settings.root, (settings.state_folder,) if settings.state_folder else ())
    contents = _list_contents(settings, Listings(root.path), report, scan)
    return [_read(path, root, allowance, scan) for path in _without_twice(sorted(contents.named), root, report)]


def read_folder(
    settings: Settings, report: Report, allowance: Allowance, scan: Scan
) -> tuple[list[Reading], Mapping[Address, str]]:
    """Returns all manifests below the manifests folder, sorted by path, without the settings file. The second result
    has the addresses that unread files seem to declare, each with a text about the file.

    A file to which another manifest refers is not a manifest. An unread file that looks like a manifest is reported. If
    the folder is too large, an error is reported, and the run stops.
    """
    root = Root(settings.root, (settings.state_folder,) if settings.state_folder else ())
    try:
        contents = _list_contents(settings, Listings(root.path), report, scan)
        readings = [_read(path, root, allowance, scan) for path in _without_twice(sorted(contents.named), root, report)]
        budget = Budget()
        declaring = [reading for reading in readings if _declares(reading, settings.folder)]
        declaring += [Reading(replace(each, data=blocks_of_values(each))) for each in settings.documents]
        others = {reading.document.path for reading in readings} - {reading.document.path for reading in declaring}
        referred = _referred(declaring, others, settings.root, budget)
        referred |= _lie_in_named(declaring, (reading.document.path for reading in readings))
    except LimitExceeded as error:
        report.error(_ignore_place(settings), f"the manifests' folder cannot be searched: {error}")
        report.finish()
        return [], {}
    left = [reading for reading in readings if reading.document.path not in referred]
    unread = Unread()
    _report_unread(left, contents, declaring, settings, root, unread)
    for finding in unread.findings:
        report.add(finding.severity, finding.place, finding.message)
    return [r for r in left if r.is_manifest and not _is_page(r, settings.folder)], unread.declared


def _report_unread(
    left: list[Reading], contents: Contents, declaring: list[Reading], settings: Settings, root: Root, unread: Unread
) -> None:
    """Adds to `unread` the files that look like manifests and are not read. Files to which a manifest refers are left
    out.
    """
    folder = settings.folder
    for reading in left:
        path = reading.document.path
        if reading.missing and not is_for_people(path):
            unread.add(reading.missing.severity, reading.missing.place or Place(shown(path)), reading.missing.message)
            unread.remember(path, assistant_of(path), "but has no front matter that is read")
        elif _is_page(reading, folder):
            unread.add("warning", Place(shown(path), 1, 1), PAGE)
            unread.remember(path, assistant_of(path), "but its front matter is that of a page")
    try:
        linked = frozenset(contents.linked)
        referred = _referred(declaring, {*contents.others, *linked}, settings.root, Budget(), linked)
        referred |= _lie_in_named(declaring, contents.others)
    except LimitExceeded:
        return  # There are too many files to compare. Errors in the globs are reported where they are used.
    for path in contents.linked:
        if not any(each == path or each.is_relative_to(path) for each in referred):
            unread.add("warning", Place(shown(path)), LINKED)
    look_into((path for path in contents.others if path not in referred), folder, root, unread)
    remember_ignored(contents.ignored, folder, root, unread)


def _read(path: Path, root: Root, allowance: Allowance, scan: Scan) -> Reading:
    if path not in scan.readings:
        scan.readings[path] = (read_markdown if is_markdown(path) else read_yaml)(path, root, allowance)
    return scan.readings[path]


def _is_page(reading: Reading, folder: Path) -> bool:
    """Returns whether a Markdown file is a page of a website instead of an assistant, although it is below a folder
    with the name `assistants`.
    """
    document = reading.document
    expected = document.path.parent == folder / ASSISTANTS
    return document.body is not None and is_page(document.data, is_placed=expected)


def _ignore_place(settings: Settings) -> Place:
    return settings.documents[0].place(("ignore",), key=True) if settings.documents else Place(FILE)


def is_ignored(name: str, patterns: Iterable[Pattern], budget: Budget) -> bool:
    """Returns whether a pattern matches the path `name` or a folder that contains this path. Raises LimitExceeded if
    the patterns need too many steps.
    """
    names = to_nfc(name).split("/")
    return any(pattern.covers(names, budget) for pattern in patterns)


def _list_contents(settings: Settings, listings: Listings, report: Report, scan: Scan) -> Contents:
    """Returns the files in the manifests folder, including links, grouped by their names. Raises LimitExceeded if the
    folder is too large.
    """
    folder, budget, contents = settings.folder, listings.budget, Contents()
    parsed = {text: parse_exclusion(text, (), budget) for text in settings.ignore}
    ignored = {text: pattern for text, pattern in parsed.items() if pattern is not None}
    for here, items in listings.walk(folder, settings.state_folder):
        if scan.excluded and any(each in scan.excluded for each in (here, *here.parents) if each != folder):
            continue
        for item in items:
            path = here / item.name
            relative = path.relative_to(folder).as_posix()
            scan.use.note(ignored, relative, is_folder=item.kind == "folder")
            if item.kind == "folder" or item.name.startswith(".") or path == folder / FILE:
                continue
            is_link_to_folder = item.kind == "link" and os.path.isdir(path)
            group = contents.linked if is_link_to_folder else _group(path, folder, contents)
            if group is None:
                continue
            if is_ignored(relative, ignored.values(), budget):
                contents.ignored.append(path)
            elif is_text(relative):
                group.append(path)
            elif group is contents.named:
                report.error(Place(spell(shown(path))), "this file's name is not UTF-8; rename it")
    return contents


def _group(path: Path, folder: Path, contents: Contents) -> list[Path] | None:
    """Returns the list in `contents` to which a file belongs by its name: `named` for a name that manifests have,
    `others` if the file may look like a manifest. Returns None for any other file.
    """
    placed = is_placed(path, folder)
    if is_yaml(path) or (is_markdown(path) and placed):
        return contents.named
    return contents.others if placed or SEARCHED & {suffix.lower() for suffix in path.suffixes} else None


def _without_twice(paths: list[Path], root: Root, report: Report) -> Iterator[Path]:
    """Yields the paths, except symbolic links to files that `paths` already contains under another name. Each such link
    is reported.

    A link that leads out of the root is yielded; when the file is read, this is reported as an error.
    """
    taken = {path for path in paths if not path.is_symlink()}
    for path in paths:
        if path.is_symlink():
            real = Path(os.path.realpath(path))
            if real in taken and root.refusal(path) is None:
                message = "this is a link to a manifest that is read already, and is left out"
                report.add("info", Place(shown(path)), message)
                continue
            taken.add(real)
        yield path


def _declares(reading: Reading, folder: Path) -> bool:
    data = reading.document.data
    if reading.document.body is not None:
        return not _is_page(reading, folder)
    if not isinstance(data, dict):
        return False
    if isinstance(data.get(IMPORTS), list) or isinstance(data.get(VARIABLES), dict):
        return True
    if any(key in SECTIONS for key in data if key != TEST_KIND.section) or isinstance(
        data.get(TEST_KIND.section), dict
    ):
        return True
    # Files of other programs may have these common words too, so an entry is looked at.
    if any(isinstance(entry, dict) and "folder" in entry for entry in _listed(data.get(INCLUDE))):
        return True
    entries = [entry for key in (MOVED, REMOVED) if isinstance(data.get(key), list) for entry in data[key]]
    return any(isinstance(entry, dict) and "from" in entry for entry in entries)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _referred(
    declaring: list[Reading],
    others: set[Path],
    root: Path,
    budget: Budget,
    folders: frozenset[Path] | None = None,
) -> set[Path]:
    """Returns the files to which manifests refer by the keys `file`, `path` and `files`. The manifests need not be
    checked before.

    A path in a manifest always counts. A glob counts only if it matches a file in `others`. Without `folders`, only
    names of YAML and Markdown files count. With `folders` (a subset of `others`), all names count, and also each of
    these folders through which a glob leads.
    """
    found: set[Path] = set()
    globs: set[tuple[Path, str]] = set()
    for document in (reading.document for reading in declaring):
        for text in _paths(document.data, False):
            path = Path(os.path.normpath(document.folder / text))
            if (folders is not None or is_yaml(path) or is_markdown(path)) and path != document.path:
                found.add(path)
            named = text.lower().endswith((*YAML, *MARKDOWN, "*"))
            if WILD & set(text) and "\0" not in text and (folders is not None or named):
                globs.add((document.folder, text))
    tree = PathTree({path: to_nfc(path.relative_to(root).as_posix()).split("/") for path in others})
    for folder, text in sorted(globs) if others else ():
        if len(text) > PATTERN_CHARACTERS:
            continue  # The error is reported where the glob is used.
        pattern = parse_pattern(text, folder.relative_to(root).parts, budget)
        if pattern is not None:
            found.update(tree.matching(pattern, budget, folders or frozenset()))
    return found


def _lie_in_named(declaring: list[Reading], paths: Iterable[Path]) -> set[Path]:
    """Returns those of `paths` that are inside a folder that a manifest names. A manifest that is itself inside the
    folder does not count.
    """
    folders: set[Path] = set()
    for document in (reading.document for reading in declaring):
        for text in _paths(document.data, False):
            named = Path(os.path.normpath(document.folder / text))
            if not document.path.is_relative_to(named):
                folders.add(named)
    return {path for path in paths if any(parent in folders for parent in path.parents)}


def _paths(value: Any, listed: bool) -> Iterator[str]:
    if isinstance(value, str):
        if listed:
            yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _paths(item, key in ("file", "path", "files"))
    elif isinstance(value, list):
        for item in value:
            yield from _paths(item, listed)
