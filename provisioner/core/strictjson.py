"""Reads JSON, and refuses texts that different parsers read differently: repeated keys, NaN, very long numbers, very
deep nesting.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from provisioner.core.jsondepth import MAX_DEPTH, check_depth

#: The largest number of characters of one number.
MAX_NUMBER = 400

Shape = Mapping[str, type | tuple[type, ...]]
NUMBER = (int, float)


def loads(text: str, *, repeated: bool = False) -> Any:
    """Returns the value of a JSON text. Raises ValueError if the text is not JSON, or if other parsers could return
    another value.

    Python's own parser takes the last of repeated keys. It also accepts `NaN` and `1e999`, which cannot be compared.
    With `repeated`, repeated keys are accepted, and the last value is used. A file that git has merged line by line can
    contain repeated keys.
    """
    if text.startswith("\ufeff"):
        raise json.JSONDecodeError("Unexpected UTF-8 BOM (decode using utf-8-sig)", text, 0)
    try:
        value = (_LENIENT if repeated else _STRICT).decode(text)
    except RecursionError:
        raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels") from None
    # A value is at most as deep as its text has opening brackets. Counting these is much faster than walking the value.
    if text.count("{") + text.count("[") > MAX_DEPTH:
        check_depth(value)
    return value


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("it has a key twice in one object")
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _read_float(text: str) -> float:
    number = float(_check_length(text))
    if not math.isfinite(number):
        raise ValueError("a number in it is too large")
    return number


def read_integer(text: str) -> int:
    """Returns the integer that `text` contains. Raises ValueError if `text` has more than MAX_NUMBER characters, or if
    the integer is too large for a float.
    """
    number = int(_check_length(text))
    try:
        float(number)
    except OverflowError:
        raise ValueError("a number in it is too large") from None
    return number


def _check_length(text: str) -> str:
    if len(text) > MAX_NUMBER:
        raise ValueError(f"a number in it has more than {MAX_NUMBER} characters")
    return text


def check_shape(body: Mapping[str, Any], shape: Shape) -> None:
    """Raises TypeError if a field of `body` has another type than `shape` requires. `shape` maps the name of a field to
    its type or types.

    A field that `shape` does not name is accepted. A field that is missing in `body` is accepted too, because the
    constructor of the class that gets `body` reports missing fields. A boolean is not accepted as a number.
    """
    for name, value in body.items():
        wanted = shape.get(name, object)
        # These three tests decide for most values, and are faster than the general one.
        if type(value) is wanted or wanted is object or (type(wanted) is tuple and type(value) in wanted):
            continue
        types = wanted if isinstance(wanted, tuple) else (wanted,)
        odd = isinstance(value, bool) and not {bool, object}.intersection(types)
        if odd or not isinstance(value, wanted):
            raise TypeError(f"{name} is of type {type(value).__name__}")


def _decoder(read_object: Callable[[list[tuple[str, Any]]], dict[str, Any]]) -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=read_object,
        parse_constant=_refuse_constant,
        parse_float=_read_float,
        parse_int=read_integer,
    )


# `json.loads` would make a new decoder for each text.
_STRICT, _LENIENT = _decoder(_read_object), _decoder(dict)
