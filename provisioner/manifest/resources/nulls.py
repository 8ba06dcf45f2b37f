"""Removes fields that are null in a manifest."""

from __future__ import annotations

from typing import Any

#: Fields whose content is not changed: null has a meaning in them, or they hold foreign data such as JSON Schemas.
OPAQUE = frozenset({"parameters", "output_schema", "schema", "strict", "request_metadata", "headers"})


def without_nulls(value: Any) -> Any:
    """Returns a value of a manifest without fields that are null, at any depth. Fields with a name in OPAQUE, such as
    `parameters`, are returned unchanged, because null has a meaning in them or they contain foreign data.
    """
    if isinstance(value, dict):
        return {
            key: item if key in OPAQUE else without_nulls(item)
            for key, item in value.items()
            if item is not None or key in OPAQUE
        }
    return [without_nulls(item) for item in value] if isinstance(value, list) else value
