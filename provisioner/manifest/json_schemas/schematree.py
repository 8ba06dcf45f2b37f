"""Reads a JSON Schema as a tree of schemas. This module decides which values inside of a schema are schemas
themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

from provisioner.core.diagnostic import Severity
from provisioner.manifest.parsing.document import Steps

#: Keywords that contain one schema (SINGLE), a list of schemas (LISTED), or schemas by name (NAMED).
SINGLE = (
    "items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames", "unevaluatedItems",
    "unevaluatedProperties", "contentSchema",
)  # fmt: skip
LISTED = ("anyOf", "oneOf", "allOf", "prefixItems")
NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
#: Keywords that apply several schemas to one value, or a schema to a value that another keyword describes.
APPLIED = ("anyOf", "oneOf", "allOf", "not", "if", "then", "else", "dependentSchemas")


class Flaw(NamedTuple):
    """A problem in a JSON Schema: its path in the schema, a message that says what is wrong and what to do, and its
    severity.
    """

    path: Steps
    message: str
    severity: Severity = "error"


class Node(NamedTuple):
    """A schema inside another schema, at the path `path`. `value` is the schema itself: a mapping, or true or false.

    `keyword` is the keyword that contains this schema (`properties`, `items`, …). It is empty for the outermost schema.
    `level` is the number of object schemas that contain this schema. In a definition, only the object schemas inside
    the definition count.
    """

    path: Steps
    value: Any
    keyword: str = ""
    level: int = 0

    @property
    def fields(self) -> dict[str, Any]:
        """The keywords of this schema with their values. The result is empty for a schema that is true or false."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def types(self) -> list[str]:
        """The types that the keyword `type` of this schema allows. The list is empty if the schema has no `type`."""
        written = self.fields.get("type")
        return written if isinstance(written, list) else [] if written is None else [written]

    @property
    def is_object(self) -> bool:
        """Whether this schema describes an object: its type is `object`, or it contains `properties`."""
        return "object" in self.types or isinstance(self.fields.get("properties"), dict)


def nodes(schema: dict[str, Any]) -> Iterator[Node]:
    """Yields a valid schema and every schema inside it, in the order of the schema's text."""
    ahead = [Node((), schema)]
    while ahead:
        node = ahead.pop()
        yield node
        ahead += reversed(list(_inside(node)))


def _inside(node: Node) -> Iterator[Node]:
    level = node.level + node.is_object
    for key, value in node.fields.items():
        if key in SINGLE and isinstance(value, dict | bool):
            yield Node((*node.path, key), value, key, level)
        elif key in LISTED and isinstance(value, list):
            for index, item in enumerate(value):
                yield Node((*node.path, key, index), item, key, level)
        elif key in NAMED and isinstance(value, dict):
            # Objects around a definition do not count, because references lead to it directly.
            depth = 0 if key in ("$defs", "definitions") else level
            for name, item in value.items():
                yield Node((*node.path, key, name), item, key, depth)


def resolve(schema: dict[str, Any], reference: str) -> Any:
    """Returns the schema inside `schema` to which a `$ref` such as `#/$defs/hero` leads. Returns None if the reference
    leads to no schema.
    """
    if reference == "#":
        return schema
    if not reference.startswith("#/"):
        return None
    found: Any = schema
    for step in unquote(reference[2:]).split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isdecimal() and name.isascii() and int(name[:9]) < len(found):
            found = found[int(name[:9])]
        else:
            return None
    return found if isinstance(found, dict | bool) else None
