"""Every regular expression of the package takes time in proportion to the text, whatever the text holds.

The texts are made from the expressions: what stands before each repetition, and then what the repetition may hold, over
and over, with an end that does not match. Adjacent repetitions over the same characters, repetitions of repetitions and
a search that begins anew at every position all take quadratic time, or worse, with one of these.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import signal
import time
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from msgspec import Struct

import provisioner
from provisioner.manifest import limits
from provisioner.manifest.resources import instructions
from provisioner.manifest.validation import dialects
from tests.sources import dotted, nodes_of

#: The standard library's parser of regular expressions, whose modules have no types.
constants: Any = importlib.import_module("re._constants")
parser: Any = importlib.import_module("re._parser")

PACKAGE = Path(provisioner.__file__).parent
#: Characters of a text.
SIZE = 20_000
METHODS = ("search", "match", "fullmatch", "finditer", "findall", "sub", "subn", "split")
#: Expressions that callers give texts of so many characters at most, by the beginning of their names.
BOUNDED = {
    "provisioner.manifest.resources.instructions.PATHLIKE": instructions.LONGEST_PATH,
    "provisioner.manifest.validation.dialects.": dialects.LONGEST,
    "provisioner.manifest.validation.error_messages.NUMBER": 64,
    "provisioner.manifest.parsing.hints r": limits.HINTED_LINE,
}
#: Of every class of characters, those of these that are in it are tried.
ALPHABET = "aA0_-. /:=\t\"'`{[(<$%#@,;|\n\\\u0301\u2013\u200b\ue000\ue400é"
#: Ends after which many a match fails.
ENDS = ("\x00", "\n")
REPEATS = (constants.MAX_REPEAT, constants.MIN_REPEAT, constants.POSSESSIVE_REPEAT)


class TooSlow(Exception):
    pass


def modules() -> list[str]:
    names = (each.name for each in pkgutil.walk_packages(provisioner.__path__, "provisioner."))
    return [name for name in names if not name.endswith("__main__")]


def patterns_in(value: Any, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    """The compiled expressions in a value: itself, its items, its fields."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, (list, tuple, set, frozenset, dict)) and depth < 4:
        for each in (*value, *(value.values() if isinstance(value, dict) else ())):
            yield from patterns_in(each, depth + 1)
    elif not isinstance(value, type) and depth < 4 and (names := fields_of(value)):
        for name in names:
            yield from patterns_in(getattr(value, name, None), depth + 1)


def fields_of(value: object) -> tuple[str, ...]:
    if isinstance(value, Struct):
        return value.__struct_fields__
    return tuple(each.name for each in fields(value)) if is_dataclass(value) else ()


@cache
def compiled() -> dict[str, tuple[re.Pattern[Any], tuple[str, ...]]]:
    """Every expression by its name, with the methods that are called of it, or two where none can be seen."""
    found: dict[str, tuple[re.Pattern[Any], tuple[str, ...]]] = {}
    called: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        for node in nodes_of(path):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in METHODS:
                called.setdefault(node.value.id, set()).add(node.attr)
            if isinstance(node, ast.Call) and dotted(node.func).removeprefix("re.") in METHODS and node.args:
                text = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
                if isinstance(text, str | bytes) and dotted(node.func).startswith("re."):
                    method = dotted(node.func).removeprefix("re.")
                    module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
                    found[f"{module} r{text!r}"] = re.compile(text), (method,)
    seen = set()
    for name in modules():
        for variable, value in vars(importlib.import_module(name)).items():
            for index, pattern in enumerate(patterns_in(value)):
                if pattern not in seen and not variable.startswith("__"):
                    seen.add(pattern)
                    key = f"{name}.{variable}" + (f"[{index}]" if index or pattern is not value else "")
                    found[key] = pattern, tuple(sorted(called.get(variable, ()))) or ("finditer", "fullmatch")
    return found


def sample(node: Any) -> str:
    """A text that a part of an expression matches, as nearly as can be said simply."""
    return "".join(next(iter(samples(each)), "") for each in node)


