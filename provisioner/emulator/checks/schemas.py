"""Checks the JSON Schemas of functions and answer formats. The error messages come from public reports of `Invalid
schema for function …`.

The limits are those of OpenAI's guide on structured outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from provisioner.emulator.messages.refusal import Refusal

ROOT = ("oneOf", "anyOf", "allOf", "enum", "not")
BY_NAME = ("properties", "$defs", "definitions", "patternProperties")
IN_A_LIST = ("anyOf", "oneOf", "allOf", "prefixItems")
ALONE = ("items", "additionalProperties", "not", "contains")
#: Keywords that strict schemas may not have.
NOT_PERMITTED = (
    "oneOf", "allOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties",
    "propertyNames", "unevaluatedProperties", "minProperties", "maxProperties", "contains", "minContains",
    "maxContains", "uniqueItems", "unevaluatedItems",
)  # fmt: skip
FORMATS = ("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid")
MAX_PROPERTIES, MAX_LEVELS, MAX_ENUM, MAX_CHARACTERS = 5_000, 10, 1_000, 120_000
MANY_VALUES, MAX_OF_MANY = 250, 15_000

Context = tuple[str, ...]
Schema = Mapping[str, Any]
Refuse = Callable[[str], Refusal]


def check_parameters(name: str, schema: Any, param: str, *, strict: bool) -> None:
    """Raises Refusal if the API would refuse `schema` as the parameters of the function `name`. If `schema` is None,
    the function has no parameters. `param` is the name of the field in error messages. If `strict` is True, the schema
    may only use features of structured outputs.
    """
    if schema is not None:

        def refuse(reason: str) -> Refusal:
            message = f"Invalid schema for function '{name}': {reason}"
            return Refusal(400, message, code="invalid_function_parameters", param=param)

        _check(schema, refuse, strict=strict)


def check_format(answer: Any, param: str, inside: str | None) -> None:
    """Raises Refusal if the answer format `answer` contains a JSON Schema that the API would refuse. `param` is the
    name of the field in error messages.

    `inside` is the field of `answer` that contains the name, the schema and `strict`. It is None if `answer` itself
    contains them.
    """
    if not isinstance(answer, Mapping) or answer.get("type") != "json_schema":
        return
    format_ = answer[inside] if inside else answer
    name = format_.get("name", "answer")

    def refuse(reason: str) -> Refusal:
        return Refusal(400, f"Invalid schema for response_format '{name}': {reason}", param=param)

    if format_.get("schema") is not None:
        _check(format_["schema"], refuse, strict=bool(format_.get("strict")))


def _check(schema: Schema, refuse: Refuse, *, strict: bool) -> None:
    kind = schema.get("type")
    if kind != "object":
        raise refuse(f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{kind}\"'.")
    if any(key in schema for key in (*ROOT, "$ref")):
        known = "/".join(f"'{key}'" for key in ROOT)
        raise refuse(f"schema must have type 'object' and not have {known} at the top level.")
    for context, part, _ in _parts(schema):
        where = _where(context)
        if _has_type(part, "array") and "items" not in part:
            raise refuse(f"{where}array schema missing items.")
        if "$ref" in part and not _leads_somewhere(schema, part["$ref"]):
            raise refuse(f"{where}reference to component '{part['$ref']}' was not found in the schema.")
        if strict:
            _check_strict(context, part, refuse)
    if strict:
        _check_size(schema, refuse)


def _check_strict(context: Context, part: Schema, refuse: Refuse) -> None:
    where = _where(context)
    beside = sorted(part.keys() - {"$ref"})
    if "$ref" in part and beside:
        raise refuse(f"{where}$ref cannot have keywords {set(beside)}.")
    for key in NOT_PERMITTED:
        if key in part:
            raise refuse(f"{where}'{key}' is not permitted.")
    if not part.keys() & {"type", "$ref", "anyOf"}:
        raise refuse(f"{where}schema must have a 'type' key.")
    if _has_type(part, "object"):
        _check_object(part, where, refuse)
    if part.get("format", FORMATS[0]) not in FORMATS:
        raise refuse(f"{where}'{part['format']}' is not a valid format.")


def _check_object(part: Schema, where: str, refuse: Refuse) -> None:
    if part.get("additionalProperties") is not False:
        raise refuse(f"{where}'additionalProperties' is required to be supplied and to be false.")
    names, required = set(part.get("properties") or ()), set(part.get("required") or ())
    rule = "'required' is required to be supplied and to be an array including every key in properties."
    if missing := sorted(names - required):
        raise refuse(f"{where}{rule} Missing '{missing[0]}'.")
    if extra := sorted(required - names):
        raise refuse(f"{where}{rule} Extra required key '{extra[0]}' supplied.")


def _check_size(schema: Schema, refuse: Refuse) -> None:
    properties = values = characters = 0
    for context, part, level in _parts(schema):
        if _has_type(part, "object") and level > MAX_LEVELS:
            raise refuse(f"{_where(context)}{level} levels of nesting exceed the limit of {MAX_LEVELS}.")
        enum = part.get("enum") or ()
        texts = [each for each in (*enum, part.get("const")) if isinstance(each, str)]
        names = [name for key in ("properties", "$defs", "definitions") for name in part.get(key) or ()]
        properties += len(part.get("properties") or ())
        values += len(enum)
        characters += sum(map(len, (*names, *texts)))
        if len(texts) > MANY_VALUES and sum(map(len, texts)) > MAX_OF_MANY:
            raise refuse(f"{_where(context)}enum values exceed {MAX_OF_MANY} characters in total.")
    for what, count, most in (
        ("object properties", properties, MAX_PROPERTIES),
        ("enum values", values, MAX_ENUM),
        ("characters in names and values", characters, MAX_CHARACTERS),
    ):
        if count > most:
            raise refuse(f"{count} {what} exceed the limit of {most}.")


def _parts(schema: Schema) -> Iterator[tuple[Context, Schema, int]]:
    """Yields three values for `schema` itself and for every schema inside it: the path in `schema`, the schema at this
    path, and its level of nesting.
    """
    waiting: list[tuple[Context, Any, int]] = [((), schema, 1)]
    while waiting:
        context, part, level = waiting.pop()
        if not isinstance(part, Mapping):
            continue
        yield context, part, level
        below = level + 1 if _has_type(part, "object") else level
        for key in BY_NAME:
            if isinstance(part.get(key), Mapping):
                start = 1 if key in ("$defs", "definitions") else below
                waiting += [((*context, key, name), inner, start) for name, inner in part[key].items()]
        for key in IN_A_LIST:
            if isinstance(part.get(key), list):
                waiting += [((*context, key, str(index)), inner, below) for index, inner in enumerate(part[key])]
        waiting += [((*context, key), part[key], below) for key in ALONE if key in part]


def _has_type(part: Schema, name: str) -> bool:
    kind = part.get("type")
    return kind == name or (isinstance(kind, list) and name in kind)


def _leads_somewhere(schema: Schema, reference: Any) -> bool:
    found: Any = schema
    for step in str(reference).split("/"):
        if step == "#":
            continue
        found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
    return isinstance(found, Mapping)


def _where(context: Context) -> str:
    return f"In context={context!r}, "
