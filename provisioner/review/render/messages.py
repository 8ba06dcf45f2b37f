"""Splits a diagnostic into lines for all output formats that people read."""

from __future__ import annotations

from provisioner.core.diagnostic import Diagnostic
from provisioner.core.text.safetext import Lines, split


def message_lines(diagnostic: Diagnostic) -> list[str]:
    """Returns the message and the hint of a diagnostic as lines, without secrets. Only a message of the type Lines
    becomes several lines in the result; any other message, with its hint, becomes one line.
    """
    lines = split(diagnostic.message)
    if not diagnostic.hint:
        return lines
    if isinstance(diagnostic.message, Lines):
        return [*lines, *split(diagnostic.hint)]
    return split(diagnostic.text)
