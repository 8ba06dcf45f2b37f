"""Converts names and texts of any length to Unicode's normal forms. No other module of the package does this."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal

Form = Literal["NFD", "NFKD"]
#: Longer sequences of combining marks are sorted by this module; shorter ones are left to the standard library.
SORTED_MARKS = 64


def to_nfc(text: str) -> str:
    """Returns the text in Unicode's form NFC. For n characters, the time is O(n log n)."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _sort_marks(text, "NFD"))


def to_nfkc(text: str) -> str:
    """Returns the text in Unicode's form NFKC. For n characters, the time is O(n log n)."""
    return unicodedata.normalize("NFKC", _sort_marks(text, "NFKD"))


def to_ascii(text: str) -> str:
    """Returns the text without the characters that are not ASCII. An accent is removed from its letter: `é` becomes
    `e`. For n characters, the time is O(n log n).
    """
    return unicodedata.normalize("NFKD", _sort_marks(text, "NFKD")).encode("ascii", "ignore").decode()


def _sort_marks(text: str, form: Form) -> str:
    """Returns the text with each long sequence of combining marks decomposed and sorted. The normal form `form` of the
    text does not change.

    `unicodedata.normalize` sorts a sequence of marks by insertion, which takes quadratic time if the marks are not in
    order. The canonical order is defined in the Unicode Standard, section 3.11, D108 and D109.
    """
    if len(text) <= SORTED_MARKS or text.isascii():
        return text
    marks = "".join(each for each in set(text) if _is_mark(each, form))
    if not marks:
        return text
    runs = re.compile(f"[{re.escape(marks)}]{{{SORTED_MARKS},}}")
    return runs.sub(lambda run: _in_order(run[0], form), text)


@lru_cache(maxsize=4_096)
def _is_mark(character: str, form: Form) -> bool:
    """Returns whether a character is a combining mark that normalisation to the form `form` sorts, or a character that
    this normalisation decomposes into such marks.
    """
    return character > "\x7f" and unicodedata.combining(unicodedata.normalize(form, character)[0]) > 0


def _in_order(marks: str, form: Form) -> str:
    """Returns the combining marks `marks`, decomposed to the normal form `form` and in canonical order. Marks of the
    same class keep their order.
    """
    pieces = {each: unicodedata.normalize(form, each) for each in set(marks)}
    return "".join(sorted("".join(pieces[each] for each in marks), key=unicodedata.combining))
