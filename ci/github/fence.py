"""Writes its input as a block of code for the job's summary. `fence.py TITLE LANGUAGE < TEXT`.

The input may be from a stranger's branch. It cannot contain markup, and hidden characters are shown. GitHub accepts 1
MiB for a summary; one block gets a quarter of it.
"""

from __future__ import annotations

import re
import sys

from visible import make_visible

MOST = 256 * 1024
#: Backticks in a row that are shown: the fences around the block are longer than any run in it, and count, too.
LONGEST_RUN = 1000


def main() -> int:
    """Writes the block to stdout."""
    title, language = sys.argv[1:]
    text = make_visible(sys.stdin.buffer.read().decode(errors="backslashreplace")).rstrip("\n")
    data = text.encode()
    cut = len(data) > MOST
    if cut:
        text = data[:MOST].decode(errors="ignore")
    if (run := re.search(f"`{{{LONGEST_RUN + 1},}}", text)) is not None:
        text, cut = text[: run.start()], True
    ticks = "`" * max(3, max(map(len, re.findall("`+", text)), default=0) + 1)
    block = f"{ticks}{language}\n{text}\n{ticks}\n" if text else "Nothing.\n"
    left_out = len(data) - len(text.encode())
    # It is said first, too: nobody scrolls past a quarter of a megabyte to learn that there is more.
    notice = f"\n**⚠️ {left_out:,} of {len(data):,} bytes are not shown here: look at the files.**\n" if cut else ""
    rest = "\nThere is more: it was cut off here.\n" if cut else ""
    sys.stdout.buffer.write(f"### {title}\n{notice}\n{block}{rest}\n".encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
