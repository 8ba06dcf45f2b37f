"""Decides which files below the manifests folder are manifests, and reads these files."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from provisioner.core.address import Address
from provisioner.core.addresskind import TEST_KIND
from provisioner.core.diagnostic import Place
from provisioner.core.files.limits import PATTERN_CHARACTERS
from provisioner.core.files.path_tree import PathTree
from provisioner.core.files.patterns import WILD, Budget, LimitExceeded, parse_pattern
from provisioner.core.files.root import Root
from provisioner.core.kinds import SECTIONS
from provisioner.core.kinds.sections import IMPORTS, INCLUDE, MOVED, REMOVED, VARIABLES
from provisioner.core.text.composition import to_nfc
from provisioner.manifest.files.folder_contents import Contents, Scan, list_contents
from provisioner.manifest.limits import Allowance
from provisioner.manifest.parsing.document import shown
from provisioner.manifest.parsing.frontmatter import MARKDOWN, is_page
from provisioner.manifest.parsing.reading import Reading, read_markdown, read_yaml
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.parsing.unread import (
    ASSISTANTS,
    YAML,
    Unread,
    assistant_of,
    is_for_people,
    is_markdown,
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


def list_named(settings: Settings, report: Report, allowance: Allowance, scan: Scan) -> list[Reading]:
    """Reads all files below the folder `settings.folder` that have a name that manifests can have. Returns the content
    and the problems of each file. `scan` contains the folders to leave out, and caches what was read. Raises
    LimitExceeded if the folder is too large.
    """
    root = Root(settings.root, (settings.state_folder,) if settings.state_folder else ())
    contents = list_contents(settings, root, report, scan)
    return _read_named(contents, root, report, allowance, scan)


def read_folder(
    settings: Settings, report: Report, allowance: Allowance, scan: Scan
) -> tuple[list[Reading], Mapping[Address, str]]:
    """Returns all manifests below the manifests folder, sorted by path, without the settings file. The second result
    maps addresses to texts. Each text describes a file that was not read and seems to declare the address.

    A file to which another manifest refers is not a manifest. An unread file that looks like a manifest is reported. If
    the folder is too large, an error is reported, and the run stops.
    """
    root = Root(settings.root, (settings.state_folder,) if settings.state_folder else ())
    try:
        contents = list_contents(settings, root, report, scan)
        readings = _read_named(contents, root, report, allowance, scan)
        budget = Budget()
        declaring = [reading for reading in readings if _declares(reading, settings.folder)]
        declaring += [Reading(replace(each, data=blocks_of_values(each))) for each in settings.documents]
        read = {str(reading.document.path) for reading in readings}
        others = read - {str(reading.document.path) for reading in declaring}
        referred = _referred(declaring, _by_folder(others), settings.root, budget)
        named = _named_folders(declaring)
        referred |= {path for path in read if _is_inside(os.path.dirname(path), named)}
    except LimitExceeded as error:
        report.error(_ignore_place(settings), f"the manifests' folder cannot be searched: {error}")
        report.finish()
        return [], {}
    left = [reading for reading in readings if str(reading.document.path) not in referred]
    unread = Unread()
    _report_unread(left, contents, declaring, settings, root, unread)
    for finding in unread.findings:
        report.add(finding.severity, finding.place, finding.message)
    return [r for r in left if r.is_manifest and not _is_page(r, settings.folder)], unread.declared


def _report_unread(
    left: list[Reading], contents: Contents, declaring: list[Reading], settings: Settings, root: Root, unread: Unread
) -> None:
    """Adds messages to `unread` about files that look like manifests and are not read. `left` are the parsed files to
    which no manifest refers, `contents` are the files in the folder, in groups, and `declaring` are the manifests. A
    file to which a manifest refers gets no message.
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
    named, linked, searched = _named_folders(declaring), frozenset(contents.linked), dict(contents.others)
    for above, names in _by_folder(linked).items():
        searched[above] = [*searched.get(above, ()), *names]
    try:
        referred = _referred(declaring, searched, settings.root, Budget(), linked)
    except LimitExceeded:
        return  # There are too many files to compare. Errors in the globs are reported where they are used.
    ordered = sorted(referred) if linked else []
    for link in contents.linked:
        if link not in referred and not _has_beginning(ordered, f"{link}/"):
            unread.add("warning", Place(shown(Path(link))), LINKED)
    outside = {above: names for above, names in contents.others.items() if not _is_inside(above[:-1], named)}
    paths = (above + name for above, names in outside.items() for name in names)
    look_into((Path(each) for each in paths if each not in referred), folder, root, unread)
    remember_ignored(map(Path, contents.ignored), folder, root, unread)


