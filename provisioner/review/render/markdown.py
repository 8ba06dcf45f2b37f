"""Renders texts in Markdown so that no part of a text is interpreted as markup, as a mention or as a link."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from provisioner.core.text.visible import make_visible, on_one_line

TICKS = re.compile(r"`+")


def code(text: str) -> str:
    """Returns the text as inline code of Markdown, on one line. GitHub recognises no mentions and no links in inline
    code.
    """
    text = on_one_line(text) or " "
    ticks = "`" * (_longest(text) + 1)
    space = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def html_code(text: str) -> str:
    """Returns the text as inline code in HTML. It is used in the visible line of a foldable block, which must be HTML
    instead of Markdown.
    """
    return f"<code>{escape(on_one_line(text))}</code>"


def fence(lines: Iterable[str], language: str = "diff") -> str:
    """Returns the lines as a block of Markdown code. `language` is the language after the first fence. The fences are
    longer than every sequence of backquotes in the lines.
    """
    body = make_visible("\n".join(lines))
    ticks = "`" * max(3, _longest(body) + 1)
    return f"{ticks}{language}\n{body}\n{ticks}"


def folded(summary: str, body: str, *, opened: bool = False) -> str:
    """Returns a block that readers can fold and unfold. `summary` is HTML and always visible; `body` is Markdown. If
    `opened` is True, the block is unfolded at first.
    """
    return f"<details{' open' if opened else ''}><summary>{summary}</summary>\n\n{body}\n\n</details>"


def _longest(text: str) -> int:
    return max(map(len, TICKS.findall(text)), default=0)
