"""Splits a diagnostic into the lines that all output formats for people show."""

from __future__ import annotations

from provisioner.core.diagnostic import Diagnostic
from provisioner.core.text.safetext import Lines, split


def message_lines(diagnostic: Diagnostic) -> list[str]:
    """Returns the message and the hint of a diagnostic as lines, without secrets. The result has one line, or several
    if the message has several lines.
    """
    lines = split(diagnostic.message)
    if not diagnostic.hint:
        return lines
    if isinstance(diagnostic.message, Lines):
        return [*lines, *split(diagnostic.hint)]
    return split(diagnostic.text)
