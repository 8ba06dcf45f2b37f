"""Decodes the JSON of an HTTP response within limits. Invalid JSON is an error. A value that a state cannot store is
also an error.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from provisioner.core.strictjson import read_integer
from provisioner.core.text.redaction import redact
from provisioner.state.large_json import fields_type

NESTED = frozenset((dict, list))
#: The most levels of lists and objects in an answer.
MOST_DEPTH = 100
#: The approximate limit on the number of values in an answer. Brackets, braces and commas are counted, also those
#: inside strings.
MOST_VALUES = 2_000_000
#: From this number of bytes on, msgspec decodes an answer. For smaller answers, its import would take longer than the
#: module `json`.
LARGE = 5_000
#: Matches a key with whitespace before its colon. No known server writes this.
LOOSE_KEY = re.compile(rb'"\s+:')
#: A quotation mark and one of the four characters of whitespace in JSON.
AFTER_QUOTE = (b'" ', b'"\t', b'"\n', b'"\r')
#: The number of digits of an integer from which on a state may not hold it.
MOST_DIGITS = 300
#: The most characters of an answer's body that an error message repeats.
SHOWN = 200
#: The number of characters of a text that are searched for secrets before the beginning of the text is displayed. This
#: part is much longer than the displayed part, so that a secret at the end of the displayed part is found.
SEARCHED = 256 * 1024


class Undecodable(ValueError):
    """Raised if the bytes of a response are not usable JSON. If `torn` is True, the bytes may be the beginning of a
    response that was cut off.
    """

    def __init__(self, reason: str, *, torn: bool = False) -> None:
        super().__init__(reason)
        self.torn = torn


def decode(content: bytes) -> Any:
    """Returns the parsed JSON in `content`. Raises Undecodable if `content` is not JSON, exceeds a limit, or contains a
    value that a state cannot store.
    """
    if sum(content.count(mark) for mark in (b",", b"[", b"{")) > MOST_VALUES:
        raise Undecodable(f"holds more than {MOST_VALUES:,} values")
    if len(content) >= LARGE and (found := _decode_fast(content)) is not None:
        return found
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Undecodable("is not UTF-8", torn=error.end == len(content)) from None
    try:
        # What is read here may be recorded, so the numbers are those that a state may hold.
        value = json.loads(
            text, parse_constant=_refuse, parse_float=_finite, parse_int=read_integer, object_pairs_hook=_unique
        )
    except json.JSONDecodeError:
        raise Undecodable("is not JSON, or ended early", torn=text.lstrip()[:1] in ("", "{", "[")) from None
    except RecursionError:
        raise Undecodable(f"is nested more than {MOST_DEPTH} deep") from None
    except Undecodable:
        raise
    except ValueError:
        raise Undecodable("holds a number that is too long") from None
    _check(value)
    return value


def _decode_fast(content: bytes) -> Any:
    """Returns the value of a JSON text, decoded with msgspec, which is several times as fast as the module `json`.
    Returns None if the text is not JSON, or if it may exceed a limit. In these cases, `decode` uses the module `json`,
    which finds the reason.

    msgspec itself refuses NaN, numbers that are too large for a float, unpaired surrogates, and bytes that are not
    UTF-8.
    """
    import msgspec

    try:
        value = _usual_decoder().decode(content)
        # A repeated key would be missing here.
        if msgspec.json.encode(value) == msgspec.json.format(content, indent=-1):
            return value
    except (msgspec.MsgspecError, ValueError, RecursionError):
        pass  # It has more levels or a larger integer than usual, or it is no JSON object at all.
    try:
        value = msgspec.json.decode(content)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return value if _is_within_limits(value, content) else None


@cache
def _usual_decoder() -> Any:
    """Returns a decoder of msgspec for answers with few levels and no large integer. It refuses all other texts."""
    import msgspec

    return msgspec.json.Decoder(fields_type())


def _is_within_limits(value: Any, content: bytes) -> bool:
    """Returns whether `value`, which was decoded from `content`, is certainly within all limits: no deep nesting, no
    integer that is too large, and no object with a repeated key.

    If a key is repeated, `value` contains only the last of its values. Each key in `content` is followed by `":`. So no
    key is repeated if `":` occurs as often as there are keys in `value`. If it occurs more often, or if there is
    whitespace before a colon, the result is False, although the text may be right.
    """
    keys = 0
    level: list[Any] = [[value]]
    for _ in range(MOST_DEPTH + 1):
        below: list[Any] = []
        for each in level:
            if type(each) is dict:
                keys += len(each)
                below += each.values()
            else:
                below += each
        integers = [each for each in below if type(each) is int]
        if integers and max(max(integers), -min(integers)) >= 10**MOST_DIGITS:
            return False
        level = [each for each in below if type(each) in NESTED]
        if not level:
            return content.count(b'":') == keys and not _has_loose_key(content)
    return False


def _has_loose_key(content: bytes) -> bool:
    """Returns whether there may be whitespace between a key and its colon in the JSON text `content`."""
    # Most answers have no whitespace after a quotation mark, which is found out in a fraction of the time.
    return any(mark in content for mark in AFTER_QUOTE) and LOOSE_KEY.search(content) is not None


def first_line(text: str, most: int = SHOWN) -> str:
    """Returns the first line of `text` that is not empty, for display. The line has at most `most` characters and no
    control characters.
    """
    shown = redact(text[:SEARCHED])
    line = next((each.strip() for each in shown[: 100 * most].splitlines() if each.strip()), "")
    return printable(line, most)


def printable(text: str, most: int) -> str:
    """Returns `text` for display: secrets are replaced, unprintable characters are escaped, and the result has at most
    `most` characters.

    Secrets are replaced before the text is cut off, because the beginning of a secret may not be recognised as a
    secret.
    """
    whole = redact(text[:SEARCHED])
    shown = "".join(each if each.isprintable() else _escape(each) for each in whole[:most])
    return shown + ("…" if len(whole) > most or len(text) > SEARCHED else "")


def _escape(character: str) -> str:
    return " " if character.isspace() else f"\\u{ord(character):04x}"


def _refuse(constant: str) -> float:
    raise Undecodable(f"holds {constant}, which is no JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise Undecodable("holds a number that is too large")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in found if names.count(name) > 1) if len(names) < SHOWN else names[0]
        raise Undecodable(f"holds the key `{printable(twice, 40)}` twice")
    return found


def _check(value: Any) -> None:
    """Raises Undecodable if `value` is nested too deeply, or if a text in it contains an unpaired surrogate."""
    level: list[Any] = [value]
    for _ in range(MOST_DEPTH + 1):
        if not level:
            return
        below: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                _check_texts(each)
                below += each.values()
            elif isinstance(each, list):
                below += each
            elif isinstance(each, str):
                _check_texts((each,))
        level = below
    if any(isinstance(each, dict | list) for each in level):
        raise Undecodable(f"is nested more than {MOST_DEPTH} deep")


def _check_texts(texts: Iterable[str]) -> None:
    for text in texts:
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError:
                raise Undecodable("holds half of a surrogate pair, which is not a character") from None
