"""Makes the messages about values that are not valid JSON Schema. A message says what is wrong, and what is allowed
instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from provisioner.manifest.parsing.document import Steps
from provisioner.manifest.validation.nearest import enumerate_names, nearest

if TYPE_CHECKING:
    from jsonschema.exceptions import SchemaError

#: The types of JSON Schema.
SCHEMA_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
#: The names of types in other languages, with the types of JSON Schema that people mean by them. An empty text stands
#: for any type.
FOREIGN_TYPES = {
    "any": "",
    "bool": "boolean",
    "date": "string",
    "datetime": "string",
    "dict": "object",
    "double": "number",
    "enum": "string",
    "float": "number",
    "int": "integer",
    "list": "array",
    "long": "integer",
    "map": "object",
    "none": "null",
    "str": "string",
    "struct": "object",
    "text": "string",
    "tuple": "array",
    "uuid": "string",
}
KNOWN_TYPES = f"known are {enumerate_names(SCHEMA_TYPES)}"
#: For each type of JSON Schema, a text that names the type, and advice about what to write.
EXPECTED = {
    "array": ("a list", "write `[…]`"),
    "boolean": ("true or false", "write `true` or `false`"),
    "integer": ("a whole number", "write a whole number, without quotes"),
    "number": ("a number", "write a number, without quotes"),
    "object": ("a mapping", "write names with their values"),
    "string": ("a text", "put it in quotes"),
}
#: The largest number of characters of a value that a message repeats.
SHOWN = 40


def describe_flaw(error: SchemaError) -> tuple[Steps, str]:
    """Returns the path of an error in a JSON Schema, and provision's own message about the error. The messages of the
    library jsonschema are hard to understand.
    """
    path, value = tuple(error.absolute_path), error.instance
    if error.validator == "anyOf" and path[-1:] == ("type",):
        steps, said = _describe_type(value)
        path += steps
    else:
        said = _describe(error.validator, error.validator_value, value, str(path[-1]) if path else "")
    return path, f"this is not valid JSON Schema: {said}"


def _describe_type(value: Any) -> tuple[Steps, str]:
    """Returns the path of an error in the value of the keyword `type` of a JSON Schema, and the message about this
    error.
    """
    if isinstance(value, list):
        if not value:
            return (), f"this list of types is empty; name at least one ({KNOWN_TYPES})"
        wrong = next((index for index, each in enumerate(value) if each not in SCHEMA_TYPES), None)
        if wrong is None:
            return (), _repeated("type", value)
        return (wrong,), _unknown_type(value[wrong])
    return (), _unknown_type(value)


def _unknown_type(value: Any) -> str:
    if not isinstance(value, str):
        return f"a type is expected here, not {_show(value)}; {KNOWN_TYPES}"
    close = FOREIGN_TYPES.get(value.lower(), nearest(value.lower(), SCHEMA_TYPES))
    suggestion = f"did you mean `{close}`? " if close else ""
    known = KNOWN_TYPES if not close else KNOWN_TYPES.capitalize()
    remove = "; for any value, leave `type` out" if close == "" else ""
    return f"there is no type `{value[:SHOWN]}`; {suggestion}{known}{remove}"


def _describe(rule: object, demanded: Any, value: Any, key: str) -> str:
    if rule == "type":
        return _wrong_kind(demanded, value)
    if rule == "minimum":
        return f"{_show(value)} is too small; write at least {demanded}"
    if rule == "exclusiveMinimum":
        return f"{_show(value)} is too small; write a number above {demanded}"
    if rule == "minItems":
        return f"the list in `{key}` is empty; write at least one schema in it, or remove it"
    if rule == "uniqueItems" and isinstance(value, list):
        return _repeated(key, value)
    if rule == "format" and demanded == "regex":
        return f"the regular expression {_show(value)} cannot be read; correct it (a `\\` before `(` or `[` as a text)"
    if rule == "anyOf":  # `dependencies` of older drafts
        return f"a schema or a list of names is expected here, not {_show(value)}; write `dependentRequired`"
    if key == "$anchor":
        return f"{_show(value)} is no anchor; begin it with a letter, and go on with letters, digits, `-`, `_` and `.`"
    if key == "$id":
        return f"{_show(value)} is no `$id`; write it without `#`, or remove it"
    return f"{_show(value)} is not possible in `{key}`; correct or remove it"


def _wrong_kind(demanded: Any, value: Any) -> str:
    """Returns the message for a value of a wrong type in a JSON Schema. `demanded` is the allowed type, or the list of
    allowed types.

    People often write only a type where a schema is expected. The message then shows how to write a schema of this
    type.
    """
    if isinstance(demanded, list):
        advice = "write `{type: …}`"
        if isinstance(value, str):
            close = value if value in SCHEMA_TYPES else FOREIGN_TYPES.get(value.lower()) or nearest(value, SCHEMA_TYPES)
            advice = f"write `{{type: {close or '…'}}}` ({KNOWN_TYPES})"
        return f"a schema is expected here, not {_show(value)}; {advice}"
    expected, advice = EXPECTED.get(str(demanded), (f"`{demanded}`", "correct it"))
    if demanded == "array" and isinstance(value, str):
        advice = f"write `[{value[:SHOWN]}]`"
    if demanded == "string" and isinstance(value, Mapping | list):
        advice = "write a text"
    return f"{expected} is expected here, not {_show(value)}; {advice}"


def _repeated(key: str, values: list[Any]) -> str:
    seen: set[str] = set()
    for value in values:
        text = json.dumps(value, sort_keys=True)
        if text in seen:
            return f"`{key}` names {_show(value)} twice; remove one"
        seen.add(text)
    return f"`{key}` names something twice; remove one"


def _show(value: Any) -> str:
    """Returns a short text that shows a value in a message. The content of a mapping or a list is left out."""
    if isinstance(value, str):
        return f"`{value[:SHOWN]}{'…' if len(value) > SHOWN else ''}`"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return f"`{json.dumps(value)}`"
