"""Finds the patterns of the setting `ignore:` that match no file and no folder."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from provisioner.core.files.patterns import Budget, LimitExceeded, Pattern
from provisioner.core.files.root import spell
from provisioner.core.text.composition import to_nfc
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.project_settings.settings import Settings
from provisioner.manifest.validation.dialects import advise_pattern
from provisioner.manifest.validation.nearest import nearest

#: Stands for a file in a folder, so that a pattern that matches the content of a folder matches an empty folder.
WITHIN = "\0"


class IgnoreUse(Struct):
    """Records which patterns of the setting `ignore:` match something. `used` are the texts of the patterns that have
    matched a path so far. `names` are the listed paths that were compared with a pattern.

    Folders that manifests include are listed with the same patterns, so one `IgnoreUse` serves all folders of a run.
    The number of comparisons is limited. Above the limit, every pattern counts as used.
    """

    used: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    _budget: Budget = field(default_factory=Budget)

    def note(self, patterns: Mapping[str, Pattern], path: str, *, is_folder: bool) -> None:
        """Records which patterns match `path`, a path relative to the searched folder. `patterns` maps the text of each
        pattern to the parsed pattern. `is_folder` says whether the path is the path of a folder.
        """
        left = [text for text in patterns if text not in self.used]
        if not left:
            return
        self.names.add(path)
        names = to_nfc(path).split("/")
        try:
            self.used |= {
                text for text in left if patterns[text].covers([*names, WITHIN] if is_folder else names, self._budget)
            }
        except LimitExceeded:
            self.used |= patterns.keys()

    def report_unused(self, settings: Settings, report: Report) -> None:
        """Reports a warning for each pattern of `ignore:` that has matched nothing. The warning contains advice about
        the pattern, or names the most similar path.
        """
        for written in settings.written_ignore:
            text = str(written.value)
            if text in self.used:
                continue
            known = self.names if "/" in text.strip("/") else {name.rpartition("/")[2] for name in self.names}
            close = nearest(text.strip("/"), sorted(known))
            advice = f"did you mean `{spell(close)}`?" if close else "correct the pattern or remove it"
            advice = advise_pattern(text, excluding=True) or advice
            report.warn(written, f"`{spell(text)}` in `ignore:` matches no file and no folder; {advice}")
