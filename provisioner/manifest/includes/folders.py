"""Finds and reads the folders that manifests include."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.files.listing import FolderEntries
from provisioner.core.files.patterns import LimitExceeded
from provisioner.core.files.root import Root
from provisioner.core.kinds.sections import INCLUDE
from provisioner.manifest.files.folder_contents import Scan
from provisioner.manifest.files.manifest_files import list_named, read_folder
from provisioner.manifest.limits import Allowance
from provisioner.manifest.parsing.document import Document, Written
from provisioner.manifest.parsing.reading import Reading
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.project_settings.settings import Settings


@dataclass
class Folders:
    """Finds and reads the folders with manifests in one run: the folder of the project, and the folders that manifests
    include. `found` are the included folders.
    """

    settings: Settings
    report: Report
    allowance: Allowance
    found: set[Path] = field(default_factory=set)
    _scan: Scan = field(default_factory=Scan)
    _documents: dict[Path, list[Document]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        state = self.settings.state_folder
        self.root = Root(self.settings.root, (state,) if state else ())

    @property
    def known(self) -> dict[Path, FolderEntries]:
        """The folders that were listed, with their entries."""
        return self._scan.known

    def read_project(self) -> tuple[list[Reading], Mapping[Address, str]]:
        """Reads the manifests of the project, except the files in included folders. Returns these manifests, and a
        mapping from addresses to texts. Each text describes a file that was not read and seems to declare the address.
        """
        self._find()
        scan = replace(self._scan, excluded=frozenset(self.found))
        return read_folder(self.settings, self.report, self.allowance, scan)

    def documents_of(self, folder: Path) -> list[Document]:
        """Returns the manifests in `folder`, an included folder. If a folder below it is included separately, the
        manifests in that folder are left out.
        """
        if folder not in self._documents:
            inner = frozenset(each for each in self.found if each != folder and each.is_relative_to(folder))
            settings = dataclasses.replace(self.settings, folder=folder)
            scan = replace(self._scan, excluded=inner)
            readings, _ = read_folder(settings, self.report, self.allowance, scan)
            for reading in readings:
                self.report.take(reading.diagnostics)
            self._documents[folder] = [reading.document for reading in readings]
        return self._documents[folder]

    def report_unused_ignores(self) -> None:
        """Reports each pattern of the setting `ignore:` that matches nothing in the folders that were read."""
        self._scan.use.report_unused(self.settings, self.report)

    def resolve(self, document: Document, folder: str) -> Path | str:
        """Returns the path of a folder that a manifest includes. `document` is the manifest, and `folder` is the text
        in its section `include`. If this folder cannot be included, returns a message with the reason.
        """
        if "${" in folder or "\0" in folder:
            return "an included folder is needed before any value is known; write its path"
        path = Path(os.path.normpath(document.folder / folder))
        reason = self.root.refusal(path)
        if reason is not None or not path.is_relative_to(self.root.path):
            return f"`{folder[:80]}` is outside the root, or may not be read; included folders are below the root"
        if not path.is_dir():
            return f"there is no folder `{folder[:80]}`; paths are relative to the file that contains them, correct it"
        if Path(os.path.realpath(path)) != path:
            return f"`{folder[:80]}` is or passes a symbolic link; name the folder itself"
        if document.folder.is_relative_to(path):
            return f"`{folder[:80]}` contains this manifest, which would include itself; move the folder out of it"
        return path

    def _find(self) -> None:
        """Finds all folders that manifests of the project include, directly or through other included folders, and
        stores the folders in `found`.
        """
        ahead, seen = [self.settings.folder], {self.settings.folder}
        while ahead:
            folder = ahead.pop()
            try:
                readings = list_named(
                    dataclasses.replace(self.settings, folder=folder), self.report, self.allowance, self._scan
                )
            except LimitExceeded:
                continue  # It is reported when the folder is read.
            for document in [reading.document for reading in readings]:
                for entry in entries_in(document):
                    name = entry.value.get("folder") if isinstance(entry.value, dict) else None
                    path = self.resolve(document, name) if isinstance(name, str) and name else ""
                    if isinstance(path, Path) and path not in seen:
                        seen.add(path)
                        ahead.append(path)
        self.found = seen - {self.settings.folder}


def entries_in(document: Document) -> Iterator[Written]:
    """Yields the entries of the section `include` of a manifest."""
    section: Any = document.data.get(INCLUDE) if document.body is None and isinstance(document.data, dict) else None
    if isinstance(section, list):
        yield from Written(document, (INCLUDE,), section).items()
