"""The lines of a diagnostic, as they are shown in all output formats for people."""

from __future__ import annotations

from provisioner.core.diagnostic import Diagnostic
from provisioner.core.text.safetext import Lines, split


def message_lines(diagnostic: Diagnostic) -> list[str]:
    """Returns the message and the hint of a diagnostic, without secrets. It is one line, or several if the message has
    several.
    """
    lines = split(diagnostic.message)
    if not diagnostic.hint:
        return lines
    if isinstance(diagnostic.message, Lines):
        return [*lines, *split(diagnostic.hint)]
    return split(diagnostic.text)
