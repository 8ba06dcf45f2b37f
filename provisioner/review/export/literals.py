"""Renders JSON values as Python literals."""

from __future__ import annotations

from typing import Any

INDENT = "    "
WIDTH = 100


class Expression:
    """A Python expression that can be a part of a literal. Its text is written as it is, without quotes."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def python_literal(value: Any, level: int = 0) -> str:
    """Returns the Python literal for a JSON value. The value may contain `Expression` objects. `level` is the
    indentation of the first line, in steps of 4 spaces.

    If a list or mapping does not fit on one line, each of its items is written on a line of its own.
    """
    short = repr(value)
    if not isinstance(value, dict | list) or not value or len(short) + len(INDENT) * level <= WIDTH:
        return short
    inner = INDENT * (level + 1)
    if isinstance(value, dict):
        items = [f"{inner}{key!r}: {python_literal(item, level + 1)},\n" for key, item in value.items()]
        return "{\n" + "".join(items) + INDENT * level + "}"
    items = [f"{inner}{python_literal(item, level + 1)},\n" for item in value]
    return "[\n" + "".join(items) + INDENT * level + "]"


def assign(name: str, type_: str, value: Any) -> str:
    """Returns Python code that assigns `value` to the constant `name`, with `type_` as its annotation."""
    return f"{name}: {type_} = {python_literal(value)}\n"


def literal_type(names: list[str]) -> str:
    """Returns the source text of a Python type: `Literal[…]` with all `names`, or `NoReturn` if `names` is empty."""
    return f"Literal[{', '.join(map(repr, sorted(names)))}]" if names else "NoReturn"
