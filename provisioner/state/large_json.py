"""Encodes and decodes large JSON texts with msgspec, which is many times as fast as the module `json`.

Both modules give the same texts and values. If msgspec would write or read a value differently, the functions in this
module return None, and the caller uses the module `json`. The caller also uses `json` for small texts, because the
import of msgspec takes longer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from provisioner.core.jsondepth import MAX_DEPTH

#: The smallest number of characters of a text that is decoded with msgspec.
LARGE_TEXT = 400_000
#: The smallest number of records in a state that is encoded with msgspec.
LARGE_STATE = 400
#: An integer in the text must be smaller, because a float could not hold it.
LARGEST_INTEGER = 10**308
NESTED = frozenset((dict, list))


class _OtherNumber(Exception):
    """The error for a number that msgspec and the module `json` write differently."""


def encode(value: Any, *, checked: bool = False) -> bytes | None:
    """Returns the JSON of `value` with sorted keys and without spaces, as `json.dumps` writes it. Returns None if
    msgspec would write it differently, for example `1e16` instead of `1e+16`, or cannot write it.

    The JSON text is read again and compared with `value`, so a value that JSON cannot represent is never written. If
    `checked` is True, the comparison is left out, because the caller knows that JSON can represent `value`.
    """
    import msgspec

    try:
        data = msgspec.json.encode(value, order="sorted")
        if checked:
            return data
        again = msgspec.json.Decoder(float_hook=_read_written_float).decode(data)
    except (msgspec.MsgspecError, _OtherNumber, ValueError, TypeError, RecursionError):
        return None
    return data if again == value else None


def indent(data: bytes) -> bytes:
    """Returns `data`, a JSON text that `encode` returned, with line breaks and an indentation of two spaces, as
    `json.dumps` writes it.
    """
    import msgspec

    return msgspec.json.format(data, indent=2)


def decode(text: str) -> Any:
    """Returns the value of a JSON text, as `strictjson.loads(text, repeated=True)` does. Returns None if only
    `strictjson.loads` can read the text, or can say what is wrong with the text.
    """
    import msgspec

    try:
        value = msgspec.json.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return None if _is_extreme(value) else value


def _is_extreme(value: Any) -> bool:
    """Returns whether `value` is nested deeper than MAX_DEPTH levels, or contains an integer that is too large for a
    float.
    """
    level: list[Any] = [[value]]
    for _ in range(MAX_DEPTH + 1):
        items = [item for each in level for item in _items(each)]
        integers = [item for item in items if type(item) is int]
        if integers and max(max(integers), -min(integers)) >= LARGEST_INTEGER:
            return True
        level = [item for item in items if type(item) in NESTED]
        if not level:
            return False
    return True


def _items(value: Any) -> Iterable[Any]:
    return value.values() if type(value) is dict else value


def _read_written_float(text: str) -> float:
    number = float(text)
    if repr(number) != text:
        raise _OtherNumber(text)
    return number
