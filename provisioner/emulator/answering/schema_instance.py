"""Makes a small value that matches a JSON Schema. The value is used as an answer with a JSON format, or as the
arguments of a function.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: The nesting level from which optional parts are left out, so that recursive schemas end.
DEEPEST = 12
SAMPLES = {
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "time": "00:00:00Z",
    "duration": "P1D",
    "email": "emulator@example.com",
    "hostname": "example.com",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def make_instance(schema: Any, text: str, root: Any = None, depth: int = 0) -> Any:
    """Returns a value that matches `schema`. The value may not match if the schema has a `pattern`, is nested very
    deeply, or uses features that structured outputs do not support. A string without a format or an enumeration gets
    the value `text`, shortened or extended to the string's allowed length.

    `root` is the schema that contains the definitions; if it is None, `schema` contains them. `depth` is the level of
    nesting.
    """
    root = schema if root is None else root
    if not isinstance(schema, Mapping) or depth > DEEPEST:
        return None
    if "$ref" in schema:
        return make_instance(_resolve(root, str(schema["$ref"])), text, root, depth + 1)
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if schema.get("enum"):
        return schema["enum"][0]
    for key in ("anyOf", "oneOf"):
        if schema.get(key):
            return make_instance(_simplest(schema[key], depth), text, root, depth + 1)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kinds = kind if isinstance(kind, list) else [kind]
    return _make(kinds[0] if depth < DEEPEST // 2 or "null" not in kinds else "null", schema, text, root, depth)


def _simplest(options: list[Any], depth: int) -> Any:
    """Returns the first of the schemas in `options`. At a deep level of a recursive schema, returns the schema for null
    if there is one. `depth` is the level of nesting.
    """
    nulls = [option for option in options if isinstance(option, Mapping) and option.get("type") == "null"]
    return nulls[0] if nulls and depth >= DEEPEST // 2 else options[0]


def _make(kind: str, schema: Mapping[str, Any], text: str, root: Any, depth: int) -> Any:
    if kind == "object":
        properties = schema.get("properties") or {}
        needed = schema.get("required", ())
        return {name: make_instance(part, text, root, depth + 1) for name, part in properties.items() if name in needed}
    if kind == "array":
        prefix = [make_instance(part, text, root, depth + 1) for part in schema.get("prefixItems", ())]
        count = max(0, int(schema.get("minItems", 0)) - len(prefix))
        return prefix + [make_instance(schema.get("items"), text, root, depth + 1) for _ in range(count)]
    if kind in ("integer", "number"):
        return _number(schema, kind)
    if kind == "string":
        return _string(schema, text)
    return False if kind == "boolean" else None


def _number(schema: Mapping[str, Any], kind: str) -> float:
    step = schema.get("multipleOf", 1 if kind == "integer" else 0)
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    value = 0 if (low is None or low <= 0) and (high is None or high >= 0) else low if low is not None else high
    if step:
        value = -(-value // step) * step
    if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
        value += step or 1
    if "exclusiveMaximum" in schema and value >= schema["exclusiveMaximum"]:
        value -= step or 1
    return int(value) if kind == "integer" else value


def _string(schema: Mapping[str, Any], text: str) -> str:
    if schema.get("format") in SAMPLES:
        return SAMPLES[schema["format"]]
    value = text.ljust(int(schema.get("minLength", 0)), ".")
    return value[: int(schema["maxLength"])] if "maxLength" in schema else value


def _resolve(root: Any, reference: str) -> Any:
    found = root
    for step in reference.removeprefix("#").split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        found = found.get(key) if isinstance(found, Mapping) else None
    return found
