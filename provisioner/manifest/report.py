"""Collects what is wrong, so that one run tells everything."""

from __future__ import annotations

from dataclasses import dataclass, field

from provisioner.diagnostic import Diagnostic, Place, Severity, in_order
from provisioner.errors import InvalidManifest
from provisioner.manifest.document import Written


@dataclass
class Report:
    """The diagnostics of a run."""

    diagnostics: list[Diagnostic] = field(default_factory=list)
    _told: set[tuple[Place, str]] = field(default_factory=set)

    def error(self, at: Written | Place, message: str, address: object = None, rule: str | None = None) -> None:
        """Something that cannot be planned."""
        self.tell("error", at, message, address, rule)

    def warn(self, at: Written | Place, message: str, address: object = None, rule: str | None = None) -> None:
        """Something that is probably not meant."""
        self.tell("warning", at, message, address, rule)

    def tell(
        self, severity: Severity, at: Written | Place, message: str, address: object = None, rule: str | None = None
    ) -> None:
        """One diagnostic, at a place or where a value stands; what several resources share is told once.

        `rule` is the rule of `provision lint` that it belongs to.
        """
        place = at.place if isinstance(at, Written) else at
        if (place, message) not in self._told:
            self._told.add((place, message))
            named = None if address is None else str(address)
            self.diagnostics.append(Diagnostic(severity, message, place, named, rule))

    def finish(self) -> tuple[Diagnostic, ...]:
        """Warnings and infos, in order of place. Raises InvalidManifest with everything if there are errors."""
        ordered = in_order(self.diagnostics)
        if any(diagnostic.severity == "error" for diagnostic in ordered):
            raise InvalidManifest(ordered)
        return tuple(ordered)
