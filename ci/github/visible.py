"""Shows hidden characters in a stranger's text as escapes, for a log or a summary.

The characters are the same as in `provisioner/core/text/visible.py`. This module works without provision, which may not
be installed. It never escapes joiners and the selector of pictures.
"""

from __future__ import annotations

import re
import unicodedata

#: Joiners that some scripts and emoji need, and what makes a sign a picture.
NEEDED = {"\u200c", "\u200d", "\ufe0f"}
#: Categories of characters that are not drawn, or that each font draws as it likes.
HIDDEN = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")
#: What is drawn as nothing though it is a letter or a mark: Default_Ignorable_Code_Point of the Unicode Character
#: Database, and the braille pattern without dots.
IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U00013430-\U0001345f\U00016fe4\U0001bca0-\U0001bca3\U0001d159"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def make_visible(text: str) -> str:
    """The text with what is hidden as `\\u202e`; line feeds and tabs stay."""
    return "".join(each if _is_seen(each) else f"\\u{ord(each):04x}" for each in text)


def on_one_line(text: str) -> str:
    """The same, with line feeds and tabs as `\\n` and `\\t`."""
    return make_visible(text).replace("\n", "\\n").replace("\t", "\\t")


def _is_seen(character: str) -> bool:
    if character in NEEDED or character in "\n\t":
        return True
    return unicodedata.category(character) not in HIDDEN and not IGNORABLE.match(character)
