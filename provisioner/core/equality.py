"""When two JSON values are the same. To Python `1 == True`; to JSON, and to a schema with `const: 1`, it is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def same(left: Any, right: Any) -> bool:
    """Whether they are the same to JSON: true is no number, but 1 and 1.0 are one."""
    # The quick look first: most values differ, or are texts.
    return bool(left == right) and (isinstance(left, str) or _same_kinds(left, right))


def _same_kinds(left: Any, right: Any) -> bool:
    """Of two values that Python holds equal."""
    if isinstance(left, Mapping):
        return all(_same_kinds(item, right[key]) for key, item in left.items())
    if isinstance(left, list | tuple):
        return all(map(_same_kinds, left, right))
    return isinstance(left, bool) == isinstance(right, bool)
