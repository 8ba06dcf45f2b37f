"""Encodes and decodes large JSON texts with msgspec, which is many times as fast as the module `json`.

Both modules give the same texts and values. If msgspec would write or read a value differently, the functions in this
module return None, and the caller uses the module `json`. The caller also uses `json` for small texts, because the
import of msgspec takes longer.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import chain
from typing import Any

from provisioner.core.jsondepth import MAX_DEPTH

#: The smallest number of characters of a text that is decoded with msgspec.
LARGE_TEXT = 400_000
#: The smallest number of records in a state that is encoded with msgspec.
LARGE_STATE = 400
#: An integer in the text must be smaller, because a float could not hold it.
LARGEST_INTEGER = 10**308
#: The levels of lists and objects that most states have at most. Values with more levels are counted level by level.
USUAL_DEPTH = 12
#: A text with an integer of 309 digits has at least nine digits among its characters 0, STRIDE, 2 * STRIDE and so on
#: that follow each other.
STRIDE = 32
LONG_NUMBER, LONG_NUMBER_BYTES = re.compile("[0-9]{9}"), re.compile(b"[0-9]{9}")
#: The beginnings of two keys of a state without spaces. The key between them would be sorted between them.
DIGEST, ENVIRONMENT = b',"digest":"', b',"environment":'
#: The types of JSON values. Values of subclasses are left to the module `json`.
PLAIN = frozenset((str, int, float, bool, type(None), dict, list))
NESTED, OBJECTS = frozenset((dict, list)), frozenset((dict,))


@contextmanager
def without_collection() -> Iterator[None]:
    """Returns a context manager that switches off Python's garbage collection of cycles during the `with` block.

    JSON values contain no cycles. With the collection, decoding 100,000 records takes about twice as long, because each
    search for cycles visits all objects that exist already.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def encode(value: Any) -> bytes | None:
    """Returns the JSON of `value` with sorted keys and without spaces, as `json.dumps` writes it. Returns None if
    msgspec would write it differently, for example `1e16` instead of `1e+16`, or cannot write it.
    """
    import msgspec

    for number, (level, types) in enumerate(_levels(value)):
        if number > MAX_DEPTH or not _is_written_alike(level, types):
            return None
    try:
        return msgspec.json.encode(value, order="sorted")
    except (msgspec.MsgspecError, ValueError, TypeError, OverflowError, RecursionError):
        return None


def indent(data: bytes) -> bytes:
    """Returns `data`, a JSON text that `encode` returned, with line breaks and an indentation of two spaces, as
    `json.dumps` writes it.
    """
    import msgspec

    return msgspec.json.format(data, indent=2)


def insert_digest(data: bytes, claim: str) -> bytes:
    """Returns the JSON of a state with the digest `claim` inserted. `data` is the JSON without the digest, which
    `encode` returned. The keys are sorted, so the digest comes after the account.
    """
    # A quotation mark inside of a string is escaped, so these bytes first occur after the value of `account`.
    account, key, rest = data.partition(ENVIRONMENT)
    return account + DIGEST + claim.encode() + b'"' + key + rest


def remove_digest(text: str | bytes, claim: str) -> bytes | None:
    """Returns `text`, the JSON text of a state, without the digest `claim` and without spaces between the values.
    Returns None if the text does not have the form in which states are written.
    """
    import msgspec

    try:
        data = msgspec.json.format(text.encode() if isinstance(text, str) else text, indent=-1)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        return None
    account, found, rest = data.partition(DIGEST + claim.encode(errors="replace") + b'"' + ENVIRONMENT)
    return account + ENVIRONMENT + rest if found else None


def decode(text: str | bytes) -> Any:
    """Returns the value of a JSON text, as `strictjson.loads(text, repeated=True)` does. Returns None if msgspec cannot
    read the text, or if a value exceeds a limit. The caller then uses `strictjson.loads`, which reads the text or
    raises an error with the reason.
    """
    import msgspec

    try:
        if not _may_have_long_number(text):
            return _shallow_decoder().decode(text)
    except msgspec.ValidationError:
        pass  # It has more than USUAL_DEPTH levels, or is no text of a state at all.
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return _decode_any(text)


def _decode_any(text: str | bytes) -> Any:
    """Returns the value of a JSON text of any depth. Returns None in the same cases as `decode`."""
    import msgspec

    try:
        value = msgspec.json.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    for number, (level, types) in enumerate(_levels(value)):
        if number > MAX_DEPTH or (int in types and _is_extreme(level)):
            return None
    return value


@cache
def _shallow_decoder() -> Any:
    """Returns a decoder of msgspec that refuses values with more than USUAL_DEPTH levels of lists and objects. The
    depth is checked during decoding, because a separate check of a large state takes twice as long as decoding.
    """
    import msgspec

    found: Any = None | bool | int | float | str
    for _ in range(USUAL_DEPTH):
        found = None | bool | int | float | str | list[found] | dict[str, found]
    return msgspec.json.Decoder(found)


def _may_have_long_number(text: str | bytes) -> bool:
    """Returns whether `text` may contain an integer of LARGEST_INTEGER or more. Only characters whose position is a
    multiple of STRIDE are compared. The result can be True by mistake, so the caller then checks the values themselves.
    """
    if isinstance(text, str):
        return LONG_NUMBER.search(text[::STRIDE]) is not None
    return LONG_NUMBER_BYTES.search(text[::STRIDE]) is not None


def _levels(value: Any) -> Iterator[tuple[list[Any], set[type]]]:
    """Yields the levels of the JSON value `value`, each with the types of its values. A level is the list of the values
    that are nested equally deep: first `value` itself, then the values in it, and so on. At most two levels more than
    MAX_DEPTH are yielded. If a key of an object is not a string, the value NotImplemented is added to the next level.
    """
    level = [value]
    for _ in range(MAX_DEPTH + 2):
        types = set(map(type, level))
        yield level, types
        if types.isdisjoint(NESTED):
            return
        objects = level if types == OBJECTS else [each for each in level if type(each) is dict]
        inner = list(chain.from_iterable(map(dict.values, objects)))
        if list in types:
            inner += chain.from_iterable(each for each in level if type(each) is list)
        if set(map(type, chain.from_iterable(objects))) - {str}:
            inner.append(NotImplemented)
        level = inner


def _is_written_alike(level: list[Any], types: set[type]) -> bool:
    """Returns whether msgspec and the module `json` write each value in `level` in the same way. The items inside lists
    and objects are not compared. `types` are the types of the values in `level`.
    """
    if not types <= PLAIN:
        return False
    return float not in types or all(_is_written_in_full(each) for each in level if type(each) is float)


def _is_written_in_full(number: float) -> bool:
    """Returns whether `number` is finite and its JSON text contains no exponent."""
    text = repr(number)
    return "e" not in text and "n" not in text


def _is_extreme(level: list[Any]) -> bool:
    """Returns whether `level`, which contains integers, contains an integer whose absolute value is LARGEST_INTEGER or
    more.
    """
    integers = [each for each in level if type(each) is int]
    return max(max(integers), -min(integers)) >= LARGEST_INTEGER
