"""Markdown for any text: nothing in the text is interpreted as markup, mention or link."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from provisioner.core.text.visible import make_visible, on_one_line

TICKS = re.compile(r"`+")


def code(text: str) -> str:
    """Returns a text on one line, as inline code, in which GitHub makes neither mentions nor links."""
    text = on_one_line(text) or " "
    ticks = "`" * (_longest(text) + 1)
    space = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def html_code(text: str) -> str:
    """Returns inline code in HTML, for the summary of a foldable block."""
    return f"<code>{escape(on_one_line(text))}</code>"


def fence(lines: Iterable[str], language: str = "diff") -> str:
    """Returns lines as a block of code, closed by more backquotes than any line has in a row."""
    body = make_visible("\n".join(lines))
    ticks = "`" * max(3, _longest(body) + 1)
    return f"{ticks}{language}\n{body}\n{ticks}"


def folded(summary: str, body: str, *, opened: bool = False) -> str:
    """Returns a foldable block. `summary` is HTML, `body` Markdown."""
    return f"<details{' open' if opened else ''}><summary>{summary}</summary>\n\n{body}\n\n</details>"


def _longest(text: str) -> int:
    return max(map(len, TICKS.findall(text)), default=0)
