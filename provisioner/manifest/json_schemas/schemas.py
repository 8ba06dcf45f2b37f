"""Checks the JSON Schemas of functions and structured outputs: first as JSON Schema, then against OpenAI's rules."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Any

from provisioner.manifest.json_schemas.schema_messages import KNOWN_TYPES, describe_flaw
from provisioner.manifest.json_schemas.schemarules import find_refused
from provisioner.manifest.json_schemas.schematree import Flaw
from provisioner.manifest.json_schemas.strictschemas import find_loose
from provisioner.manifest.limits import SCHEMA_DEPTH, SCHEMA_FLAWS, SCHEMA_VALUES
from provisioner.manifest.parsing.document import Steps

NULL = "YAML reads this null as nothing"


def flaws(schema: dict[str, Any], strict: bool, *, optional: bool = True) -> list[Flaw]:
    """Returns the flaws of the JSON Schema of a function or a structured output. Each flaw consists of its path in the
    schema and a message with advice.

    With `strict`, the rules for `strict: true` are also checked. `optional` says that a manifest may leave the schema
    out, as for a function.
    """
    broken = invalid(schema)
    refused = find_refused(schema, strict=strict, optional=optional)
    return broken or _bounded(chain(refused, find_loose(schema) if strict else ()))


def _bounded(found: Iterable[Flaw]) -> list[Flaw]:
    """Returns the flaws to report, in the order of `found`: at most SCHEMA_FLAWS errors and at most SCHEMA_FLAWS
    warnings. If there are SCHEMA_FLAWS errors, all later errors and warnings are left out.
    """
    errors, kept = 0, []
    warnings = 0
    for flaw in found:
        if flaw.severity == "error":
            errors += 1
        else:
            warnings += 1
        if flaw.severity == "error" or warnings <= SCHEMA_FLAWS:
            kept.append(flaw)
        if errors == SCHEMA_FLAWS:
            break
    return kept


def invalid(schema: dict[str, Any]) -> list[Flaw]:
    """Returns the flaws because of which a value is not valid JSON Schema. Also returns a flaw if the value is too
    large to be checked. The list is empty for a valid schema.
    """
    found = list(_beyond(schema)) or list(_null_types(schema, ())) or list(_unnamed(schema, ()))
    return found or list(_invalid(schema))


def _beyond(schema: dict[str, Any]) -> Iterator[Flaw]:
    """Yields a flaw if a schema is too large to be checked as JSON Schema: if it has too many values or too many
    levels.
    """
    count = 0
    ahead: list[tuple[Steps, Any]] = [((), schema)]
    while ahead:
        path, value = ahead.pop()
        count += 1
        if count > SCHEMA_VALUES:
            yield Flaw((), f"this schema holds more than {SCHEMA_VALUES:,} values; make it smaller")
            return
        if len(path) > 2 * SCHEMA_DEPTH:
            yield Flaw(path, f"this schema nests more than {SCHEMA_DEPTH} levels deep; write it flatter")
            return
        if isinstance(value, dict | list):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            ahead += [((*path, key), item) for key, item in items]


def _unnamed(schema: Any, path: Steps) -> Iterator[Flaw]:
    """Yields a flaw for each `required` or `type` whose list contains an item that is not a text. `schema` is a schema
    or a part of one, and `path` is its path.

    Such lists must not reach the library jsonschema, which would compare every item with every other item.
    """
    if isinstance(schema, list):
        if path[-1:] in (("required",), ("type",)) and not all(isinstance(item, str) for item in schema):
            index = next(index for index, item in enumerate(schema) if not isinstance(item, str))
            said = "write the name of a property" if path[-1] == "required" else KNOWN_TYPES
            yield Flaw((*path, index), f"this is not valid JSON Schema: a text is expected here; {said}")
            return
        for index, item in enumerate(schema):
            yield from _unnamed(item, (*path, index))
    elif isinstance(schema, dict):
        for key, item in schema.items():
            if key not in ("enum", "const", "default", "examples"):
                yield from _unnamed(item, (*path, key))


def _null_types(schema: Any, path: Steps) -> Iterator[Flaw]:
    """Yields a flaw for each null in a `type`, as in `type: [string, null]`. YAML reads an unquoted `null` as a null
    value instead of a text, so the word must be quoted. `schema` is a schema or a part of one, and `path` is its path.
    """
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "type" and isinstance(value, list) and None in value:
                yield Flaw((*path, key, value.index(None)), f'{NULL}; quote it: `[string, "null"]`')
            elif key == "type" and value is None and path and path[-1] != "properties":
                yield Flaw((*path, key), f'{NULL}; quote it: `type: "null"`')
            elif key not in ("enum", "const", "default", "examples"):
                yield from _null_types(value, (*path, key))
    elif isinstance(schema, list):
        for index, item in enumerate(schema):
            yield from _null_types(item, (*path, index))


def _invalid(schema: dict[str, Any]) -> Iterator[Flaw]:
    flaw = _checked(json.dumps(schema))
    if flaw is not None:
        yield flaw


@lru_cache(maxsize=4096)
def _checked(text: str) -> Flaw | None:
    """Returns the first flaw that the library jsonschema finds in a schema, or None. `text` is the schema as JSON.
    Results are cached, because several functions may use the same schema.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(json.loads(text))
    except SchemaError as error:
        return Flaw(*describe_flaw(error))
    except (RecursionError, OverflowError):  # Errors of Python's regular expressions for `((((…` and `a{99999999999}`.
        return Flaw((), "this is not valid JSON Schema: a `pattern` in it cannot be read; correct or remove it")
    return None
