"""Places in files, and what there is to say about them. Plain text and numbers; imports nothing of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "blocked", "warning", "info"]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a manifest: `file` is relative to the working folder, line and column start at 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing to tell the reader: what is wrong and what to do.

    `error` ends the run with 1, `blocked` with 3 (a guard stands in the way), both before any write;
    `warning` and `info` are only shown. `rule` names the rule of `provision lint` that it is a finding of, where it
    has one of its own.
    """

    severity: Severity
    message: str
    place: Place | None = None
    address: str | None = None
    rule: str | None = None

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


def in_order(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """Diagnostics by place (file, line, column), those without one last; equal ones said once."""
    unique = dict.fromkeys(diagnostics)
    return sorted(unique, key=lambda d: (d.place is None, d.place or Place(""), d.message))
