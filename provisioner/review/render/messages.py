"""The lines of a diagnostic, as every renderer for people shows them."""

from __future__ import annotations

from provisioner.core.diagnostic import Diagnostic
from provisioner.core.text.safetext import Lines, split


def message_lines(diagnostic: Diagnostic) -> list[str]:
    """What is wrong and what to do, without secrets: one line, or several where the message has several."""
    lines = split(diagnostic.message)
    if not diagnostic.hint:
        return lines
    if isinstance(diagnostic.message, Lines):
        return [*lines, *split(diagnostic.hint)]
    return split(diagnostic.text)
