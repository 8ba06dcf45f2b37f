"""Compares the fields of an assistant before and after it moves to another API, in which some fields have other names.

Two values are compared if they have the same place. A place is the path of a value, with names that do not depend on
the API. Two tools have the same place if they have the same type and name. If a value has no equal value at the same
place in the other API, it is shown as removed or added, with its path in its own API. So every edit that is made
together with the move is shown, even if two tools only exchange their values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from provisioner.review.view.alignment import spell
from provisioner.review.view.difference import ABSENT, Difference, Note, compare, to_plain

#: The fields that have the same name in all APIs.
ALIKE = ("description", "model", "name", "temperature", "top_p")
#: The tools that one API has in the assistant, and another API in the assistant's environment.
ELSEWHERE = ("code_interpreter", "shell")
#: The fields of a function itself. They have the same names in all APIs.
OF_FUNCTIONS = ("description", "parameters")
#: For each type of a tool, the key of a nested mapping. One API has fields of the tool in this mapping, and another API
#: has them in the tool itself.
NESTED = {
    "code_interpreter": "container",
    "file_search": "file_search",
    "function": "function",
    "mcp": "transport",
    "web_search": "filters",
}
#: Other paths that the APIs name differently, each with the path that is used for comparing.
PLACES: dict[tuple[str | int, ...], tuple[str | int, ...]] = {
    ("text", "format"): ("response_format",),
    ("response_format", "json_schema"): ("response_format",),
}
#: Fields of tools that the APIs name differently, by the tool's type and the field. The value is the name that is used
#: for comparing.
RENAMED = {("web_search", "user_location"): "location"}
#: The largest depth at which null is equal to a missing value, because the APIs have defaults for these fields. Deeper,
#: for example in a schema, null is a value.
NULLABLE = 2
PRESENT = Note("there")

#: What identifies a tool: its type, its name, and the number of earlier tools with the same type and name.
Owner = tuple[str, str, int]
#: The tool that contains a value (None if the value is outside of tools), and the path of the value in the tool, in
#: names that do not depend on the API.
Place = tuple[Owner | None, tuple[str | int, ...]]


class _Leaf(Struct, frozen=True):
    """A value of an assistant, before or after the assistant moves to another API. `path` is the path of the value in
    its own API. `place` is the same path, with names that do not depend on the API.
    """

    path: str
    place: Place
    value: Any

    def is_nothing(self) -> bool:
        """Returns whether this value means the same as no value, for example null in a field that has a default."""
        owner, keys = self.place
        if self.value is None:
            return len(keys) <= NULLABLE
        is_empty = isinstance(self.value, Mapping | list) and not self.value
        return is_empty and ((owner is None and len(keys) == 1) or self.path.startswith("tool_resources."))


def compare_respelled(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    """Yields the differences between the fields of an assistant before and after it moves to another API. First come
    the instructions and other fields with the same name in all APIs, then the tools, then all other fields.
    """
    yield from compare("instructions", before.get("instructions", ABSENT), after.get("instructions", ABSENT))
    for name in ALIKE:
        if name in before and name in after:
            yield from compare(name, to_plain(before[name]), to_plain(after[name]))
    old, new = _tools(before), _tools(after)
    yield from _compare_tools(old, new)
    yield from _one_sided(_rest(before, after), _rest(after, before), shared={owner for owner in old if owner in new})


def _compare_tools(old: Mapping[Owner, Any], new: Mapping[Owner, Any]) -> Iterator[Difference]:
    """Yields the differences between the tools of an assistant before and after it moves to another API. There is one
    difference for each added or removed tool, and one if the order of the tools has changed. If a function exists in
    both APIs, its description and its parameters are compared. The code interpreter and the shell are left out, because
    one API has them in the environment of the assistant.
    """
    compared = [[owner for owner in side if owner[0] not in ELSEWHERE] for side in (old, new)]
    kept = [[_label(owner) for owner in side if owner in old and owner in new] for side in compared]
    if kept[0] != kept[1]:
        yield Difference("tools (order)", kept[0], kept[1])
    for owner in dict.fromkeys([*compared[0], *compared[1]]):
        path = f"tools[{_label(owner)}]"
        if owner in old and owner in new:
            yield from compare(path, _of_function(owner, old[owner]), _of_function(owner, new[owner]))
        else:
            yield Difference(path, PRESENT if owner in old else ABSENT, PRESENT if owner in new else ABSENT)


def _one_sided(before: Mapping[str, Any], after: Mapping[str, Any], *, shared: set[Owner]) -> Iterator[Difference]:
    """Yields a difference for each value that has no equal value at the same place on the other side. A place is the
    path of a value, with names that do not depend on the API. A value in `before` is shown as removed, and a value in
    `after` as added. `shared` are the tools that both sides have; `_compare_tools` compares some of their fields.
    """
    sides = [_by_place(_leaves(side, shared)) for side in (before, after)]
    spelled = [{place: spell(leaf.value) for place, leaf in side.items()} for side in sides]
    for place, leaf in sides[0].items():
        if spelled[1].get(place) != spelled[0][place]:
            yield from compare(leaf.path, leaf.value, ABSENT)
    for place, leaf in sides[1].items():
        if spelled[0].get(place) != spelled[1][place]:
            yield from compare(leaf.path, ABSENT, leaf.value)


def _by_place(leaves: Iterator[_Leaf]) -> dict[Place, _Leaf]:
    """Returns the values, keyed by their places. A place is the path of a value, with names that do not depend on the
    API. If two values have the same place, the second one gets a new place, so that no value is lost.
    """
    found: dict[Place, _Leaf] = {}
    for leaf in leaves:
        owner, keys = leaf.place
        while (owner, keys) in found:
            keys = (*keys, leaf.path)
        found[owner, keys] = leaf
    return found


def _rest(side: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the fields of `side` that `compare_respelled` does not compare directly. It compares the instructions
    directly, and also each field in ALIKE that both `side` and `other` have.
    """
    compared = {"instructions", *(name for name in ALIKE if name in side and name in other)}
    return {name: to_plain(value) for name, value in side.items() if name not in compared}


