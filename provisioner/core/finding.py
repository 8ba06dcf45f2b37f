"""Defines the findings of `provision lint` as plain data. The package `lint` makes findings, and the package `render`
displays them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import Struct

from provisioner.core.diagnostic import Diagnostic, Place, Severity
from provisioner.core.rule import BY_NAME, MANIFEST


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem that a rule of lint found: what is wrong and what to do.

    `subject` identifies the wrong part of the manifest, without line numbers and without the text of the message.
    Reports make a hash (a fingerprint) from the subject. The fingerprint identifies the finding even after lines have
    moved. A comment that silences the finding may be at `place`, or at one of the places in `near`, such as the
    reference to a prompt file.
    """

    rule: str
    message: str
    place: Place | None = None
    address: str | None = None
    subject: str = ""
    severity: Severity = "error"
    near: tuple[Place, ...] = field(default=(), compare=False)


class Findings(Struct, frozen=True):
    """The result of one run of lint.

    `found` are the findings, sorted by place. `note` says which list of the models' shutdown dates was used, and how
    old it is. `root` is the absolute path of the project's root. `settings` is the path of the settings file for
    display; findings without a place are shown with this path. `resources` is the number of resources that were
    checked.
    """

    found: tuple[Finding, ...]
    root: Path
    settings: str
    note: str = ""
    resources: int = 0

    def summary(self) -> Mapping[str, int]:
        """Returns the number of findings with each severity, keyed by the severity."""
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
    """Returns a finding of the lint rule named `rule`, with the severity of this rule. `message` says what is wrong, at
    the position `place` and in the resource `address`. `subject` identifies the wrong part of the manifest even after
    lines have moved. `near` are further places where a comment can silence the finding.
    """
    named = None if address is None else str(address)
    return Finding(rule, message, place, named, subject, BY_NAME[rule].severity, tuple(near))


def finding_of(diagnostic: Diagnostic) -> Finding:
    """Returns a finding with the message and the place of a diagnostic. The finding gets the rule of the diagnostic, or
    the rule `manifest` if the diagnostic has no rule.
    """
    severity: Severity = "error" if diagnostic.severity == "blocked" else diagnostic.severity
    rule = diagnostic.rule or MANIFEST
    return Finding(rule, diagnostic.message, diagnostic.place, diagnostic.address, diagnostic.message, severity)


def in_order(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Returns the findings sorted by place, without duplicates. Findings without a place are last."""
    unique = dict.fromkeys(found)
    return tuple(sorted(unique, key=lambda f: (f.place is None, f.place or Place(""), f.rule, f.message)))
