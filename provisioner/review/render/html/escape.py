"""Escapes every text from outside before it becomes part of a page."""

from __future__ import annotations

import html
import re

from provisioner.core.text.safetext import COMMAND
from provisioner.core.text.visible import make_visible

SPECIAL = re.compile("[&<>\"']")


def escape(text: str) -> str:
    """Returns the text for an element or a quoted attribute, without markup, hidden characters and commands to
    runners.
    """
    shown = make_visible(text)
    shown = html.escape(shown, quote=True) if SPECIAL.search(shown) else shown
    return COMMAND.sub(lambda found: f"{found[1] or ''}&#{ord(found[0][-1])};", shown)
