"""Which files below the manifests folder are manifests."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from glob import glob
from pathlib import Path
from typing import Any

from provisioner.kinds import SECTIONS
from provisioner.manifest.document import Document
from provisioner.manifest.reading import Reading, read_markdown, read_yaml
from provisioner.manifest.settings import FILE, Settings

YAML = (".yaml", ".yml")


def read_folder(settings: Settings) -> list[Reading]:
    """Every manifest but the settings, by path. A file that another manifest refers to is something else."""
    readings = [
        read_markdown(path) if path.suffix == ".md" else read_yaml(path)
        for path in sorted(_candidates(settings.folder, settings.state_folder))
        if not is_ignored(path.relative_to(settings.folder).as_posix(), settings.ignore)
    ]
    declaring = [reading for reading in readings if _declares(reading)]
    manifests = {reading.document.path for reading in declaring}
    referred = {path for reading in declaring for path in _references(reading.document, manifests)}
    return [r for r in readings if r.is_manifest and r.document.path not in referred]


def is_ignored(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether one of the globs covers `name`, or a folder that it lies in."""
    return any(re.fullmatch(_expression(pattern.removeprefix("./").rstrip("/")), name) for pattern in patterns)


def _expression(pattern: str) -> str:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(words.get(part, re.escape(part)) for part in parts) + "(?:/.*)?"


def _candidates(folder: Path, state: Path | None) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        here = Path(where)
        folders[:] = [name for name in folders if not name.startswith(".") and here / name != state]
        for name in names:
            path = here / name
            if name.startswith(".") or path == folder / FILE:
                continue
            if path.suffix in YAML or (path.suffix == ".md" and "assistants" in path.relative_to(folder).parts[:-1]):
                yield path


def _declares(reading: Reading) -> bool:
    data = reading.document.data
    return reading.document.body is not None or (isinstance(data, dict) and any(key in SECTIONS for key in data))


def _references(document: Document, manifests: set[Path]) -> Iterator[Path]:
    """The files that a manifest's data refers to, as far as can be told without knowing its kinds.

    A path counts always, but a glob does not make something else of a file that reads like a manifest.
    """
    for text in _paths(document.data, False):
        path = Path(os.path.normpath(document.folder / text))
        if path.suffix in (*YAML, ".md") and path != document.path:
            yield path
        if set("*?[") & set(text) and "\0" not in text and text.endswith((*YAML, ".md", "*")):
            names = glob(text, root_dir=document.folder, recursive=True)
            yield from {Path(os.path.normpath(document.folder / name)) for name in names} - manifests


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
