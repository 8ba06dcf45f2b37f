"""The files of a project: which paths may be read, and which files a path or a glob means."""

from __future__ import annotations

import os
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from unicodedata import normalize

from provisioner.manifest.document import Written
from provisioner.manifest.nearest import nearest
from provisioner.manifest.report import Report

WILD = frozenset("*?[")
FORBIDDEN = frozenset({".git", ".provision"})


@dataclass
class Tree:
    """Everything below `root` that manifests may refer to. `state` is never readable."""

    root: Path
    state: Path | None
    report: Report

    def name(self, path: Path) -> str:
        """A path as addresses and attributes spell it: from the root, with `/`, in NFC."""
        return normalize("NFC", path.relative_to(self.root).as_posix())

    def one(self, written: Written, address: object = None) -> Path | None:
        """The one file that `written` names, or None after telling why there is none."""
        if found := self._existing(written):
            return found if self._check(found, written, address) else None
        self._tell_missing(written, address)
        return None

    def all(self, written: Written, address: object = None) -> list[Path]:
        """The files that `written` names: one by its path, or what a glob matches, sorted. Tells if there are none."""
        if (existing := self._existing(written)) is not None or not WILD & set(written.value):
            found = existing if existing and self._check(existing, written, address) else None
            if existing is None:
                self._tell_missing(written, address)
            return [found] if found else []
        if self._leaves(Path(os.path.normpath(written.document.folder / written.value))):
            self._tell_outside(written, address)
            return []
        found_all = self.matches(written)
        if not found_all:
            self.report.error(written, f"no file matches `{written.value}`; correct the pattern or remove it", address)
        return found_all

    def matches(self, written: Written) -> list[Path]:
        """Files that a path or glob means, sorted by name; what may not be read is left out silently."""
        if existing := self._existing(written):
            return [existing]
        if "\0" in written.value:
            return []
        folder = written.document.folder
        names = {os.path.normpath(folder / name) for name in glob(written.value, root_dir=folder, recursive=True)}
        paths = [Path(name) for name in names]
        return sorted((p for p in paths if p.is_file() and self._refusal(p) is None), key=self.name)

    def _existing(self, written: Written) -> Path | None:
        """The path as it stands on the disk, whichever way its letters are composed there."""
        for form in (written.value, normalize("NFC", written.value), normalize("NFD", written.value)):
            path = Path(os.path.normpath(written.document.folder / form))
            if "\0" not in form and os.path.lexists(path):
                return path
        return None

    def _leaves(self, path: Path) -> bool:
        return not path.is_relative_to(self.root)

    def _refusal(self, path: Path) -> str | None:
        """Why `path` may not be read, if it may not."""
        if self._leaves(path):
            return "outside"
        real = Path(os.path.realpath(path))
        if self._leaves(real):
            return "outside by a link"
        for seen in (path, real):
            parts = [part.lower() for part in seen.relative_to(self.root).parts]  # some disks do not tell case
            if any(part in FORBIDDEN or part.startswith(".env") for part in parts):
                return "forbidden"
            if self.state and seen.is_relative_to(self.state):
                return "state"
        return None

    def _check(self, path: Path, written: Written, address: object) -> bool:
        refusal = self._refusal(path)
        if refusal == "outside":
            self._tell_outside(written, address)
        elif refusal:
            self.report.error(written, f"`{written.value}` {REFUSALS[refusal]}", address)
        elif path.is_dir():
            advice = f"name the files in it, as in `{written.value.rstrip('/')}/*`"
            self.report.error(written, f"`{written.value}` is a folder; {advice}", address)
        else:
            return True
        return False

    def _tell_outside(self, written: Written, address: object) -> None:
        message = f"`{written.value}` leaves the root, `{self.root.name}`; move the file inside, or set `root:`"
        self.report.error(written, message, address)

    def _tell_missing(self, written: Written, address: object) -> None:
        path = Path(os.path.normpath(written.document.folder / written.value))
        if self._leaves(path):
            self._tell_outside(written, address)
            return
        try:
            beside = [path.parent / name for name in os.listdir(path.parent)]
        except (OSError, ValueError):
            beside = []
        close = nearest(path.name, [item.name for item in beside if item.is_file() and not self._refusal(item)])
        advice = "paths are relative to the file they stand in; correct it"
        if close:
            folder = written.value[: written.value.rstrip("/").rfind("/") + 1]
            advice = f"did you mean `{folder}{close}`?"
        self.report.error(written, f"there is no file `{written.value}`; {advice}", address)


REFUSALS = {
    "outside by a link": "is a link to a file outside the root; copy the file inside",
    "forbidden": "may not be read: `.git`, `.env*` and `.provision` hold secrets; move the file elsewhere",
    "state": "lies in the state's folder, which manifests may not read; move the file elsewhere",
}
