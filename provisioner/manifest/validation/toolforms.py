"""Makes the shortest valid text of a manifest for a tool of each type. Error messages show the whole tool as an
example, so that users can copy it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

#: The required fields of each type of tool, each with a placeholder for an advice. Types that are not listed need only
#: `type`.
NEEDED: Mapping[str, Mapping[str, str]] = {
    "computer_use_preview": {"display_width": "1024", "display_height": "768", "environment": "browser"},
    "custom": {"name": "NAME"},
    "file_search": {"vector_stores": "[NAME]"},
    "function": {"name": "NAME", "parameters": "{type: object, properties: {}}"},
    "mcp": {"server_label": "NAME", "server_url": "https://…"},
    "namespace": {"name": "NAME", "description": "TEXT", "tools": "[…]"},
}
#: The fields that name the server of an MCP tool. Such a tool needs one of them.
SERVERS = ("server_url", "connector_id", "tunnel_id")
#: Fields that are usual but not required. Advice shows them if the user has written no other field of the tool.
USUAL = ("parameters",)
#: The largest number of the user's fields that an advice shows.
MOST = 6


def tool_form(kind: str, given: Iterable[Any] = ()) -> str:
    """Returns the shortest valid text of a tool of the type `kind`, in backquotes. The text also shows the fields that
    the user has already written (`given`).
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
    """Returns whether a tool of the type `kind` needs fields besides `type`. Returns False for `file_search`, because
    threads may provide the vector stores.
    """
    return kind in NEEDED and kind != "file_search"
