"""Splits a string of a manifest into texts and expressions, as in `https://${var.host}/mcp`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

#: The beginning of an expression, or its escape.
BEGIN = re.compile(r"\$\$\{|\$\{")
ESCAPE = "$${"
#: The pattern of a name. A name ends at the next character that has a meaning in expressions.
NAME = re.compile(r"[^\s.\[\]{}\"'`$|()+*/\\,:;<>=!?&%#@^~]{1,256}")
QUOTED = re.compile(r'"(?:[^"\\\n]|\\.){0,1024}"')
INDEX = re.compile(r"[0-9]{1,6}(?=\s*\])")
SPACE = re.compile(r"\s*")
#: The most levels of expressions in brackets, as in `${vector_store.kb[var.chosen].id}`.
DEEPEST = 5
#: The most expressions in one string.
MOST = 1_000


class WrongExpression(Exception):
    """Raised if an expression cannot be read or evaluated. The message says what is wrong and what to do."""


class NoExpression(WrongExpression):
    """Raised if a `${` does not begin a known expression, as in `${MODEL}`. Other programs use this notation."""


class Expression(Struct, frozen=True):
    """An expression. `root` is its first name, such as `var`, and `steps` are the steps after it. A step is the name of
    a field, an index, or another expression in brackets. `source` is the text in the manifest, with `${` and `}`.

    `bracketed` are the indexes of the steps that are written in brackets.
    """

    root: str
    steps: tuple[str | int | Expression, ...]
    source: str
    bracketed: frozenset[int] = frozenset()

    @property
    def inner(self) -> str:
        """The text of this expression without its `${` and `}`."""
        return self.source.removeprefix("${").removesuffix("}").strip()


def parse(text: str, *, is_command: bool = False) -> list[str | Expression]:
    """Returns the parts of a string, from its beginning to its end: texts and expressions. In the texts, each `$${` is
    replaced by `${`. Raises WrongExpression if an expression in the string is not valid.

    With `is_command`, the string is a shell command. Then `${HOME}` and `${HOME:-/root}` stay parts of the text,
    because a name without a dot and a field after it belongs to the shell.
    """
    parts: list[str | Expression] = []
    literal: list[str] = []
    at = 0
    while found := BEGIN.search(text, at):
        literal.append(text[at : found.start()])
        if found[0] == ESCAPE:
            literal.append("${")
            at = found.end()
            continue
        if is_command and not _has_field(text, found.end()):
            literal.append(found[0])
            at = found.end()
            continue
        if any(literal):
            parts.append("".join(literal))
        literal = []
        expression, at = _expression(text, found.start())
        parts.append(expression)
        if len(parts) > MOST:
            raise WrongExpression(f"this text has more than {MOST:,} expressions; divide it")
    literal.append(text[at:])
    if any(literal):
        parts.append("".join(literal))
    return parts


def _expression(text: str, begin: int) -> tuple[Expression, int]:
    """Returns the expression whose `${` is at the position `begin`, and the position after the expression."""
    root, steps, bracketed, at = _path(text, begin + 2, 1)
    if text[at : at + 1] != "}":
        raise _unreadable(text, begin, at)
    return Expression(root, steps, text[begin : at + 1], bracketed), at + 1


def _path(text: str, at: int, depth: int) -> tuple[str, tuple[str | int | Expression, ...], frozenset[int], int]:
    begin, at = at, _skip(text, at)
    root = NAME.match(text, at)
    if root is None or depth > DEEPEST:
        raise _unreadable(text, begin - 2, at)
    at = root.end()
    steps: list[str | int | Expression] = []
    bracketed: set[int] = set()
    while (sign := text[at : at + 1]) in (".", "["):
        if sign == "[":
            bracketed.add(len(steps))
            step, at = _index(text, at + 1, depth)
        else:
            step, at = _field(text, at + 1)
        steps.append(step)
    return root[0], tuple(steps), frozenset(bracketed), _skip(text, at)


def _field(text: str, at: int) -> tuple[str, int]:
    if quoted := QUOTED.match(text, at):
        return _unquote(quoted[0]), quoted.end()
    if name := NAME.match(text, at):
        return name[0], name.end()
    raise _unreadable(text, text.rfind("${", 0, at), at)


def _index(text: str, at: int, depth: int) -> tuple[str | int | Expression, int]:
    begin, at = at, _skip(text, at)
    step: str | int | Expression
    if quoted := QUOTED.match(text, at):
        step, at = _unquote(quoted[0]), quoted.end()
    elif number := INDEX.match(text, at):
        step, at = int(number[0]), number.end()
    else:
        root, steps, bracketed, after = _path(text, at, depth + 1)
        step, at = Expression(root, steps, f"${{{text[at:after].strip()}}}", bracketed), after
    at = _skip(text, at)
    if text[at : at + 1] != "]":
        raise _unreadable(text, text.rfind("${", 0, begin), at)
    return step, at + 1


def _unquote(quoted: str) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:
        raise NoExpression(f"{quoted[:60]} has an unknown escape; write it as JSON") from None


def _skip(text: str, at: int) -> int:
    found = SPACE.match(text, at)
    return found.end() if found else at


def _unreadable(text: str, begin: int, at: int) -> NoExpression:
    begin = max(begin, 0)
    end = text.find("}", at)
    shown = text[begin : end + 1 if 0 <= end < begin + 60 else begin + 60]
    if end < 0:
        return NoExpression(f"`{shown}` never ends; close it with `}}`, or write `$${{` for the text itself")
    return NoExpression(
        f"`{shown}` is not an expression; write `${{var.NAME}}` or `${{vector_store.NAME.id}}`, "
        "or `$${` for the text itself"
    )


def _has_field(text: str, at: int) -> bool:
    """Returns whether a name and a dot follow the position `at` in the text. Spaces may be around the name."""
    name = NAME.match(text, _after_spaces(text, at))
    return name is not None and text.startswith(".", _after_spaces(text, name.end()))


def _after_spaces(text: str, at: int) -> int:
    spaces = SPACE.match(text, at)
    return spaces.end() if spaces else at


def escape(value: Any) -> Any:
    """Returns a copy of a value in which each `${` in a text is replaced by `$${`. If the copy is written to a
    manifest, reading the manifest gives the original texts, and no expression in them is evaluated. Keys of mappings
    are not changed, because keys are never searched for expressions.
    """
    if isinstance(value, str):
        return value.replace("${", ESCAPE)
    if isinstance(value, Mapping):
        return {key: escape(item) for key, item in value.items()}
    return [escape(item) for item in value] if isinstance(value, list | tuple) else value