def _read_named(contents: Contents, root: Root, report: Report, allowance: Allowance, scan: Scan) -> list[Reading]:
    """Returns the content and the problems of each file in `contents.named`, sorted by path. Each file is read once."""
    paths = sorted(map(Path, contents.named))
    return [_read(path, root, allowance, scan) for path in _without_twice(paths, root, report)]


def _read(path: Path, root: Root, allowance: Allowance, scan: Scan) -> Reading:
    if path not in scan.readings:
        scan.readings[path] = (read_markdown if is_markdown(path) else read_yaml)(path, root, allowance)
    return scan.readings[path]


def _is_page(reading: Reading, folder: Path) -> bool:
    """Returns whether a Markdown file is a page of a website. Such a file is not an assistant, even below a folder
    named `assistants`.
    """
    document = reading.document
    expected = document.path.parent == folder / ASSISTANTS
    return document.body is not None and is_page(document.data, is_placed=expected)


def _ignore_place(settings: Settings) -> Place:
    return settings.documents[0].place(("ignore",), key=True) if settings.documents else Place(FILE)


def _without_twice(paths: list[Path], root: Root, report: Report) -> Iterator[Path]:
    """Yields the paths without symbolic links to files that are in `paths` under another name. Each such link is
    reported.

    A link that leads out of the root is yielded. When the file is read, this link is reported as an error.
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


def _by_folder(paths: Iterable[str]) -> dict[str, list[str]]:
    """Returns the names in `paths`, keyed by the paths of their folders. Each folder has a `/` at its end."""
    found: dict[str, list[str]] = {}
    for path in sorted(paths):
        above, _, name = path.rpartition("/")
        found.setdefault(f"{above}/", []).append(name)
    return found


def _has_beginning(ordered: Sequence[str], beginning: str) -> bool:
    """Returns whether one of the sorted texts `ordered` begins with `beginning`."""
    at = bisect_left(ordered, beginning)
    return at < len(ordered) and ordered[at].startswith(beginning)


def _referred(
    declaring: list[Reading],
    others: Mapping[str, Sequence[str]],
    root: Path,
    budget: Budget,
    folders: frozenset[str] | None = None,
) -> set[str]:
    """Returns the files to which the manifests `declaring` refer by the keys `file`, `path` and `files`: the path
    itself for a path, and the matching files in `others` for a glob. `others` maps folders, with a `/` at the end, to
    the names of files in them. The manifests may still contain errors.

    If `folders` is None, only paths and globs that can name a YAML or Markdown file count. Otherwise, all paths and
    globs count. `folders` are then the folders in `others`; those in which a glob searches for files are also returned.
    """
    found: set[str] = set()
    globs: set[tuple[Path, str]] = set()
    for document in (reading.document for reading in declaring):
        for text in _paths(document.data, False):
            path = os.path.normpath(os.path.join(document.folder, text))
            if (folders is not None or _is_manifest_name(path)) and path != str(document.path):
                found.add(path)
            named = text.lower().endswith((*YAML, *MARKDOWN, "*"))
            if WILD & set(text) and "\0" not in text and (folders is not None or named):
                globs.add((document.folder, text))
    if not others or not globs:
        return found
    above = len(root.parts)
    tree = PathTree()
    for beginning, names in others.items():
        parts = map(to_nfc, Path(beginning).parts[above:])
        tree.add(parts, map(to_nfc, names), (beginning + name for name in names))
    for folder, text in sorted(globs):
        if len(text) > PATTERN_CHARACTERS:
            continue  # The error is reported where the glob is used.
        pattern = parse_pattern(text, folder.parts[above:], budget)
        if pattern is not None:
            found.update(tree.matching(pattern, budget, folders or frozenset()))
    return found


def _is_manifest_name(path: str) -> bool:
    return is_yaml(Path(path)) or is_markdown(Path(path))


def _named_folders(declaring: list[Reading]) -> frozenset[str]:
    """Returns the folders to which the manifests `declaring` refer, and other paths to which they refer. A folder that
    contains the manifest itself does not count, because every file beside the manifest would be in it.
    """
    folders: set[str] = set()
    for document in (reading.document for reading in declaring):
        for text in _paths(document.data, False):
            named = os.path.normpath(os.path.join(document.folder, text))
            if not document.path.is_relative_to(named):
                folders.add(named)
    return frozenset(folders)


def _is_inside(folder: str, folders: Container[str]) -> bool:
    """Returns whether `folder` is one of `folders`, or inside one of them."""
    while folder not in folders:
        above = os.path.dirname(folder)
        if above == folder:
            return False
        folder = above
    return True


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
