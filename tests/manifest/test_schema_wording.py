"""What is no JSON Schema is described in our words, with what may stand there; never in those of the library."""

from __future__ import annotations

import re
from typing import Any

import pytest

from provisioner.manifest.json_schemas.schemas import flaws, invalid

TYPES = "`array`, `boolean`, `integer`, `null`, `number`, `object` and `string`"
#: What jsonschema says.
FOREIGN = re.compile(r"given schemas|is not of type|non-unique|non-empty|less than|does not match|is not a '|\['|\{'")

WRONG: list[tuple[dict[str, Any], str, tuple[Any, ...]]] = [
    ({"type": "strng"}, f"there is no type `strng`; did you mean `string`? Known are {TYPES}", ("type",)),
    ({"type": "float"}, f"did you mean `number`? Known are {TYPES}", ("type",)),
    ({"type": "String"}, "did you mean `string`?", ("type",)),
    ({"type": "any"}, f"known are {TYPES}; for any value, leave `type` out", ("type",)),
    ({"type": "quux"}, f"there is no type `quux`; known are {TYPES}", ("type",)),
    ({"type": ["string", "nul"]}, "there is no type `nul`; did you mean `null`?", ("type", 1)),
    ({"type": []}, f"this list of types is empty; name at least one (known are {TYPES})", ("type",)),
    ({"type": ["string", "string"]}, "`type` names `string` twice; remove one", ("type",)),
    ({"type": 3}, f"a type is expected here, not `3`; known are {TYPES}", ("type",)),
    ({"type": {"a": 1}}, f"a type is expected here, not a mapping; known are {TYPES}", ("type",)),
    ({"type": ["string", 3]}, f"a text is expected here; known are {TYPES}", ("type", 1)),
    ({"properties": {"x": "string"}}, "not `string`; write `{type: string}` (known are", ("properties", "x")),
    ({"properties": {"type": "objct"}}, "write `{type: object}`", ("properties", "type")),
    ({"properties": ["x"]}, "a mapping is expected here, not a list; write names", ("properties",)),
    ({"items": ["x"]}, "a schema is expected here, not a list; write `{type: …}`", ("items",)),
    ({"required": "a"}, "a list is expected here, not `a`; write `[a]`", ("required",)),
    ({"required": ["a", "b", "a"]}, "`required` names `a` twice; remove one", ("required",)),
    ({"required": [3]}, "a text is expected here; write the name of a property", ("required", 0)),
    ({"minLength": -1}, "`-1` is too small; write at least 0", ("minLength",)),
    ({"multipleOf": 0}, "`0` is too small; write a number above 0", ("multipleOf",)),
    ({"minimum": "3"}, "a number is expected here, not `3`; write a number, without quotes", ("minimum",)),
    ({"minLength": 1.5}, "a whole number is expected here, not `1.5`", ("minLength",)),
    ({"pattern": "("}, "the regular expression `(` cannot be read", ("pattern",)),
    ({"patternProperties": {"(": {}}}, "the regular expression `(` cannot be read", ("patternProperties",)),
    ({"anyOf": []}, "the list in `anyOf` is empty; write at least one schema in it", ("anyOf",)),
    ({"uniqueItems": "x"}, "true or false is expected here, not `x`; write `true` or `false`", ("uniqueItems",)),
    ({"description": ["x"]}, "a text is expected here, not a list; write a text", ("description",)),
    ({"title": 3}, "a text is expected here, not `3`; put it in quotes", ("title",)),
    ({"$anchor": "%"}, "`%` is no anchor; begin it with a letter", ("$anchor",)),
    ({"$id": "a#b"}, "`a#b` is no `$id`; write it without `#`", ("$id",)),
    ({"dependencies": {"a": 3}}, "a schema or a list of names is expected here, not `3`", ("dependencies", "a")),
]


@pytest.mark.parametrize(("schema", "said", "path"), WRONG, ids=[str(each[0]) for each in WRONG])
@pytest.mark.parametrize("steps", [(), ("properties", "y"), ("$defs", "z", "items")], ids=["whole", "within", "deep"])
def test_what_is_no_json_schema(
    schema: dict[str, Any], said: str, path: tuple[Any, ...], steps: tuple[str, ...]
) -> None:
    for step in reversed(steps):
        schema = {step: schema}
    (flaw,) = invalid(schema)
    assert flaw.message.startswith("this is not valid JSON Schema: ")
    assert said in flaw.message
    assert not FOREIGN.search(flaw.message)
    assert tuple(flaw.path) == (*steps, *path)


def test_a_long_value_is_not_repeated_whole() -> None:
    (flaw,) = invalid({"type": "x" * 5_000})
    assert len(flaw.message) < 300


@pytest.mark.parametrize("strict", [True, False])
def test_only_what_is_optional_may_be_left_out(strict: bool) -> None:
    answers, functions = (
        " ".join(flaw.message for flaw in flaws({}, strict, optional=optional)) for optional in (False, True)
    )
    assert "leave it out" not in answers
    assert "write `type: object` and `properties: {}`, and a property for each value" in answers
    assert "write `type: object` and `properties: {}`, or leave it out" in functions
