"""Makes the error message for an expression, such as `${var.NAME}`, whose value has the wrong type. Such a value needs
its own message: the usual advice is to write the value in quotes, but the manifest contains only the expression.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from provisioner.manifest.parsing.document import Document, Steps

#: A text that is one expression: its first name, and the rest.
EXPRESSION = re.compile(r"\$\{\s*(?P<root>\w+)(?P<rest>(?:[^\w{}][^{}]*)?)\}")
#: The rest of an expression that names a whole variable.
WHOLE = re.compile(r"\.(?P<name>[\w-]+)\s*")
#: The types of pydantic errors about the type of a value: the expected type in words, and as the type of a variable.
EXPECTED: Mapping[str, tuple[str, str]] = {
    "string_type": ("a text", "string"),
    "int_type": ("a whole number", "number"),
    "float_type": ("a number", "number"),
    "bool_type": ("true or false", "boolean"),
    "list_type": ("a list", "list"),
    "dict_type": ("a mapping", "map"),
    "model_type": ("a mapping", "map"),
    "model_attributes_type": ("a mapping", "map"),
}
#: A text with more characters than this is not shown, because it could be a secret.
SHOWN = 20
#: The types of variables, with words for their values.
WORDS = {"string": "a text", "number": "a number", "boolean": "true or false", "list": "a list", "map": "a mapping"}


def expression_at(document: Document, path: Steps) -> str | None:
    """Returns the expression that produced the value at `path` in a document. Returns None if no expression produced
    the value, or if the text in the document contains anything besides the expression.
    """
    value = document.data
    for step in path:
        if isinstance(value, str):
            break
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    text = value.strip() if isinstance(value, str) else ""
    return text if EXPRESSION.fullmatch(text) else None


def describe_value(expression: str, error_type: str, value: Any) -> str | None:
    """Returns the message for a value of the wrong type that an expression has produced. `error_type` is the type of
    the pydantic error. Returns None if the error is not about the type.
    """
    if error_type not in EXPECTED:
        return None
    expected, type = EXPECTED[error_type]
    return f"{expected} is expected here, and `{expression[:80]}` is {_name(value)}; {_advise(expression, type, value)}"


def _name(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return f"the text `{value}`" if len(value) <= SHOWN else "a text"
    return "a list" if isinstance(value, list) else "a mapping"


def _advise(expression: str, type: str, value: Any) -> str:
    found = EXPRESSION.fullmatch(expression)
    root, rest = (found["root"], found["rest"]) if found else ("", "")
    if isinstance(value, list | Mapping) and type not in ("list", "map"):
        return "name an item of it" if isinstance(value, list) else "name a field of it"
    quoted = ", with its values in quotes" if type == "string" else ""
    if root == "var" and (whole := WHOLE.fullmatch(rest)):
        return f"declare the variable `{whole['name'][:60]}` with `type: {type}`{quoted}"
    where = {"var": "in the value of the variable", "each": "where the entries of `for_each` are written"}.get(root)
    if where is None:
        return f"use a variable that is declared with `type: {type}`"
    if type == "string" and not isinstance(value, list | Mapping | None):
        return f"put it in quotes {where}"
    return f"write {WORDS[type]} {where}"
