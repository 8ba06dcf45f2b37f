"""Finds the values inside nested mappings and lists, at any depth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def leaves(value: Any) -> Iterator[Any]:
    """Yields every value inside `value` that is neither a mapping nor a list, depth first. Keys of mappings are not
    yielded.

    The function is not recursive, because each level of nested generators would make each value slower.
    """
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):  # Most values are strings, and for these the other two tests are slow.
            yield each
        elif type(each) is dict or isinstance(each, Mapping):  # The first test is much faster.
            waiting += [*each.values()][::-1]
        elif isinstance(each, list | tuple):
            waiting += each[::-1]
        else:
            yield each
