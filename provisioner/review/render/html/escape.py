"""Escapes texts that come from outside of provision, before they become a part of an HTML page."""

from __future__ import annotations

import html
import re

from provisioner.core.text.safetext import COMMAND
from provisioner.core.text.visible import make_visible

SPECIAL = re.compile("[&<>\"']")


def escape(text: str) -> str:
    """Returns the text escaped for the content of an HTML element or for a quoted attribute. Markup, invisible
    characters and commands to CI runners have no effect in the result.
    """
    shown = make_visible(text)
    shown = html.escape(shown, quote=True) if SPECIAL.search(shown) else shown
    return COMMAND.sub(lambda found: f"{found[1] or ''}&#{ord(found[0][-1])};", shown)
