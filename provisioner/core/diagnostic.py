"""Defines messages for the user, and the places in files to which the messages refer. This module imports no other
module of the package.
"""

from __future__ import annotations

from typing import Literal, get_args

from msgspec import Struct

Severity = Literal["error", "blocked", "warning", "info"]
#: The severities, from the most to the least serious.
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


class Place(Struct, frozen=True, order=True):
    """A position in a manifest: `file` is relative to the working folder, line and column start at 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Diagnostic(Struct, frozen=True):
    """A message for the user: what is wrong and what to do.

    A diagnostic of severity `error` ends the run with exit code 1. A diagnostic of severity `blocked` ends the run with
    exit code 3, because a guard (a safety check) blocks the run. If a plan contains one of them, nothing is written.
    `warning` and `info` are only displayed. `rule` is the name of the rule of `provision lint` that found the problem,
    if a rule did. `hint` says what to do next if the message of an error does not say that. If the API sent a response,
    `status` is the HTTP status and `code` is OpenAI's error code.
    """

    severity: Severity
    message: str
    place: Place | None = None
    address: str | None = None
    rule: str | None = None
    hint: str | None = None
    status: int | None = None
    code: str | None = None

    @property
    def text(self) -> str:
        """The message, with the hint if there is one."""
        return f"{self.message}; {self.hint}" if self.hint else self.message

    def __str__(self) -> str:
        return f"{self.place}: {self.text}" if self.place else self.text


def in_order(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """Returns the diagnostics sorted by place (file, line, column), without duplicates. Diagnostics without a place are
    last.
    """
    unique = dict.fromkeys(diagnostics)
    return sorted(unique, key=lambda d: (d.place is None, d.place or Place(""), d.message))
