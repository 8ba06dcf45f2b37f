"""Finds fields of tools that are newer than this version. A manifest has them under `extra:`, and they are sent
unchanged on every target.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from provisioner.core.kinds.tool import TYPES

#: The API's names of fields that have other names in manifests.
RENAMED = {"vector_stores": "vector_store_ids"}


@cache
def fields_of(type_: str) -> frozenset[str]:
    """Returns the names of all fields of this type of tool that this version knows, as the API names them."""
    names = {info.alias or name for name, info in TYPES[type_].model_fields.items()} - {"extra"}
    return frozenset(RENAMED.get(name, name) for name in names)


def newer_than_known(tool: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the fields of a tool that came from its `extra:`. These are the fields that this version does not
    know.
    """
    return {key: value for key, value in tool.items() if key not in fields_of(tool["type"])}
