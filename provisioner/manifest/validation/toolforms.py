"""Shows the shortest valid way to write a tool of each type. An advice has the whole tool, which can be copied."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

#: The required fields of a tool, with a placeholder for an advice. Other types need only `type`.
NEEDED: Mapping[str, Mapping[str, str]] = {
    "computer_use_preview": {"display_width": "1024", "display_height": "768", "environment": "browser"},
    "custom": {"name": "NAME"},
    "file_search": {"vector_stores": "[NAME]"},
    "function": {"name": "NAME", "parameters": "{type: object, properties: {}}"},
    "mcp": {"server_label": "NAME", "server_url": "https://…"},
    "namespace": {"name": "NAME", "description": "TEXT", "tools": "[…]"},
}
#: An MCP tool needs one of these, which names its server.
SERVERS = ("server_url", "connector_id", "tunnel_id")
#: Fields that are not required but usual. Advice shows them if no other field of the tool is known.
USUAL = ("parameters",)
#: The most fields in an advice.
MOST = 6


def tool_form(kind: str, given: Iterable[Any] = ()) -> str:
    """Returns the shortest valid way to write a tool of the type `kind`, in backquotes. `given` are fields that the
    user has written already; they are shown, too.
    """
    names = [str(name) for name in given if re.fullmatch(r"\w{1,40}", str(name)) and name != "type"][:MOST]
    needed = {
        name: placeholder
        for name, placeholder in NEEDED.get(kind, {}).items()
        if not (name in SERVERS and set(SERVERS) & set(names)) and not (name in USUAL and names)
    }
    shown = {**needed, **dict.fromkeys(names, "…")}
    return f"`{{type: {kind}{''.join(f', {name}: {value}' for name, value in shown.items())}}}`"


def needs_more(kind: str) -> bool:
    """Returns whether a tool of the type `kind` needs fields besides `type`. A file search does not, because threads
    may have vector stores.
    """
    return kind in NEEDED and kind != "file_search"
