"""Finds fields of tools that are newer than this version of provision. A manifest contains such fields under `extra:`.
All targets send such fields unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

#: The API's names of fields that have other names in manifests, by the name in manifests.
RENAMED = {"vector_stores": "vector_store_ids"}


@cache
def fields_of(type_: str) -> frozenset[str]:
    """Returns the names of all fields that this version of provision knows for tools of the type `type_`. The returned
    names are those in the API.
    """
    from provisioner.core.kinds.tool import TYPES

    names = {info.alias or name for name, info in TYPES[type_].model_fields.items()} - {"extra"}
    return frozenset(RENAMED.get(name, name) for name in names)


def newer_than_known(tool: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the fields of a tool that this version of provision does not know, with their values. In the manifest,
    these fields are under the tool's `extra:`.
    """
    return {key: value for key, value in tool.items() if key not in fields_of(tool["type"])}
