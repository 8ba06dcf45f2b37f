"""Escapes characters that a reader cannot see, or that change how other characters are displayed.

A prompt from a pull request may contain characters that reverse the direction of text, erase a line on a terminal, or
hide words from people while a model still reads these words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache

#: Format characters that are visible, such as signs of numbers and verses that are drawn around or above other
#: characters.
DRAWN = {*map(chr, range(0x600, 0x606)), "\u06dd", "\u070f", "\u0890", "\u0891", "\u08e2", "\U000110bd", "\U000110cd"}
#: Unicode categories of characters that are neither letters nor signs: controls, formats, surrogates, other line ends,
#: private use, and characters that this Python's version of Unicode does not have. Fonts draw the last two differently
#: or not at all.
HIDDEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
#: Letters and marks that are drawn as nothing: Default_Ignorable_Code_Point in the file
#: DerivedCoreProperties.txt of the Unicode Character Database, the braille pattern without dots, the format controls
#: and spaces of Egyptian hieroglyphs, the filler of the Khitan script, and the notehead that is not drawn.
IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U00013430-\U0001345f\U00016fe4\U0001bca0-\U0001bca3\U0001d159"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
#: All characters of ASCII that may be hidden.
ASCII_SUSPECT = re.compile(r"[^\n\t -~]")
#: Characters that join or separate two letters, or make a character an emoji. In all other places they are escaped.
JOINER, JOINERS, PICTURE = "\u200d", "\u200c\u200d", "\ufe0f"
#: Letters of the scripts whose letters change beside a joiner: Arabic and related scripts, and scripts of South and
#: Southeast Asia.
JOINED = re.compile(r"[\u0600-\u08ff\ufb50-\ufdff\ufe70-\ufefc\u0900-\u0dff\u1000-\u109f\u1780-\u17ff]")
#: Emoji that Unicode counts as punctuation or as letters, and the characters around the number of a keycap.
PUNCTUATION, KEYS, KEY = "\u203c\u2049\u2139\u3030", "0123456789#*", "\u20e3"


def make_visible(text: str) -> str:
    r"""Returns the text with hidden characters as escapes such as `\u202e`. Line feeds and tabs stay unchanged."""
    return _suspect(text).sub(_show, text)


def on_one_line(text: str) -> str:
    r"""Returns the text with hidden characters as escapes like `\u202e`, and line feeds and tabs as `\n` and `\t`."""
    if text.isascii() and text.isprintable():  # Most texts are.
        return str(text)  # without a subclass, as below
    return make_visible(text).replace("\n", "\\n").replace("\t", "\\t")


def each_on_one_line(texts: Sequence[str]) -> list[str]:
    """Returns the result of `on_one_line` for each text. One test of thousands of usual texts takes less time than a
    call for each of them.
    """
    together = "".join(texts)
    return list(texts) if together.isascii() and together.isprintable() else list(map(on_one_line, texts))


def escape_hidden(json: str) -> str:
    r"""Returns a JSON text in which hidden characters are JSON escapes such as `\u202e`. A character above U+FFFF
    becomes two escapes (surrogates).
    """
    return _suspect(json).sub(_escape, json)


def _suspect(text: str) -> re.Pattern[str]:
    """Returns an expression for all characters that may be hidden, which finds them in `text`. Most texts contain only
    other characters, which are certainly visible.
    """
    return ASCII_SUSPECT if text.isascii() else _any_suspect()


@cache
def _any_suspect() -> re.Pattern[str]:
    # Compiling it takes two milliseconds, and most commands need it for no text.
    return re.compile(r"[^\n\t -~\u00a1-\u00ac\u00ae-\u02ff\u3131-\u3163\u3165-\u318e\u4e00-\u9fff\uac00-\ud7a3]")


def _show(found: re.Match[str]) -> str:
    character = found[0]
    if _is_seen(found):
        return character
    if character == "\r":
        return "\\r"
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    if _is_seen(found):
        return character
    data = character.encode("utf-16-be", errors="surrogatepass")
    return "".join(f"\\u{data[index : index + 2].hex()}" for index in range(0, len(data), 2))


def _is_seen(found: re.Match[str]) -> bool:
    character = found[0]
    if character in JOINERS or character == PICTURE:
        before = found.string[max(0, found.start() - 1) : found.start()]
        after = found.string[found.end() : found.end() + 1]
        if character == PICTURE:
            return (before != PICTURE and _is_symbol(before)) or (before != "" and before in KEYS and after == KEY)
        return _join(before, after, _is_joined) or (character == JOINER and _join(before, after, _is_symbol))
    return character in DRAWN or not (unicodedata.category(character) in HIDDEN or IGNORABLE.match(character))


def _join(before: str, after: str, accepted: Callable[[str], bool]) -> bool:
    """Returns whether a joiner (an invisible character that joins its neighbours) is between two accepted characters.
    `before` and `after` are these characters, and `accepted` decides whether a character is accepted.

    At the beginning of the text `before` is empty, and at its end `after` is empty; in this case, only one character is
    checked. Returns False if both are empty.
    """
    return bool(before or after) and all(accepted(each) for each in (before, after) if each)


def _is_joined(character: str) -> bool:
    return (
        bool(JOINED.match(character)) and unicodedata.category(character)[0] in "LM" and not IGNORABLE.match(character)
    )


def _is_symbol(character: str) -> bool:
    """Returns whether `character` is an emoji, a part of an emoji, or another visible symbol."""
    if character == PICTURE or (character and character in PUNCTUATION):
        return True
    return (
        character > "\x7f" and unicodedata.category(character) in ("So", "Sm", "Sk") and not IGNORABLE.match(character)
    )
