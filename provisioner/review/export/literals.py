"""JSON values as literals of Python, in several lines."""

from __future__ import annotations

from typing import Any

INDENT = "    "
WIDTH = 100


class Expression:
    """A Python expression, which is written in a literal as it is."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def python_literal(value: Any, level: int = 0) -> str:
    """Returns a JSON value, which may have expressions in it, as a Python literal. `level` is the indentation of its
    first line, in steps of 4 spaces.

    Lists and mappings that do not fit in a line have a line for each item.
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
    """Returns the line, or the lines, in which a constant gets its type and its value."""
    return f"{name}: {type_} = {python_literal(value)}\n"


def literal_type(names: list[str]) -> str:
    """Returns the type of texts that are one of `names`; with none, the type that no value has."""
    return f"Literal[{', '.join(map(repr, sorted(names)))}]" if names else "NoReturn"
