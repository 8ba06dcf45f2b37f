"""Compares an assistant that moves from one API to another, where fields have different names.

Fields that both APIs have are compared. A field of only one API is shown with its own path, unless the other side has
the same value under the same key anywhere, so an edit together with the move is never hidden.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.review.view.difference import ABSENT, Difference, Note, compare, to_plain

#: Fields with the same name on all targets.
ALIKE = ("description", "model", "name", "temperature", "top_p")
#: Tools that one API has in the assistant, and another in its environment.
ELSEWHERE = ("code_interpreter", "shell")
#: The fields of a function itself, independent of the format around it.
OF_FUNCTIONS = ("description", "parameters")
PRESENT = Note("there")


def compare_respelled(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    """Yields the differences of prompt, model and the like, of tools by name, and then of all other fields."""
    yield from compare("instructions", before.get("instructions", ABSENT), after.get("instructions", ABSENT))
    for name in ALIKE:
        if name in before and name in after:
            yield from compare(name, to_plain(before[name]), to_plain(after[name]))
    old, new = _tools(before), _tools(after)
    for label in dict.fromkeys([*old, *new]):
        path = f"tools[{label}]"
        if label in old and label in new:
            yield from compare(path, old[label], new[label])
        else:
            yield Difference(path, PRESENT if label in old else ABSENT, PRESENT if label in new else ABSENT)
    yield from _said_once(before, after)


def _said_once(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    """Yields the values that only one side has, under any path, with the same key."""
    sides = [list(_leaves("", to_plain(_rest(side, other)))) for side, other in ((before, after), (after, before))]
    counts = [Counter((key, _spell(value)) for _, key, value in side) for side in sides]
    for path, key, value in sides[0]:
        if _is_left(counts[1], (key, _spell(value))):
            yield from compare(path, value, ABSENT)
    for path, key, value in sides[1]:
        if _is_left(counts[0], (key, _spell(value))):
            yield from compare(path, ABSENT, value)


def _is_left(others: Counter[tuple[str, str]], found: tuple[str, str]) -> bool:
    """Returns whether the other side has no such value left that matches this one."""
    others[found] -= 1
    return others[found] < 0


def _rest(side: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the fields that are not compared as a whole."""
    compared = {"instructions", *(name for name in ALIKE if name in side and name in other)}
    return {name: value for name, value in side.items() if name not in compared}


def _leaves(path: str, value: Any, key: str = "") -> Iterator[tuple[str, str, Any]]:
    """Yields the inner values, by path and nearest key. What `_tools` compares in functions is left out."""
    if isinstance(value, Mapping) and value:
        compared = OF_FUNCTIONS if "parameters" in value and "name" in value else ()
        for name in sorted(value, key=str):
            if name not in compared:
                yield from _leaves(f"{path}.{name}" if path else str(name), value[name], str(name))
    elif isinstance(value, list) and value:
        for number, item in enumerate(value):
            yield from _leaves(f"{path}[{number}]", item, key)
    elif value not in ({}, [], None):
        yield path, key, value


def _spell(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _tools(fields: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Returns the tools by type and name, with the fields that can be compared."""
    found: dict[str, dict[str, Any]] = {}
    for tool in fields.get("tools") or ():
        kind = str(tool.get("type"))
        inner = tool.get(kind) if isinstance(tool.get(kind), Mapping) else tool
        name = inner.get("name") or inner.get("server_label")
        if kind not in ELSEWHERE:
            said = {key: to_plain(inner[key]) for key in OF_FUNCTIONS if key in inner} if kind == "function" else {}
            found[f"{kind} {name}" if name else kind] = said
    return found
