"""Encodes and decodes large JSON texts with msgspec, which is many times as fast as the module `json`.

Both give the same texts and values. Where msgspec writes or reads something in another way, the functions here return
None, and the caller uses the module `json`. Small texts are left to `json` altogether, because the import of msgspec
takes longer.
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
    """msgspec and the module `json` write a number of the text differently."""


def encode(value: Any, *, checked: bool = False) -> bytes | None:
    """Returns the JSON of `value` with sorted keys and without spaces, as `json.dumps` writes it. Returns None if
    msgspec would write it differently, for example `1e16` instead of `1e+16`, or cannot write it.

    The text is read again and compared with `value`, so a value that JSON cannot hold is never written. With `checked`
    this is left out, because the caller knows that it holds.
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
    """Returns a JSON text of `encode` with line breaks and an indentation of two spaces, as `json.dumps` writes it."""
    import msgspec

    return msgspec.json.format(data, indent=2)


def decode(text: str) -> Any:
    """Returns the value of a JSON text, as `strictjson.loads(text, repeated=True)` does. Returns None if only that
    function can read the text, or can say what is wrong with it.
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
