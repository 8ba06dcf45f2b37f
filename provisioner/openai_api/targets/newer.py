"""Fields of tools that are newer than this tool: what stands under `extra:` is sent as it is, on every target."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from provisioner.core.kinds.tool import TYPES

#: The API's names of fields that are called otherwise in manifests.
RENAMED = {"vector_stores": "vector_store_ids"}


@cache
def fields_of(type_: str) -> frozenset[str]:
    """The names, as the API spells them, of all fields of a tool that this tool knows."""
    names = {info.alias or name for name, info in TYPES[type_].model_fields.items()} - {"extra"}
    return frozenset(RENAMED.get(name, name) for name in names)


def newer_than_known(tool: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a tool that came from its `extra:`, which names no known field."""
    return {key: value for key, value in tool.items() if key not in fields_of(tool["type"])}
