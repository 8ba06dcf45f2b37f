"""Finds descriptions of functions that are longer than the API accepts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from provisioner.core.catalog import FUNCTION_DESCRIPTION
from provisioner.core.diagnostic import Severity
from provisioner.core.resource import Problem
from provisioner.openai_api.targets.target import Path


def find_long_descriptions(fields: Mapping[str, Any], severity: Severity = "warning") -> Iterator[Problem]:
    """Yields a problem with the severity `severity` for each function whose description has more than
    FUNCTION_DESCRIPTION characters. `fields` are the fields of an assistant. Functions inside namespaces are checked
    too.

    Users have reported that Chat Completions and the Assistants API refuse such descriptions. For other APIs, this is
    not known.
    """
    refused = "are refused" if severity == "error" else "are refused by some of OpenAI's APIs"
    for path, tool in _functions(fields.get("tools") or (), ("tools",)):
        length = len(tool.get("description") or "")
        if length > FUNCTION_DESCRIPTION:
            message = (
                f"the description of function `{tool['name']}` is {length:,} characters long, and more than "
                f"{FUNCTION_DESCRIPTION:,} {refused}; shorten it, or move details to its properties' descriptions"
            )
            yield Problem((*path, "description"), message, severity)


def _functions(tools: Iterable[Mapping[str, Any]], path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    for index, tool in enumerate(tools):
        if tool["type"] == "function":
            yield (*path, index), tool
        elif tool["type"] == "namespace":
            yield from _functions(tool.get("tools") or (), (*path, index, "tools"))
