"""Compares two versions of a manifest entry, and returns the edits that change the first version into the second."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from msgspec import Struct

from provisioner.core.equality import same
from provisioner.manifest.parsing.document import Steps
from provisioner.manifest.project_settings.inheritance import FORMS

#: The value of an edit that takes a key or an item away.
REMOVED: Any = object()


class Edit(Struct, frozen=True):
    """One change of a manifest entry. The value at `path` becomes `value`. If `value` is REMOVED, the value at `path`
    is removed.

    If `inserted` is true, `value` becomes a new item of a list instead. The new item is inserted before the item at
    `path`, or at the end of the list if there is no such item.
    """

    path: Steps
    value: Any
    inserted: bool = False


def find_edits(before: Any, after: Any, path: Steps = ()) -> Iterator[Edit]:
    """Yields the edits that change the value `before` into the value `after`. `path` is the path of both values in the
    manifest entry. If an edit's path contains an index, the index counts the items of a list in `before`.
    """
    if same(before, after):
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping) and not _is_other_form(before, after):
        for key in {**before, **after}:
            if key not in after:
                yield Edit((*path, key), REMOVED)
            elif key not in before:
                yield Edit((*path, key), after[key])
            else:
                yield from find_edits(before[key], after[key], (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and before and after:
        yield from _edits_of_list(before, after, path)
    else:
        yield Edit(path, after)


def _is_other_form(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return any(not same(before.get(key), after.get(key)) for key in FORMS)


def _edits_of_list(before: Sequence[Any], after: Sequence[Any], path: Steps) -> Iterator[Edit]:
    matcher = SequenceMatcher(None, list(map(_key, before)), list(map(_key, after)), autojunk=False)
    for action, begin, end, new_begin, new_end in matcher.get_opcodes():
        if action == "equal":
            continue
        paired = min(end - begin, new_end - new_begin)
        for offset in range(paired):
            yield from find_edits(before[begin + offset], after[new_begin + offset], (*path, begin + offset))
        for index in range(begin + paired, end):
            yield Edit((*path, index), REMOVED)
        for index in range(new_begin + paired, new_end):
            yield Edit((*path, end), after[index], inserted=True)


def _key(item: Any) -> str:
    return json.dumps(item, sort_keys=True, ensure_ascii=False, default=str)
