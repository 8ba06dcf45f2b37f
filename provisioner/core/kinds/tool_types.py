"""Contains the types of tools, for code that does not need the pydantic models."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_OTHER_NAMES = {"web_search_2025_08_26": "web_search", "web_search_preview_2025_03_11": "web_search_preview"}
#: The types of tools, each with the first name of the same type. For example, `web_search_2025_08_26` is a name of the
#: type `web_search`.
FIRST_NAMES: Mapping[str, str] = MappingProxyType(
    {
        name: _OTHER_NAMES.get(name, name)
        for name in (
            "function",
            "custom",
            "namespace",
            "file_search",
            "code_interpreter",
            "web_search",
            "web_search_2025_08_26",
            "web_search_preview",
            "web_search_preview_2025_03_11",
            "mcp",
            "image_generation",
            "shell",
            "local_shell",
            "computer",
            "computer_use_preview",
            "tool_search",
            "programmatic_tool_calling",
            "apply_patch",
            "computer_use",
            "automations",
        )
    }
)
#: Names that no declared tool may have, because a tool without settings is written as its type.
RESERVED = frozenset(FIRST_NAMES)
