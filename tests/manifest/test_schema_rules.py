"""OpenAI's rules for schemas: sizes, and what only looks like a fault."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.manifest.json_schemas.schemarules import find_refused
from provisioner.manifest.json_schemas.schemas import flaws
from provisioner.manifest.json_schemas.strictschemas import find_loose
from provisioner.manifest.limits import SCHEMA_FLAWS

Schema = dict[str, Any]


def strict(properties: Schema, **more: Any) -> Schema:
    """A strict object with these properties."""
    body = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    return {**body, **more}


def loose(properties: Schema, **more: Any) -> Schema:
    return {"type": "object", "properties": properties, **more}


def nested(levels: int) -> Schema:
    """Objects inside each other, so many in all."""
    schema = strict({"x": {"type": "string"}})
    for _ in range(levels - 1):
        schema = strict({"x": schema})
    return schema


def texts(count: int, length: int) -> list[str]:
    return [f"{number:0{length}}" for number in range(count)]


SIZES = {
    "levels": (nested(10), nested(11), "11 levels"),
    "levels in lists": (
        strict({"x": {"type": "array", "items": nested(9)}}),
        strict({"x": {"type": "array", "items": {"anyOf": [nested(10)]}}}),
        "11 levels",
    ),
    "properties": (
        strict({f"p{number}": {"type": "string"} for number in range(5_000)}),
        strict({f"p{number}": {"type": "string"} for number in range(5_001)}),
        "5,001 properties",
    ),
    "values": (
        strict({"x": {"type": "string", "enum": texts(1_000, 4)}}),
        strict({"x": {"type": "integer", "enum": list(range(1_001))}}),
        "1,001 values",
    ),
    "long values of one list": (
        strict({"x": {"type": "string", "enum": texts(250, 70)}}),
        strict({"x": {"type": "string", "enum": texts(251, 60)}}),
        "15,060 characters",
    ),
    "characters": (
        strict({"x": {"type": "string", "const": "x" * 119_000}}),
        strict({"x": {"$ref": f"#/$defs/{'d' * 60_000}"}}, **{"$defs": {"d" * 60_000: {
            "type": "string", "const": "x" * 60_000}}}),
        "120,001 characters",
    ),
}  # fmt: skip


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("name", SIZES)
def test_sizes_of_strict_schemas_are_bounded(name: str) -> None:
    within, beyond, said = SIZES[name]
    # Whether they are JSON Schema is not asked: it takes seconds for schemas of this size.
    assert [*find_refused(within, strict=True), *find_loose(within)] == []
    found = [*find_refused(beyond, strict=True), *find_loose(beyond)]
    assert [(flaw.severity, said in flaw.message) for flaw in found] == [("error", True)]
    assert list(find_refused(beyond, strict=False)) == []


@pytest.mark.parametrize(
    "schema",
    [
        loose({"type": {"type": "string"}, "$ref": {"type": "string"}, "oneOf": {"type": "array", "items": True}}),
        loose({"x": {"type": "string", "enum": ["array"], "default": {"$ref": "#/nowhere", "type": "array"}}}),
        loose({"x": {"$ref": "#"}, "y": {"$ref": "#/properties/x"}, "z": {"$ref": "#/$defs/a~1b~0c%20d"}},
              **{"$defs": {"a/b~c d": {"type": "null"}}}),
        loose({"a": {"type": "string"}}, anyOfs={"required": ["b"]}),
        loose({"x": {"type": "array", "items": {}}, "y": {"const": 1}, "z": {"enum": [None]}}),
        loose({"x": {"type": "object", "patternProperties": {"^s": {"type": "string"}}, "required": ["s1"]}}),
        loose({"x": {"anyOf": [{"required": ["a"]}], "properties": {"a": {"type": "string"}}}}),
        {"type": "object"},
        strict({"x": {"type": ["string", "null"], "format": "date-time", "pattern": "^a", "description": "d"}}),
        strict({"x": {"anyOf": [{"$ref": "#/$defs/x"}, {"type": "null"}]}}, **{"$defs": {"x": {"type": "string"}}}),
        strict({"node": {"$ref": "#"}}, title="Node", description="A list."),
    ],
)  # fmt: skip
def test_what_only_looks_like_a_fault_is_none(schema: Schema) -> None:
    assert flaws(schema, strict=schema.get("additionalProperties") is False) == []


def test_very_many_warnings_hide_no_error() -> None:
    warned: Schema = {f"p{number}": {} for number in range(SCHEMA_FLAWS + 50)}
    found = flaws(loose({**warned, "last": {"type": "array"}}), strict=False)
    assert [flaw.path for flaw in found if flaw.severity == "error"] == [("properties", "last")]
    assert len(found) == SCHEMA_FLAWS + 1


def test_very_many_errors_are_not_all_looked_for() -> None:
    schema = loose({f"p{number}": {"type": "array"} for number in range(SCHEMA_FLAWS + 50)})
    assert len(flaws(schema, strict=False)) == SCHEMA_FLAWS


@pytest.mark.parametrize("is_closed", [False, True])
def test_a_long_chain_of_references_is_followed_once(is_closed: bool) -> None:
    chain: Schema = {f"d{number}": {"$ref": f"#/$defs/d{number + 1}"} for number in range(4_000)}
    chain["d4000"] = {"$ref": "#/$defs/d0"} if is_closed else {"type": "string"}
    found = list(find_refused(loose({"x": {"$ref": "#/$defs/d0"}}, **{"$defs": chain}), strict=False))
    assert len(found) == (4_002 if is_closed else 0)
