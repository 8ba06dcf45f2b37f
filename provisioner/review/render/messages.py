"""The lines of a diagnostic, as every renderer for people shows them."""

from __future__ import annotations

from provisioner.core.diagnostic import Diagnostic
from provisioner.core.text.safetext import Lines, split


def message_lines(diagnostic: Diagnostic) -> list[str]:
    """Returns the message and the hint without secrets, on one line, or on several if the message has several."""
    lines = split(diagnostic.message)
    if not diagnostic.hint:
        return lines
    if isinstance(diagnostic.message, Lines):
        return [*lines, *split(diagnostic.hint)]
    return split(diagnostic.text)
