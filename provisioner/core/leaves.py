"""Finds the values inside nested mappings and lists, at any depth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def leaves(value: Any) -> Iterator[Any]:
    """Yields every value inside `value` that is neither a mapping nor a list, depth first. Keys of mappings are not
    yielded.

    The function is recursive. It cannot exceed Python's recursion limit, because the code that reads responses and
    manifests limits the depth of nesting.
    """
    if isinstance(value, str):  # Most values are strings, and for these the other two tests are slow.
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from leaves(item)
    else:
        yield value
