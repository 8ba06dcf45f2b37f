"""Compares JSON values. In Python, `1 == True`. In JSON, `1` and `true` differ, for example for a schema with `const:
1`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def same(left: Any, right: Any) -> bool:
    """Returns whether `left` and `right` are equal in JSON: true is not a number, but 1 and 1.0 are equal."""
    # This comparison is fast, and decides for most values, which differ or are strings.
    return bool(left == right) and (isinstance(left, str) or _same_kinds(left, right))


def _same_kinds(left: Any, right: Any) -> bool:
    """Returns whether `left` and `right`, which are equal in Python, are also equal in JSON. For example, `1` and
    `True` are equal in Python, but not in JSON.
    """
    if type(left) in (str, int):  # Most values are; for these the tests of abstract classes are slow.
        return type(right) is not bool
    if type(left) is dict or isinstance(left, Mapping):  # The first test is much faster.
        return all(_same_kinds(item, right[key]) for key, item in left.items() if type(item) is not str)
    if isinstance(left, list | tuple):
        return all(map(_same_kinds, left, right))
    return (type(left) is bool) == (type(right) is bool)
