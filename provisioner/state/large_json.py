"""Encodes and decodes large JSON texts with msgspec, which is many times as fast as the module `json`.

Both modules give the same texts and values. If msgspec would write or read a value differently, the functions in this
module return None, and the caller uses the module `json`. The caller also uses `json` for small texts, because the
import of msgspec takes longer.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import chain
from typing import Annotated, Any, NewType

from msgspec import Struct

from provisioner.core.jsondepth import MAX_DEPTH

#: The smallest number of characters of a text that is decoded with msgspec.
LARGE_TEXT = 400_000
#: The smallest number of records in a state that is encoded with msgspec.
LARGE_STATE = 400
#: An integer in the text must be smaller, because a float could not hold it.
LARGEST_INTEGER = 10**308
#: The bound of the integers that most states have at most. Larger ones are compared with LARGEST_INTEGER.
USUAL_INTEGER = 2**63
#: The levels of lists and objects that most states have at most. Values with more levels are counted level by level.
USUAL_DEPTH = 12
#: The levels of a state around the fields of a record: the state, its records and the record.
OUTER_DEPTH = 3
#: The beginnings of two keys of a state without spaces. The key between them would be sorted between them.
DIGEST, ENVIRONMENT = b',"digest":"', b',"environment":'
#: The beginning of the last key of a state, its author, without spaces; and the most bytes of this key and its value.
AUTHOR, MOST_OF_AUTHOR = b',"written":', 64 * 1024
#: The types of JSON values. Values of subclasses are left to the module `json`.
PLAIN = frozenset((str, int, float, bool, type(None), dict, list))
NESTED, OBJECTS = frozenset((dict, list)), frozenset((dict,))
NO_TEXTS: frozenset[type] = frozenset()


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


def encode(value: Any, texts: frozenset[type] = NO_TEXTS) -> bytes | None:
    """Returns the JSON of `value` with sorted keys and without spaces, as `json.dumps` writes it. Returns None if
    msgspec would write it differently, for example `1e16` instead of `1e+16`, or cannot write it.

    `texts` are the types of values whose JSON was read from a text. They are written as they were read.
    """
    for number, (level, types) in enumerate(_levels(value)):
        if number > MAX_DEPTH or not _is_written_alike(level, types - texts):
            return None
    return encode_alike(value)


def encode_alike(value: Any) -> bytes | None:
    """Returns what `encode` returns, without checking whether the module `json` writes `value` in the same way. The
    caller must know that it does.
    """
    import msgspec

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


class TextDigests(Struct, frozen=True):
    """The digests of the text of a state. `text` is the text without spaces between its values. `claim` is the digest
    that the text contains, and `signed` is the digest of the other keys. `content` is the digest of the other keys
    without the last key `written` (the author). `author` is the JSON of the value of this key; it is empty if the text
    has no such key.
    """

    text: bytes
    claim: str
    signed: str
    content: str
    author: bytes

    @property
    def is_intact(self) -> bool:
        """Whether the digest in the text is the digest of the other keys."""
        return self.claim == self.signed

    def content_of(self, written: Any) -> str:
        """Returns the digest of the state without its author. `written` is the value of the key `written` of the state,
        or None if the state has no such key. Returns an empty text if this key is not the last one in the text.
        """
        if written is None:
            return self.signed
        return self.content if self.author == encode(written) else ""


def read_digests(text: str | bytes) -> TextDigests | None:
    """Returns the digests of `text`, the JSON of a state as `dump` writes it. Returns None if msgspec cannot read the
    text, or if the digest is not at the place where states are written with it.
    """
    import msgspec

    try:
        data = msgspec.json.format(text.encode() if isinstance(text, str) else text, indent=-1)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        return None
    account, found, rest = _find_digest(data)
    if not found:
        return None
    author = max(data.rfind(AUTHOR, len(data) - MOST_OF_AUTHOR), rest)
    view = memoryview(data)
    content = hashlib.sha256(view[:account])
    content.update(view[rest:author])
    signed = content.copy()
    signed.update(view[author:])
    content.update(b"}")
    value = data[author + len(AUTHOR) : -1] if author > rest else b""
    return TextDigests(data, found, signed.hexdigest(), content.hexdigest(), value)


def _find_digest(data: bytes) -> tuple[int, str, int]:
    """Returns where the digest is in `data`, the text of a state without spaces between its values: the position at
    which its key begins, the digest, and the position of the next key. The digest is empty if it is not found.
    """
    # A quotation mark inside of a string is escaped, so these bytes first occur after the value of `account`.
    begin = data.find(DIGEST)
    value = begin + len(DIGEST)
    end = data.find(b'"', value) if begin >= 0 else -1
    if end < 0 or not data.startswith(ENVIRONMENT, end + 1):
        return 0, "", 0
    return begin, data[value:end].decode(errors="replace"), end + 1


def decode(text: str | bytes) -> Any:
    """Returns the value of a JSON text, as `strictjson.loads(text, repeated=True)` does. Returns None if msgspec cannot
    read the text, or if a value exceeds a limit. The caller then uses `strictjson.loads`, which reads the text or
    raises an error with the reason.
    """
    import msgspec

    try:
        return _usual_decoder().decode(text)
    except msgspec.ValidationError:
        pass  # It has more levels or a larger integer than usual, or is no text of a state at all.
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
def _usual_decoder() -> Any:
    """Returns a decoder of msgspec for states in which no value has more than USUAL_DEPTH levels of lists and objects,
    and no integer is beyond USUAL_INTEGER. It refuses all other texts.

    Both are checked during decoding, because a separate check of a large state takes twice as long as decoding. The
    outer levels of a state are only objects. If each of USUAL_DEPTH levels could be a list as well, the type would have
    4,096 parts, and msgspec would need more time for it than for reading a state of 5,000 records.
    """
    import msgspec

    plain: Any = _plain_type()
    field: Any = _field_type()
    entry: Any = dict[str, plain | list[plain]]  # a retired object
    return msgspec.json.Decoder(dict[str, plain | list[entry] | dict[str, plain | dict[str, field]]])


def fields_type() -> Any:
    """Returns the type of the fields of a record, for a decoder of msgspec: what `_usual_decoder` accepts there."""
    return dict[str, _field_type()]  # type: ignore[misc]


@cache
def _field_type() -> Any:
    # A type with a name is compared by its identity. Comparing nested types would take six times as long.
    name: Any = NewType
    plain: Any = _plain_type()
    field: Any = plain
    for _ in range(USUAL_DEPTH - OUTER_DEPTH):
        field = name("Field", plain | list[field] | dict[str, field])
    return field


@cache
def _plain_type() -> Any:
    import msgspec

    integer: Any = Annotated[int, msgspec.Meta(ge=-USUAL_INTEGER, le=USUAL_INTEGER - 1)]
    return None | bool | integer | float | str


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
