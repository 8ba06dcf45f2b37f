"""Declares the function tools that several assistants use, so that the schemas of these tools are written once."""

from __future__ import annotations

import json
from typing import Any

from provisioner.core.addresskind import ASSISTANT_KIND, TOOL_KIND
from provisioner.core.kinds.tool_types import RESERVED
from provisioner.manifest.writing.names import Names

Sections = dict[str, dict[str, dict[str, Any]]]


def share_tools(sections: Sections, names: Names) -> None:
    """Replaces function tools in assistants by the names of declared tools. A tool is replaced if it occurs more than
    once or is declared already. If it is not declared yet, it is declared under a free name from `names`.
    """
    declared = {_spell(tool): name for name, tool in sections.get(TOOL_KIND.section, {}).items()}
    counted: dict[str, int] = {}
    for _, _, tool in _functions(sections):
        counted[_spell(tool)] = counted.get(_spell(tool), 0) + 1
    for tools, index, tool in list(_functions(sections)):
        spelled = _spell(tool)
        if spelled not in declared and counted[spelled] > 1:
            name = names.choose(TOOL_KIND.section, str(tool["name"]), "tool", reserved=RESERVED, exact=True)
            declared[spelled] = name
            sections.setdefault(TOOL_KIND.section, {})[name] = tool
        if spelled in declared:
            tools[index] = declared[spelled]


def _functions(sections: Sections) -> list[tuple[list[Any], int, dict[str, Any]]]:
    return [
        (entry["tools"], index, tool)
        for entry in sections.get(ASSISTANT_KIND.section, {}).values()
        for index, tool in enumerate(entry.get("tools") or ())
        if isinstance(tool, dict) and tool.get("type") == "function"
    ]


def _spell(tool: dict[str, Any]) -> str:
    return json.dumps(tool, sort_keys=True, ensure_ascii=False, default=str)
