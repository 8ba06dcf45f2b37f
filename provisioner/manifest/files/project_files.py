"""Decides which files of a project may be read, and which files a path or a glob matches."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import Struct
from msgspec import field as struct_field

from provisioner.core.diagnostic import Severity
from provisioner.core.files.listing import FolderEntries
from provisioner.core.files.patterns import DEEP, WILD, LimitExceeded, Pattern, escape, parse_exclusion, parse_pattern
from provisioner.core.files.root import REFUSALS, Root, names_below, spell
from provisioner.core.files.selection import HARMLESS, UNNAMED, Selected, Selection
from provisioner.core.text.composition import to_nfc
from provisioner.manifest.limits import Allowance
from provisioner.manifest.parsing.document import Written
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.validation.dialects import advise_pattern
from provisioner.manifest.validation.nearest import nearest

#: The largest number of paths that a message about a glob names.
NAMED = 3


@dataclass
class Tree:
    """The files below the folder `root`. Manifests may refer to these files, except to files in the state folder
    `state` and to names that usually contain secrets, such as `.env`. `allowance` limits how much text may still be
    read. `known` are the folders that were listed already, with their entries.
    """

    root: Path
    state: Path | None
    report: Report
    allowance: Allowance = field(default_factory=Allowance)
    known: dict[Path, FolderEntries] = field(default_factory=dict)
    selection: Selection = field(init=False)
    _patterns: dict[tuple[Path, str, bool], Pattern | None] = field(default_factory=dict)
    _selected: dict[Pattern, Selected] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.selection = Selection(Root(self.root, (self.state,) if self.state else ()), self.known)

    def name(self, path: Path | str) -> str:
        """Returns the path of a file in the form that addresses and attributes use: relative to the root, with `/`, in
        NFC.
        """
        return names_below(self.root, [str(path)])[0]

    def names(self, paths: Sequence[str]) -> list[str]:
        """Returns the paths of several files in the form that `name` returns."""
        return names_below(self.root, paths)

    def open(self, path: Path) -> int:
        """Opens a file below the root and returns its descriptor. Raises OSError if that is forbidden or fails."""
        return self.selection.root.open(path)

    def read(self, path: Path, limit: int) -> bytes:
        """Returns the content of a file below the root. Raises OSError if the file may not be read, cannot be read, or
        has more than `limit` bytes.
        """
        return self.selection.root.read(path, limit)

    def one(self, written: Written, address: object = None) -> Path | None:
        """Returns the path of the one file that `written` names. If this file does not exist or may not be read,
        reports the reason and returns None. `address` is the address of the resource that contains `written`.
        """
        if found := self._existing(written):
            return found if self._check(found, written, address) else None
        self._report_missing(written, address)
        return None

    def all(self, written: Written, address: object = None) -> list[str]:
        """Returns the absolute paths of the files that `written` names: one file for a path, or the sorted matches of a
        glob.

        Reports a path without a file, a glob without matches, and the files that a glob leaves out. `address` is the
        address of the resource that contains `written`.
        """
        if (existing := self._existing(written)) is not None or not WILD & set(written.value):
            found = existing if existing and self._check(existing, written, address) else None
            if existing is None:
                self._report_missing(written, address)
            return [str(found)] if found else []
        selected = self._select(written, address)
        if selected is None:
            return []
        self._report_dropped(written, selected, address)
        if not selected.paths:
            advice = advise_pattern(written.value) or self._advise_brackets(written)
            advice = advice or "correct the pattern or remove it"
            self.report.error(written, f"no file matches `{spell(written.value)}`; {advice}", address)
        return selected.paths

    def below(self, written: Written, address: object = None) -> dict[Path, str]:
        """Returns the files below the folder that `written` names. The result maps each file to its path relative to
        this folder, in NFC.

        Hidden files are left out. Reports an error if the folder cannot be used, and reports other files that are left
        out. `address` is the address of the resource that contains `written`.
        """
        folder, shown = self._existing(written), spell(written.value)
        refusal = self.selection.refusal(folder) if folder else None
        if folder is None or not folder.is_relative_to(self.root):
            message = f"there is no folder `{shown}` below the root; paths are relative to the file that contains them"
            self.report.error(written, f"{message}; correct it", address)
        elif refusal:
            self.report.error(written, f"`{shown}` {REFUSALS[refusal]}", address)
        elif not folder.is_dir():
            self.report.error(written, f"`{shown}` is a file; name the folder that contains it", address)
        elif written.document.path.is_relative_to(folder):
            message = f"`{shown}` contains this manifest; put what is uploaded into a folder of its own"
            self.report.error(written, message, address)
        else:
            return self._select_below(folder, written, address)
        return {}

    def _select_below(self, folder: Path, written: Written, address: object) -> dict[Path, str]:
        parts = (escape(to_nfc(part)) for part in folder.relative_to(self.root).parts)
        try:
            selected = self.selection.select(Pattern((*parts, DEEP, "*")))
        except LimitExceeded as error:
            self.report.error(written, str(error), address)
            return {}
        self._report_dropped(written, selected, address)
        return {path: to_nfc(path.relative_to(folder).as_posix()) for path in map(Path, selected.paths)}

    def excluded(self, patterns: Iterable[Written], address: object = None) -> Exclusion:
        """Returns the parsed patterns of a list `exclude:`. Invalid patterns are reported. `address` is the address of
        the resource that contains the list.
        """
        parsed: dict[Pattern, list[Written]] = {}
        for written in patterns:
            try:
                pattern = self._parse(written, excluding=True)
            except LimitExceeded as error:
                self.report.error(written, str(error), address)
                continue
            if pattern is None:
                self.report.error(written, f"`{spell(written.value)}` {REFUSALS['outside']}", address)
            else:
                parsed.setdefault(pattern, []).append(written)
        return Exclusion(self, parsed)

    def _parse(self, written: Written, *, excluding: bool = False) -> Pattern | None:
        folder, text = written.document.folder, written.value
        if (folder, text, excluding) not in self._patterns:
            base = folder.relative_to(self.root).parts
            literal = self._existing(written, text.lstrip("/") if excluding else text) is not None
            parse = parse_exclusion if excluding else parse_pattern
            self._patterns[folder, text, excluding] = parse(text, base, self.selection.budget, literal=literal)
        return self._patterns[folder, text, excluding]

    def _select(self, written: Written, address: object) -> Selected | None:
        """Returns the files that match the glob in `written`. If the search is not possible, reports the reason and
        returns None. Each glob is searched only once.
        """
        try:
            pattern = self._parse(written)
            if pattern is None:
                self._report_outside(written, address)
                return None
            if pattern in self._selected:
                self.selection.budget.match(len(self._selected[pattern].paths))
            else:
                self._selected[pattern] = self.selection.select(pattern)
        except LimitExceeded as error:
            self.report.error(written, str(error), address)
            return None
        return self._selected[pattern]

    def _advise_brackets(self, written: Written) -> str | None:
        """Returns advice to escape the brackets in a glob if the glob then matches files. Otherwise returns None."""
        if "[" not in written.value:
            return None
        literal = re.sub(r"\[", "[[]", written.value)
        try:
            base = written.document.folder.relative_to(self.root).parts
            pattern = parse_pattern(literal, base, self.selection.budget)
            is_matching = pattern is not None and bool(self.selection.select(pattern).paths)
        except LimitExceeded:
            return None
        return f"brackets stand for one character of those in them; write `{literal}`" if is_matching else None

    def _existing(self, written: Written, text: str | None = None) -> Path | None:
        """Returns the existing path that `text` names, or that `written` names if `text` is None. Returns None if no
        such path exists. The path is spelled as on the disk, where the Unicode normalisation may differ from that of
        the manifest.
        """
        text = written.value if text is None else text
        if "\0" in text:
            return None
        path = Path(os.path.normpath(written.document.folder / text))
        if os.path.lexists(path):
            return path
        return self._composed_otherwise(path)

    def _composed_otherwise(self, path: Path) -> Path | None:
        """Returns the existing path below the root that differs from `path` only in its Unicode normalisation. Returns
        None if there is no such path.
        """
        if str(path).isascii() or not path.is_relative_to(self.root):
            return None
        here = self.root
        for part in path.relative_to(self.root).parts:
            if not os.path.lexists(here / part):
                wanted = to_nfc(part)
                try:
                    items = self.selection.listings.items(Path(os.path.realpath(here)))
                except (LimitExceeded, ValueError):
                    return None
                part = next((item.name for item in items if item.composed == wanted), part)
            here /= part
        return here if os.path.lexists(here) else None

    def _check(self, path: Path, written: Written, address: object) -> bool:
        refusal = self.selection.refusal(path)
        shown = spell(written.value)
        if refusal == "outside":
            self._report_outside(written, address)
        elif refusal:
            self.report.error(written, f"`{shown}` {REFUSALS[refusal]}", address)
        elif path.is_dir():
            advice = f"name the files in it, as in `{shown.rstrip('/')}/*`"
            self.report.error(written, f"`{shown}` is a folder; {advice}", address)
        else:
            return True
        return False

    def _report_outside(self, written: Written, address: object) -> None:
        message = f"`{spell(written.value)}` leaves the root, `{self.root.name}`; move the file inside, or set `root:`"
        self.report.error(written, message, address)

    def _report_dropped(self, written: Written, selected: Selected, address: object) -> None:
        """Reports the files that a glob leaves out, with one message for each reason. A file whose name cannot be an
        address is an error. A file with a reason in HARMLESS is an info, for example a file that is matched twice. Any
        other file is a warning.
        """
        reasons: dict[str, list[str]] = {}
        for path, reason in selected.dropped:
            reasons.setdefault(reason, []).append(spell(path.relative_to(self.root).as_posix()))
        for reason, names in reasons.items():
            shown = ", ".join(f"`{name}`" for name in names[:NAMED])
            more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
            if reason == UNNAMED:
                advice = "rename it" if len(names) == 1 else "rename them"
                self.report.error(written, f"{shown}{more}: {reason}, which cannot be an address; {advice}", address)
                continue
            severity: Severity = "info" if reason in HARMLESS else "warning"
            self.report.add(severity, written, f"{shown}{more} is left out: {reason}", address)

    def _report_missing(self, written: Written, address: object) -> None:
        path = Path(os.path.normpath(written.document.folder / written.value))
        if not path.is_relative_to(self.root):
            self._report_outside(written, address)
            return
        try:
            beside = self.selection.listings.items(Path(os.path.realpath(path.parent)))
        except (LimitExceeded, ValueError):
            beside = []
        names = [i.name for i in beside if i.kind == "file" and not self.selection.refusal(path.parent / i.name)]
        close = nearest(path.name, names)
        advice = "paths are relative to the file that contains them; correct it"
        if other := advise_pattern(written.value):
            advice = other
        elif close:
            folder = written.value[: written.value.rstrip("/").rfind("/") + 1]
            advice = f"did you mean `{folder}{close}`?"
        self.report.error(written, f"there is no file `{spell(written.value)}`; {advice}", address)


class Exclusion(Struct):
    """The patterns of a list `exclude:`. As in .gitignore, a pattern matches a file, or every file below a folder.

    A pattern without `/`, or with a `/` only at its end, matches names in every folder below the manifest's folder. If
    a file is a link, the path of the link and the path of its target are matched.
    """

    tree: Tree
    patterns: dict[Pattern, list[Written]]
    used: set[Pattern] = struct_field(default_factory=set)
    _known: dict[str, bool] = struct_field(default_factory=dict)

    def __contains__(self, path: object) -> bool:
        if not isinstance(path, str) or not self.patterns:
            return False
        if path not in self._known:
            self._known[path] = self._covers(path)
        return self._known[path]

    @property
    def unused(self) -> list[Written]:
        """The patterns of the list `exclude:` that have matched no file so far."""
        return [written for pattern, all_ in self.patterns.items() if pattern not in self.used for written in all_]

    def _covers(self, path: str) -> bool:
        paths = {self.tree.name(path)}
        real = Path(os.path.realpath(path))
        if real.is_relative_to(self.tree.root):
            paths.add(self.tree.name(real))
        found = False
        for pattern, [written, *_] in self.patterns.items():
            try:
                covered = any(pattern.covers(name.split("/"), self.tree.selection.budget) for name in sorted(paths))
            except LimitExceeded as error:
                self.tree.report.error(written, str(error))
                return True
            if covered:
                self.used.add(pattern)
                found = True
        return found