def samples(part: Any) -> list[str]:
    """Texts for one step of an expression: several for a class of characters."""
    kind, value = part
    if kind is constants.LITERAL:
        return [chr(value)]
    if kind in (constants.IN, constants.ANY, constants.NOT_LITERAL, constants.CATEGORY):
        one = parser.SubPattern(parser.State(), [part])
        return [each for each in ALPHABET if matches(one, each)][:5] or [chr(member(value))]
    if kind is constants.SUBPATTERN:
        return [sample(value[-1])]
    if kind is constants.ATOMIC_GROUP:
        return [sample(value)]
    if kind is constants.BRANCH:
        return [sample(each) for each in value[1]]
    if kind in REPEATS:
        least, _, inside = value
        return [sample(inside) * max(1, min(least, 64))]
    return [""]


def matches(node: Any, character: str) -> bool:
    from re import _compiler  # type: ignore[attr-defined]

    return bool(_compiler.compile(node).fullmatch(character))


def member(value: Any) -> int:
    """A character of a class that has none of the alphabet."""
    for kind, what in value if isinstance(value, list) else ():
        if kind is constants.LITERAL:
            return int(what)
        if kind is constants.RANGE:
            return int(what[0])
    return ord("a")


def attacks(node: Any, before: str = "") -> Iterator[str]:
    """Beginnings and repeated pieces for every repetition in an expression, as texts of SIZE characters."""
    at = before
    for part in node:
        kind, value = part
        if kind in REPEATS:
            _, most, inside = value
            if most > 8:
                pieces = samples(inside[0]) if len(inside) == 1 else [sample(inside)]
                for piece in filter(None, pieces):
                    yield at + piece * ((SIZE - len(at)) // len(piece))
                yield (at + pieces[0]) * (SIZE // max(1, len(at + pieces[0])))
            yield from attacks(inside, at)
        elif kind is constants.SUBPATTERN:
            yield from attacks(value[-1], at)
        elif kind is constants.ATOMIC_GROUP:
            yield from attacks(value, at)
        elif kind is constants.BRANCH:
            for each in value[1]:
                yield from attacks(each, at)
        elif kind in (constants.ASSERT, constants.ASSERT_NOT):
            yield from attacks(value[1], at)
        at += next(iter(samples(part)), "")
    if at:
        yield at * (SIZE // len(at))


@cache
def allowed() -> float:
    """Seconds of this machine's processor for one search: a tenth of what a search in quadratic time takes here.

    A search in linear time takes less than a hundredth of it. A fixed number would be wrong on a faster machine.
    """
    begin = time.process_time()
    assert not re.search(r"[a-z]+-\Z", "a" * SIZE)
    return (time.process_time() - begin) / 10


def run(pattern: re.Pattern[Any], method: str, text: str) -> None:
    """Applies a method as callers do. Raises TooSlow."""
    seconds = allowed()
    given = text if isinstance(pattern.pattern, str) else text.encode()

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        if method in ("finditer", "findall", "sub", "subn", "split"):
            for _ in pattern.finditer(given):
                pass
        else:
            getattr(pattern, method)(given)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def slow_texts(pattern: re.Pattern[Any], methods: tuple[str, ...], most: int = SIZE) -> list[str]:
    """The beginnings of the texts for which the expression takes too long, at most one."""
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    for attack in dict.fromkeys(attacks(parser.parse(text, pattern.flags & ~re.UNICODE))):
        for method in methods:
            for end in ENDS:
                try:
                    run(pattern, method, attack[: most - 1] + end)
                except TooSlow:
                    return [attack[:60]]
    return []


@pytest.mark.thorough
@pytest.mark.timeout(600)  # a busy machine
def test_no_text_takes_long() -> None:
    slow = {}
    for name, (pattern, methods) in compiled().items():
        most = next((count for begin, count in BOUNDED.items() if name.startswith(begin)), SIZE)
        if texts := slow_texts(pattern, methods, most):
            slow[name] = texts
    assert len(compiled()) > 100
    assert not slow


@pytest.mark.parametrize(
    "expression",
    [
        r"^-- *(?:y)? *\n",  # the same characters twice in sequence
        r"(?:a+)+b",
        r"(?:\w+\s*)*:",
        r"(?:a|[a-z])(?:,(?:a|[a-z]))*!",
        r"[a-z]+-[a-z]+\Z",  # a search that begins anew in what it has read
        r"<[a-z]+(?: [^>]*)?>",
        r"\{\{.*?\}\}",
    ],
)
def test_slow_expressions_are_found(expression: str) -> None:
    assert slow_texts(re.compile(expression), ("finditer",))
