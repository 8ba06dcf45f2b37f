"""Schemas that the real API is reported to refuse: in functions and answers, on both APIs that have them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.wire import Wire

Schema = dict[str, Any]
TEXT = {"type": "string"}


def strict(properties: Schema, **more: Any) -> Schema:
    body = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    return {**body, **more}


def nested(levels: int) -> Schema:
    schema = strict({"x": TEXT})
    for _ in range(levels - 1):
        schema = strict({"x": schema})
    return schema


REFUSED: list[tuple[Schema, bool, str]] = [
    ({}, False, "got 'type: \"None\"'"),
    ({"type": "array", "items": TEXT}, False, "got 'type: \"array\"'"),
    ({"oneOf": [{"type": "object"}]}, False, "schema must be a JSON Schema of 'type: \"object\"'"),
    *(({"type": "object", key: []}, False, "at the top level") for key in ("oneOf", "anyOf", "allOf", "enum", "not")),
    ({"type": "object", "$ref": "#/$defs/x", "$defs": {"x": TEXT}}, False, "at the top level"),
    ({"type": "object", "properties": {"x": {"type": "array"}}}, False, "('properties', 'x'), array schema missing"),
    ({"type": "object", "$defs": {"x": {"anyOf": [{"type": ["array", "null"]}]}}}, False, "array schema missing items"),
    ({"type": "object", "properties": {"x": {"$ref": "#/$defs/x"}}}, False, "'#/$defs/x' was not found"),
    ({"type": "object", "properties": {"x": {"$ref": "x.json"}}}, False, "'x.json' was not found"),
    ({"type": "object", "properties": {}}, True, "'additionalProperties' is required"),
    (strict({"x": TEXT}, required=[]), True, "Missing 'x'"),
    (strict({"x": TEXT}, required=["x", "y"]), True, "Extra required key 'y'"),
    (strict({"x": {"oneOf": [TEXT]}}), True, "'oneOf' is not permitted"),
    (strict({"x": {"allOf": [TEXT]}}), True, "'allOf' is not permitted"),
    (strict({"x": {"$ref": "#/$defs/x", "description": "d"}}, **{"$defs": {"x": TEXT}}), True, "{'description'}"),
    (strict({"x": {"description": "d"}}), True, "schema must have a 'type' key"),
    (strict({"x": {"type": "string", "format": "uri"}}), True, "'uri' is not a valid format"),
    (strict({"x": {"type": "integer", "enum": list(range(1_001))}}), True, "1001 enum values"),
    (strict({"x": {"type": "string", "enum": [f"{n:060}" for n in range(251)]}}), True, "15000 characters"),
    (strict({"x": {"type": "string", "const": "x" * 120_000}}), True, "120001 characters"),
    (strict({f"p{n}": TEXT for n in range(5_001)}), True, "5001 object properties"),
    (nested(11), True, "11 levels"),
]


@pytest.mark.parametrize(("schema", "is_strict", "said"), REFUSED)
def test_a_schema_is_refused(wire: Wire, schema: Schema, is_strict: bool, said: str) -> None:
    function = {"name": "look_up", "parameters": schema, "strict": is_strict}
    tool = {"type": "function", "function": function}
    answer = wire.ask("POST", "/assistants", {"model": "gpt-4o", "tools": [tool]})
    assert answer.status == 400
    error = answer.body["error"]
    assert error["message"].startswith("Invalid schema for function 'look_up': ")
    assert said in error["message"]
    assert (error["code"], error["param"]) == ("invalid_function_parameters", "tools[0].function.parameters")

    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema, "strict": is_strict}}
    answer = wire.ask("POST", "/assistants", {"model": "gpt-4o", "response_format": form})
    assert (answer.status, answer.body["error"]["param"]) == (400, "response_format")

    if not is_strict:  # saved agents have no strict functions
        tool = {"type": "function", "name": "look_up", "description": "d", "parameters": schema}
        answer = wire.ask("POST", "/agents", {"model": "gpt-4o", "tools": [tool]})
        assert (answer.status, answer.body["error"]["param"]) == (400, "tools[0].parameters")


@pytest.mark.parametrize(
    ("schema", "is_strict"),
    [
        ({"type": "object"}, False),
        ({"type": "object", "properties": {"x": {"type": "array", "items": {}}, "oneOf": {}}}, False),
        ({"type": "object", "properties": {"x": {"oneOf": [TEXT]}}}, False),
        (strict({"x": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}), True),
        (strict({"x": {"type": ["string", "null"], "format": "date-time", "default": "a"}}), True),
        (nested(10), True),
    ],
)
def test_a_schema_is_accepted(wire: Wire, schema: Schema, is_strict: bool) -> None:
    tool = {"type": "function", "function": {"name": "look_up", "parameters": schema, "strict": is_strict}}
    answer = wire.ask("POST", "/assistants", {"model": "gpt-4o", "tools": [tool]})
    assert answer.status == 200, answer.body


def test_an_update_is_checked_too(wire: Wire) -> None:
    made = wire.ask("POST", "/assistants", {"model": "gpt-4o"}).body["id"]
    tool = {"type": "function", "function": {"name": "a", "parameters": {"properties": {}}}}
    assert wire.ask("POST", f"/assistants/{made}", {"tools": [tool]}).status == 400
    agent = wire.ask("POST", "/agents", {"model": "gpt-4o"}).body["id"]
    tool = {"type": "function", "name": "a", "description": "d", "parameters": {"properties": {}}}
    assert wire.ask("POST", f"/agents/{agent}", {"tools": [tool]}).status == 400
