"""Letters that a reader cannot see, or that change what others look like, are shown as escapes.

A prompt that comes from a pull request may hold marks that turn text around, erase a line on a terminal, or hide words
from people that a model reads.
"""

from __future__ import annotations

import re
import unicodedata

#: Marks without which some scripts, and some emoji, are not what they are.
NEEDED = {"\u200c", "\u200d", *map(chr, range(0x600, 0x606)), "\u06dd", "\u070f", "\u08e2"}
#: What is neither a letter nor a sign: controls, formats, halves of pairs, ends of lines that are none of ours.
HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
#: Every other letter; those left out here are certainly seen, and nearly every text holds nothing else.
SUSPECT = re.compile(r"[^\n\t -~\u00a1-\u00ac\u00ae-\u02ff\u3131-\u318e\u4e00-\u9fff\uac00-\ud7a3]")


def make_visible(text: str) -> str:
    """The text with what is hidden as `\\u202e`; line feeds and tabs stay."""
    return SUSPECT.sub(_show, text)


def on_one_line(text: str) -> str:
    """The same, with line feeds and tabs as `\\n` and `\\t`."""
    return make_visible(text).replace("\n", "\\n").replace("\t", "\\t")


def escape_hidden(json: str) -> str:
    """JSON's text with the same letters as JSON spells them: `\\u202e`, two halves where one is too short."""
    return SUSPECT.sub(_escape, json)


def _show(found: re.Match[str]) -> str:
    letter = found[0]
    if _is_seen(letter):
        return letter
    if letter == "\r":
        return "\\r"
    code = ord(letter)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _escape(found: re.Match[str]) -> str:
    letter = found[0]
    if _is_seen(letter):
        return letter
    data = letter.encode("utf-16-be", errors="surrogatepass")
    return "".join(f"\\u{data[index : index + 2].hex()}" for index in range(0, len(data), 2))


def _is_seen(letter: str) -> bool:
    return letter in NEEDED or unicodedata.category(letter) not in HIDDEN
