"""Reads JSON as a stream of values, so that a dump of hundreds of megabytes takes little memory.

Each item of a list at the top is a value of its own. If the top is an object, each item of the lists in LISTS is a
value of its own. LISTS contains, for example, `data` of a page, `resources` of Terraform, and `cells` of a notebook.
Several values may follow each other, as in JSON Lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provisioner.core.errors import UsageError
from provisioner.manifest.limits import ALL_VALUES
from provisioner.manifest.migration.decoding import Utf8Stream

#: Lists in an object at the top whose items are values of their own.
LISTS = frozenset(
    {"data", "resources", "cells", "assistants", "vector_stores", "agents", "items", "objects", "results"}
)
OPENING = frozenset({"start_map", "start_array"})
CLOSING = frozenset({"end_map", "end_array"})


#: The most levels of lists and objects in one value.
DEEPEST = 200


class BrokenJson(Exception):
    """Raised if a text is not JSON, is cut off, or exceeds a limit. `is_cut` is true if the text ends in the middle of
    a value. `is_limit` is true if the text is JSON that exceeds a limit.
    """

    def __init__(self, message: str, *, is_cut: bool, is_limit: bool = False) -> None:
        super().__init__(message)
        self.is_cut = is_cut
        self.is_limit = is_limit


def stream_values(stream: Utf8Stream) -> Iterator[tuple[bool, Any]]:
    """Yields a pair for each value in the stream: whether the value is an item of a list, and the value. If the JSON is
    a list, or an object with one of the lists in LISTS (such as `data`), each item of this list is yielded separately.
    The whole list or object is yielded after its items, and contains an empty list in place of the items.

    Raises BrokenJson if the stream is not JSON or exceeds a limit, and Undecodable if its encoding is not supported.
    Raises UsageError if the package `ijson` is not installed.
    """
    try:
        import ijson
    except ImportError as error:
        raise UsageError(
            "reading JSON needs the package `ijson`, which is not installed",
            hint='install it: pip install "provision-openai[migrate]"',
        ) from error
    try:
        yield from _values(ijson, ijson.parse(stream, multiple_values=True, use_float=True))
    except (ijson.JSONError, RecursionError) as error:
        reason = str(error).strip().splitlines()[0].removeprefix("parse error: ").removeprefix("lexical error: ")
        raise BrokenJson(reason, is_cut="premature EOF" in reason or "ncomplete" in reason) from error


def _values(ijson: Any, events: Any) -> Iterator[tuple[bool, Any]]:
    item, whole = None, ijson.ObjectBuilder()
    item_depth = whole_depth = count = 0
    for prefix, event, value in events:
        step = (event in OPENING) - (event in CLOSING)
        if item_depth + whole_depth > DEEPEST:
            message = f"its values are more than {DEEPEST} levels deep; take out what is no configuration"
            raise BrokenJson(message, is_cut=False, is_limit=True)
        if item is None and whole_depth and _is_item(prefix) and event not in CLOSING and event != "map_key":
            item = ijson.ObjectBuilder()
        if item is not None:
            item.event(event, value)
            item_depth += step
            if item_depth == 0:
                yield True, item.value
                item = None
            continue
        count += 1
        if count > ALL_VALUES:
            message = f"one object in it has more than {ALL_VALUES:,} values; split it"
            raise BrokenJson(message, is_cut=False, is_limit=True)
        whole.event(event, value)
        whole_depth += step
        if whole_depth == 0:
            yield False, whole.value
            whole, count = ijson.ObjectBuilder(), 0


def _is_item(prefix: str) -> bool:
    owner, _, last = prefix.rpartition(".")
    return last == "item" and (owner == "" or owner in LISTS)
