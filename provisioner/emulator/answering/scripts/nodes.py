"""Reads a YAML script as nodes with a line and a column. A scalar is a string, except a number, true, false or null
that is written as in JSON without quotes. An empty scalar and `~` are null.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

from provisioner.core.errors import UsageError

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
HINT = "docs/emulator.md describes the rules"
#: The deepest nesting of values, so that reading ends for a script that refers to itself.
DEEPEST = 40
#: The most values of a script, where an alias counts as often as it is written.
MOST_VALUES = 200_000


class Place(Struct, frozen=True):
    """Contains a node of a YAML script, and the path of the script."""

    path: Path
    node: yaml.Node

    def error(self, message: str) -> UsageError:
        """Returns a UsageError with this message, and with the file, line and column of this node."""
        mark = self.node.start_mark
        return UsageError(f"{self.path}:{mark.line + 1}:{mark.column + 1}: {message}", hint=HINT)

    def entries(self, *allowed: str) -> dict[str, Place]:
        """Returns the entries of this node, keyed by name. `allowed` are the allowed names; if it is empty, all names
        are allowed.

        Raises UsageError if the node is not a mapping, or if a key is repeated or not allowed.
        """
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error("a mapping is expected here")
        found: dict[str, Place] = {}
        for key, value in self.node.value:
            place, name = Place(self.path, key), str(getattr(key, "value", ""))
            if not isinstance(key, yaml.ScalarNode) or (allowed and name not in allowed):
                raise place.error(f"`{name}` is not known here; known are: {', '.join(allowed)}")
            if name in found:
                raise place.error(f"`{name}` occurs twice")
            found[name] = Place(self.path, value)
        return found

    def items(self) -> Iterator[Place]:
        """Yields the items of this node. Raises UsageError if the node is not a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error("a list is expected here")
        return (Place(self.path, node) for node in self.node.value)

    def items_or_one(self) -> Iterator[Place]:
        """Yields the items of this node if it is a list. Otherwise yields the node itself."""
        return self.items() if isinstance(self.node, yaml.SequenceNode) else iter((self,))

    def text(self) -> str:
        """Returns the text of this node as it is written. Raises UsageError if the node is not a scalar."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.error("a text is expected here")
        return str(self.node.value)

    def flag(self) -> bool:
        """Returns the value of this node, true or false. Raises UsageError if the node has any other value."""
        value = self.value()
        if not isinstance(value, bool):
            raise self.error("true or false is expected here")
        return value

    def number(self, low: float, high: float) -> float:
        """Returns the value of this node, a number from `low` to `high`. Raises UsageError if the node is not such a
        number.
        """
        value = self.value()
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self.error(f"a number from {low:g} to {high:g} is expected here")
        return value

    def value(self, depth: int = 0) -> Any:
        """Returns the value of this node as JSON data. Raises UsageError if the node is nested too deeply. `depth` is
        the level of this node, from 0.
        """
        if depth > DEEPEST:
            raise self.error("this value is nested too deeply")
        if isinstance(self.node, yaml.MappingNode):
            return {name: place.value(depth + 1) for name, place in self.entries().items()}
        if isinstance(self.node, yaml.SequenceNode):
            return [place.value(depth + 1) for place in self.items()]
        text = self.text()
        return text if getattr(self.node, "style", None) in ("'", '"', "|", ">") else _plain(text)


def _plain(text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None if text in ("", "~") else text
    return text if isinstance(value, str | list | dict) else value


def read_root(path: Path, content: str) -> Place:
    """Returns the root node of the YAML text `content`. Raises UsageError if the text cannot be parsed or is empty, has
    too many values, or is nested too deeply.
    """
    try:
        node = yaml.compose(content, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise UsageError(f"{path}{place}: this is no valid YAML: {error.problem}", hint=HINT) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise UsageError(f"{path}: this is no valid YAML: {error}", hint=HINT) from error
    if node is None:
        raise UsageError(f"{path}: the script has no rules", hint=HINT)
    root = Place(path, node)
    if _count(root, {}, 0) > MOST_VALUES:
        message = f"{path}: the script has more than {MOST_VALUES:,} values; use fewer rules and aliases"
        raise UsageError(message, hint=HINT)
    return root


def _count(place: Place, counts: dict[int, int], depth: int) -> int:
    """Returns the number of values in the node `place`, including the values of its aliases. `counts` maps the identity
    (`id()`) of each counted node to its number of values. `depth` is the level of the node. Raises UsageError if the
    node is nested too deeply.
    """
    node = place.node
    if id(node) not in counts:
        if depth > 2 * DEEPEST:
            raise place.error("this value is nested too deeply")
        below = [item for pair in node.value for item in pair] if isinstance(node, yaml.MappingNode) else ()
        below = node.value if isinstance(node, yaml.SequenceNode) else below
        counts[id(node)] = 1 + sum(_count(Place(place.path, each), counts, depth + 1) for each in below)
    return counts[id(node)]
