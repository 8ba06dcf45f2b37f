"""Extends the JSON Schema for editors, so that a value of any type may be an expression, and an entry may contain a
`for_each`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.core.kinds.sections import FOR_EACH

Schema = dict[str, Any]
EXPRESSION = "Expression"
#: A string that is one expression, which may have a value of any type.
EXPRESSION_SCHEMA: Schema = {
    "type": "string",
    "pattern": r"^\$\{[^}]*\}$",
    "description": "An expression, such as `${var.NAME}`, whose value has the type that is expected here.",
}
FOR_EACH_SCHEMA: Schema = {
    "description": "Makes one of it for each text of a list, or each entry of a map (`${each.key}`, `${each.value}`).",
    "anyOf": [
        {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        {"type": "object"},
        {"$ref": f"#/$defs/{EXPRESSION}"},
    ],
}
#: Fields that decide which other fields there are, so that an editor must know their values.
FIXED = frozenset({"type", "access"})
#: Where a schema contains the schema of its parts.
PARTS = ("items", "additionalProperties")


def allow_expressions(definitions: dict[str, Schema], literal: frozenset[str]) -> None:
    """Changes the JSON Schemas in `definitions` (keyed by name), so that each value may also be a string with one
    expression. Values that may be any string already allow an expression. Constants and the fields in FIXED, such as
    `type`, are not changed. `literal` are the names of the definitions in which expressions are not evaluated; these
    definitions are not changed.
    """
    texts = {name: _takes_text(schema, definitions) for name, schema in definitions.items()}
    for name, schema in definitions.items():
        if name not in literal:
            _extend_fields(schema, definitions, texts)
    definitions[EXPRESSION] = EXPRESSION_SCHEMA


def with_for_each(entry: Schema, definitions: dict[str, Schema]) -> Schema:
    """Returns the JSON Schema `entry` of a manifest entry, extended by the field `for_each`. `definitions` are the JSON
    Schemas to which `entry` can refer, keyed by name. Schemas that the result needs are added to them.
    """
    if "$ref" in entry:
        name = entry["$ref"].rpartition("/")[2]
        own = f"{name}Entry"
        schema = definitions[name]
        definitions[own] = {**schema, "properties": {**schema.get("properties", {}), FOR_EACH: FOR_EACH_SCHEMA}}
        return {**entry, "$ref": f"#/$defs/{own}"}
    parts = [with_for_each(part, definitions) for part in entry["oneOf"]]
    return {key: value for key, value in entry.items() if key != "discriminator"} | {"oneOf": parts}


def partial(entry: Schema, definitions: dict[str, Schema]) -> Schema:
    """Returns the JSON Schema of the fields that an environment of the project may override in a manifest entry.
    `entry` is the schema of the whole entry. In the result, no field is required, even in nested mappings, and
    `for_each` is allowed. `definitions` are the JSON Schemas to which `entry` can refer. Schemas that the result needs
    are added to them.
    """
    if "$ref" in entry:
        own = f"{entry['$ref'].rpartition('/')[2]}Values"
        if own not in definitions:
            schema = definitions[entry["$ref"].rpartition("/")[2]]
            definitions[own] = {}  # The definition may refer to itself.
            fields = {name: _partial(field, definitions) for name, field in schema.get("properties", {}).items()}
            rest = {key: item for key, item in schema.items() if key not in ("required", "properties")}
            definitions[own] = {**rest, "properties": {**fields, FOR_EACH: {}}} if fields else rest
        return {**entry, "$ref": f"#/$defs/{own}"}
    parts = [partial(part, definitions) for part in entry["oneOf"]]
    return {"anyOf": parts}


def _partial(schema: Schema, definitions: dict[str, Schema]) -> Schema:
    """Returns the JSON Schema of a field that an environment of the project overrides. The field may be null, and a
    mapping may contain only some of its fields. The schemas of list items are not changed. Adds the definitions that
    the new schema needs to `definitions`.
    """
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        is_mapping = definitions[name].get("type") == "object"
        found = partial(schema, definitions) if is_mapping else schema
        return {"anyOf": [found, {"type": "null"}]}
    unions = {key: [_partial(part, definitions) for part in schema[key]] for key in ("anyOf", "oneOf") if key in schema}
    rest = {key: item for key, item in schema.items() if key not in ("anyOf", "oneOf", "discriminator")}
    if not unions:
        return {"anyOf": [schema, {"type": "null"}]} if schema.get("type") not in (None, "null") else schema
    return {**rest, "anyOf": [part for parts in unions.values() for part in parts] + [{"type": "null"}]}


def _extend_fields(schema: Schema, definitions: Mapping[str, Schema], texts: Mapping[str, bool]) -> None:
    for name, field in schema.get("properties", {}).items():
        if name not in FIXED:
            schema["properties"][name] = _extended(field, definitions, texts)
    for part in PARTS:
        if isinstance(schema.get(part), dict):
            schema[part] = _extended(schema[part], definitions, texts)


def _extended(schema: Schema, definitions: Mapping[str, Schema], texts: Mapping[str, bool]) -> Schema:
    """Returns a JSON Schema that also allows an expression: in place of the whole value, and in place of each value
    inside it. `texts` maps the name of each of `definitions` to true if this definition already allows any string.
    """
    for union in ("anyOf", "oneOf"):
        for part in schema.get(union, ()):
            _extend_fields(part, definitions, texts)
    _extend_fields(schema, definitions, texts)
    if "const" in schema or _takes_text(schema, definitions, texts):
        return schema
    reference = {"$ref": f"#/$defs/{EXPRESSION}"}
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], reference]}
    about: Schema = {key: schema[key] for key in ("title", "description", "default") if key in schema}
    own: Schema = {key: item for key, item in schema.items() if key not in about}
    return {**about, "anyOf": [own, reference]}


def _takes_text(schema: Schema, definitions: Mapping[str, Schema], texts: Mapping[str, bool] | None = None) -> bool:
    """Returns whether a JSON Schema allows any string. Such a schema already allows an expression. `texts` maps the
    names of definitions to the results that are known already.
    """
    if not schema or schema.keys() <= {"title", "description", "default"}:
        return True
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return texts[name] if texts is not None else _takes_text(definitions[name], definitions)
    parts = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    if any(_takes_text(part, definitions, texts) for part in parts):
        return True
    return schema.get("type") == "string" and not schema.keys() & {"enum", "const", "pattern"}
