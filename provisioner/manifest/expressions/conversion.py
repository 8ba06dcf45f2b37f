"""Converts the text that sets a variable of manifests to a value of the variable's type."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import yaml

from provisioner.manifest.expressions.scope import name_type
from provisioner.manifest.parsing.nodes import Builder, compose
from provisioner.manifest.parsing.reading import UNPRINTABLE

#: The types of variables, each with a description of its values for messages.
FORMS: Mapping[str, str] = {
    "string": "a text",
    "number": "a number",
    "boolean": "`true` or `false`",
    "list": "a list, such as `[a, b]`",
    "map": "a map, such as `{a: 1}`",
}
#: The most characters of a text that sets a variable on the command line or in an environment variable.
LONGEST = 1_000_000


def type_of(value: Any) -> str:
    """Returns the type of a variable whose default is `value`. If the variable has no default, `value` is None, and the
    type is `string`.
    """
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, list):
        return "list"
    return "map" if isinstance(value, Mapping) else "string"


def find_type_problem(value: Any, type: str) -> str | None:
    """Returns an error message if `value` is not of the type `type` of its variable. Otherwise returns None."""
    if value is not None and type_of(value) == type:
        return None
    return f"{FORMS[type]} is expected here, not {name_type(value)}"


def parse_value(text: str, type: str) -> Any:
    """Converts a text from the command line or from an environment variable to a value of the type `type`, such as
    `list`, and returns the value.

    Raises ValueError if the text cannot be converted. The error message does not repeat the text, which could be a
    secret by mistake. Only the message about a mistake in YAML may contain a part of it, such as a repeated key.
    """
    if len(text) > LONGEST:
        raise ValueError(f"it is longer than {LONGEST:,} characters; put it in a variable file")
    if type == "string":
        if UNPRINTABLE.search(text):
            raise ValueError("it holds a character that manifests do not allow; remove it")
        return text
    if type == "boolean" and text in ("true", "false"):
        return text == "true"
    if type == "number" and (number := _number(text)) is not None:
        return number
    if type in ("list", "map"):
        value = _structure(text)
        if type_of(value) == type:
            return value
    raise ValueError(f"{FORMS[type]} is expected here")


def _number(text: str) -> int | float | None:
    if len(text) > 300:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if is_number else None


def _structure(text: str) -> Any:
    """Returns the value that a text in YAML or JSON contains. Raises ValueError if the text is not valid."""
    if UNPRINTABLE.search(text):
        raise ValueError("it holds a character that manifests do not allow; remove it")
    builder = Builder()
    try:
        value = builder.build(compose(text))
    except yaml.YAMLError as error:
        raise ValueError("this is not valid YAML or JSON; check its quotes and brackets") from error
    if builder.faults:
        raise ValueError(builder.faults[0].message)
    return value
