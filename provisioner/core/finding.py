"""What lint finds. Plain data: `lint` makes it, `render` shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from provisioner.core.diagnostic import Diagnostic, Place, Severity
from provisioner.core.rule import BY_NAME, MANIFEST


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule found: what is wrong and what to do.

    `subject` is what it is about, free of lines and of words that may be polished: it makes the fingerprint.
    `near` are other places where a comment silences it, such as the reference to the prompt that it stands in.
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
    """What one run of lint tells.

    `found` is in order of place. `note` says which list of models' dates was used, and how old it is. `root` is the
    project's root, absolute, and `settings` the settings file as places show it, for what has no place of its own;
    `resources` is how many of them were looked at.
    """

    found: tuple[Finding, ...]
    root: Path
    settings: str
    note: str = ""
    resources: int = 0

    def summary(self) -> Mapping[str, int]:
        """How many findings there are by severity."""
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
    """A finding with the severity of its rule."""
    named = None if address is None else str(address)
    return Finding(rule, message, place, named, subject, BY_NAME[rule].severity, tuple(near))


def told(diagnostic: Diagnostic) -> Finding:
    """A diagnostic of the manifests as a finding of the rule that it names, or else of `manifest`."""
    severity: Severity = "error" if diagnostic.severity == "blocked" else diagnostic.severity
    rule = diagnostic.rule or MANIFEST
    return Finding(rule, diagnostic.message, diagnostic.place, diagnostic.address, diagnostic.message, severity)


def in_order(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings by place, those without one last; equal ones said once."""
    unique = dict.fromkeys(found)
    return tuple(sorted(unique, key=lambda f: (f.place is None, f.place or Place(""), f.rule, f.message)))
