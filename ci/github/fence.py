"""Puts what it reads into a block of code for the job's summary, whatever is in it. `fence.py TITLE LANGUAGE < TEXT`.

What a branch of somebody else's brings along is shown as it is: no markup, and nothing that readers do not see. GitHub
takes 1 MiB of a summary; one block gets a quarter of it.
"""

from __future__ import annotations

import re
import sys
import unicodedata

MOST = 256 * 1024
#: Joiners that some scripts and emoji need.
NEEDED = {"\u200c", "\u200d"}


def main() -> int:
    """Writes the block to stdout."""
    title, language = sys.argv[1:]
    text = make_visible(sys.stdin.buffer.read().decode(errors="backslashreplace")).rstrip("\n")
    data = text.encode()
    cut = len(data) > MOST
    if cut:
        text = data[:MOST].decode(errors="ignore").rpartition("\n")[0]
    ticks = "`" * max(3, max(map(len, re.findall("`+", text)), default=0) + 1)
    block = f"{ticks}{language}\n{text}\n{ticks}\n" if text else "Nothing.\n"
    rest = "\nThere is more: it was cut off here.\n" if cut else ""
    sys.stdout.buffer.write(f"### {title}\n\n{block}{rest}\n".encode())
    return 0


def make_visible(text: str) -> str:
    """The text with controls and formats as `\\u202e`; line feeds and tabs stay."""
    return "".join(letter if _is_seen(letter) else f"\\u{ord(letter):04x}" for letter in text)


def _is_seen(letter: str) -> bool:
    return letter in "\n\t" or letter in NEEDED or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


if __name__ == "__main__":
    sys.exit(main())
