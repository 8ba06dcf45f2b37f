"""Findings of lint. These are plain data: `lint` makes them, `render` shows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from provisioner.core.diagnostic import Diagnostic, Place, Severity
from provisioner.core.rule import BY_NAME, MANIFEST


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding of a rule: what is wrong and what to do.

    `subject` identifies what it is about without line numbers and without the message's wording; the fingerprint is
    made from it. `near` are other places where a comment silences the finding, such as the reference to a prompt file.
    """

    rule: str
    message: str
    place: Place | None = None
    address: str | None = None
    subject: str = ""
    severity: Severity = "error"
    near: tuple[Place, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Findings:
    """The result of one run of lint.

    `found` is sorted by place. `note` names the list of models' dates that was used, and its age. `root` is the
    project's root, absolute, and `settings` the settings file as it is displayed, for findings without a place of their
    own. `resources` is the number of resources that were checked.
    """

    found: tuple[Finding, ...]
    root: Path
    settings: str
    note: str = ""
    resources: int = 0

    def summary(self) -> Mapping[str, int]:
        """Returns the number of findings by severity."""
        counts = Counter(each.severity for each in self.found)
        return {severity: counts[severity] for severity in ("error", "warning", "info")}


def finding(
    rule: str,
    message: str,
    place: Place,
    address: object = None,
    *,
    subject: str = "",
    near: Iterable[Place] = (),
) -> Finding:
    """Returns a finding with the severity of its rule."""
    named = None if address is None else str(address)
    return Finding(rule, message, place, named, subject, BY_NAME[rule].severity, tuple(near))


def finding_of(diagnostic: Diagnostic) -> Finding:
    """Returns a diagnostic of the manifests as a finding of the rule that it names, or else of the rule `manifest`."""
    severity: Severity = "error" if diagnostic.severity == "blocked" else diagnostic.severity
    rule = diagnostic.rule or MANIFEST
    return Finding(rule, diagnostic.message, diagnostic.place, diagnostic.address, diagnostic.message, severity)


def in_order(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Returns the findings by place without duplicates. Those without a place are last."""
    unique = dict.fromkeys(found)
    return tuple(sorted(unique, key=lambda f: (f.place is None, f.place or Place(""), f.rule, f.message)))
