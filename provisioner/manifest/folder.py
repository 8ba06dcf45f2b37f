"""Which files below the manifests folder are manifests."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from unicodedata import normalize

from provisioner.diagnostic import Place
from provisioner.files.limits import PATTERN_CHARACTERS
from provisioner.files.listing import Listings
from provisioner.files.patterns import WILD, Budget, LimitExceeded, Pattern, parse_pattern
from provisioner.files.root import Root, is_text, spell
from provisioner.kinds import SECTIONS
from provisioner.manifest.document import shown
from provisioner.manifest.limits import Allowance
from provisioner.manifest.reading import Reading, read_markdown, read_yaml
from provisioner.manifest.report import Report
from provisioner.manifest.settings import FILE, Settings

YAML = (".yaml", ".yml")


def read_folder(settings: Settings, report: Report, allowance: Allowance) -> list[Reading]:
    """Every manifest but the settings, by path. A file that another manifest refers to is something else.

    What makes the folder too large to be looked at is reported, and stops the run.
    """
    root = Root(settings.root, (settings.state_folder,) if settings.state_folder else ())
    try:
        candidates = sorted(_candidates(settings, Listings(root.path), report))
        readings = [_read(path, root, allowance) for path in _without_twice(candidates, root, report)]
        budget = Budget()
        declaring = [reading for reading in readings if _declares(reading)]
        others = {reading.document.path for reading in readings} - {reading.document.path for reading in declaring}
        referred = _referred(declaring, others, settings.root, budget)
    except LimitExceeded as error:
        report.error(_ignore_place(settings), f"the manifests' folder cannot be searched: {error}")
        report.finish()
        return []
    return [r for r in readings if r.is_manifest and r.document.path not in referred]


def _read(path: Path, root: Root, allowance: Allowance) -> Reading:
    return (read_markdown if path.suffix == ".md" else read_yaml)(path, root, allowance)


def _ignore_place(settings: Settings) -> Place:
    return settings.documents[0].place(("ignore",), key=True) if settings.documents else Place(FILE)


def is_ignored(name: str, patterns: Iterable[Pattern], budget: Budget) -> bool:
    """Whether one of the globs covers `name`, or a folder that it lies in. Raises LimitExceeded."""
    names = normalize("NFC", name).split("/")
    return any(pattern.covers(names, budget) for pattern in patterns)


def _candidates(settings: Settings, listings: Listings, report: Report) -> Iterator[Path]:
    """The paths that can be manifests, links to files included. Raises LimitExceeded."""
    folder, budget = settings.folder, listings.budget
    parsed = [parse_pattern(text, (), budget) for text in settings.ignore]
    ignored = [pattern for pattern in parsed if pattern is not None]
    for here, items in listings.walk(folder, settings.state_folder):
        for item in items:
            path = here / item.name
            if item.kind == "folder" or (item.kind == "link" and os.path.isdir(path)):
                continue
            if item.name.startswith(".") or path == folder / FILE or not _is_named(path, folder):
                continue
            relative = path.relative_to(folder).as_posix()
            if is_ignored(relative, ignored, budget):
                continue
            if is_text(relative):
                yield path
            else:
                report.error(Place(spell(shown(path))), "this file's name is not UTF-8; rename it")


def _is_named(path: Path, folder: Path) -> bool:
    """Whether a file is named as a manifest is."""
    return path.suffix in YAML or (path.suffix == ".md" and "assistants" in path.relative_to(folder).parts[:-1])


def _without_twice(paths: list[Path], root: Root, report: Report) -> Iterator[Path]:
    """The paths without links to files that are among them already.

    A link that leaves the root stays, and reading it is an error.
    """
    taken = {path for path in paths if not path.is_symlink()}
    for path in paths:
        if path.is_symlink():
            real = Path(os.path.realpath(path))
            if real in taken and root.refusal(path) is None:
                message = "this is a link to a manifest that is read already, and is left out"
                report.tell("info", Place(shown(path)), message)
                continue
            taken.add(real)
        yield path


def _declares(reading: Reading) -> bool:
    data = reading.document.data
    return reading.document.body is not None or (isinstance(data, dict) and any(key in SECTIONS for key in data))


def _referred(declaring: list[Reading], others: set[Path], root: Path, budget: Budget) -> set[Path]:
    """The files that manifests' data refer to, as far as can be determined without knowing their kinds.

    A path counts always, but a glob makes something else only of `others`, which do not read like manifests.
    """
    found: set[Path] = set()
    globs: set[tuple[Path, str]] = set()
    for document in (reading.document for reading in declaring):
        for text in _paths(document.data, False):
            path = Path(os.path.normpath(document.folder / text))
            if path.suffix in (*YAML, ".md") and path != document.path:
                found.add(path)
            if WILD & set(text) and "\0" not in text and text.endswith((*YAML, ".md", "*")):
                globs.add((document.folder, text))
    names = {path: normalize("NFC", path.relative_to(root).as_posix()).split("/") for path in others}
    for folder, text in sorted(globs) if names else ():
        if len(text) > PATTERN_CHARACTERS:
            continue  # it is an error where it is used
        pattern = parse_pattern(text, folder.relative_to(root).parts, budget)
        if pattern is not None:
            found |= {path for path, parts in names.items() if path not in found and pattern.matches(parts, budget)}
    return found


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