def _leaves(fields: Mapping[str, Any], shared: set[Owner]) -> Iterator[_Leaf]:
    """Yields all values of an assistant. The description and the parameters of a function in `shared` are left out,
    because `_compare_tools` compares them. `shared` are the tools that exist on both APIs.
    """
    found: list[Iterator[_Leaf]] = []
    for name in sorted(fields):
        value = fields[name]
        if name == "tools" and isinstance(value, list) and value:
            for number, (owner, tool) in enumerate(_tools(fields).items()):
                found.append(_leaves_of_tool(f"tools[{number}]", owner, tool, shared))
        elif name == "tool_resources" and isinstance(value, Mapping):
            for kind in sorted(value):
                found.append(_walk(f"tool_resources.{kind}", ((kind, "", 0), ()), value[kind]))
        elif name == "extra_body" and isinstance(value, Mapping):
            for key in sorted(value):
                keys = (name, key) if key in fields else (key,)
                found.append(_walk(f"{name}.{key}", (None, keys), value[key]))
        else:
            found.append(_walk(name, (None, (name,)), value))
    for each in found:
        yield from (leaf for leaf in each if not leaf.is_nothing())


def _leaves_of_tool(path: str, owner: Owner, tool: Mapping[str, Any], shared: set[Owner]) -> Iterator[_Leaf]:
    """Yields all values of a tool. `path` is the path of the tool, and `owner` identifies the tool by its type and
    name. Some APIs put the fields of a tool into a nested mapping; the places of the values are the same for all APIs.
    If the tool is a function in `shared`, its description and its parameters are left out.
    """
    nested = NESTED.get(owner[0])
    is_compared = owner[0] == "function" and owner in shared
    inner = _inner(owner, tool)
    for key in sorted(tool, key=str):
        value = tool[key]
        if key != nested or not isinstance(value, Mapping) or not value:
            if not (is_compared and inner is tool and key in OF_FUNCTIONS):
                known = RENAMED.get((owner[0], key), key)
                yield from _walk(f"{path}.{key}", (owner, (key if known in tool else known,)), value)
            continue
        for name in sorted(value, key=str):
            if not (is_compared and inner is value and name in OF_FUNCTIONS):
                keys = (key, name) if name in tool else (name,)
                yield from _walk(f"{path}.{key}.{name}", (owner, keys), value[name])


def _walk(path: str, place: Place, value: Any) -> Iterator[_Leaf]:
    """Yields all values inside `value`, with their paths and places. A place is a path with names that do not depend on
    the API. `path` and `place` are the path and the place of `value`. An empty list or mapping is yielded as one value.
    """
    owner, keys = place
    if owner is None:
        keys = PLACES.get(keys, keys)
    if isinstance(value, Mapping) and value:
        for key in sorted(value, key=str):
            yield from _walk(f"{path}.{key}", (owner, (*keys, str(key))), value[key])
    elif isinstance(value, list) and value:
        for number, item in enumerate(value):
            yield from _walk(f"{path}[{number}]", (owner, (*keys, number)), item)
    else:
        yield _Leaf(path, (owner, keys), value)


def _tools(fields: Mapping[str, Any]) -> dict[Owner, dict[str, Any]]:
    """Returns the tools of an assistant. The key of each tool is made from its type, its name, and the number of
    earlier tools with the same type and name.
    """
    found: dict[Owner, dict[str, Any]] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for each in fields.get("tools") or ():
        tool = to_plain(each)
        kind = str(tool.get("type"))
        inner = tool.get(kind) if isinstance(tool.get(kind), Mapping) else tool
        name = str(inner.get("name") or inner.get("server_label") or "")
        found[kind, name, counts[kind, name]] = tool
        counts[kind, name] += 1
    return found


def _inner(owner: Owner, tool: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the mapping that contains the fields of a tool. It is `tool` itself, or a nested mapping whose key is the
    type of the tool. `owner` contains the type of the tool.
    """
    inner = tool.get(owner[0])
    return inner if isinstance(inner, Mapping) else tool


def _of_function(owner: Owner, tool: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the description and the parameters of a function, which have the same names in all APIs. `tool` is the
    tool, and `owner` contains its type; if the type is not `function`, the result is empty.
    """
    inner = _inner(owner, tool)
    return {key: inner[key] for key in OF_FUNCTIONS if key in inner} if owner[0] == "function" else {}


def _label(owner: Owner) -> str:
    kind, name, number = owner
    label = f"{kind} {name}" if name else kind
    return f"{label} ({number + 1})" if number else label
