"""Finds the front matter of a Markdown file, or the reason why the file has no front matter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from msgspec import Struct

from provisioner.core.assistant_fields import ASSISTANT_FIELDS

FENCE = re.compile(r"^---[ \t]*$", re.MULTILINE)
#: The endings of the names of Markdown files, in lowercase.
MARKDOWN = (".md", ".markdown")
#: Fields of an assistant that also occur in the front matter of ordinary web pages.
SHARED = frozenset({"name", "description", "image", "metadata", "user", "text", "include", "lifecycle", "target"})
#: Fields of web pages, as site generators define them.
PAGES = frozenset(
    {"title", "layout", "date", "tags", "slug", "permalink", "author", "authors", "draft", "weight", "categories"}
    | {"category", "aliases", "lang", "keywords", "nav_order", "parent", "sidebar_position", "sidebar_label", "toc"}
    | {"summary", "published", "id", "updated", "created", "cover"}
)
#: Whitespace and invisible characters, which are allowed before front matter.
SPACE = re.compile(r"[\s\u200b\u2060\ufeff]*")
#: A line that is a comment in Markdown: `[//]: # (text)`.
LINK_COMMENT = re.compile(r"\[(?://|comment)\]:[^\n]*(?:\n|\Z)", re.IGNORECASE)
#: The number of characters of a file that are searched for misplaced front matter.
SEARCHED = 20_000


class FrontMatter(Struct, frozen=True):
    """Positions in a Markdown file: the beginning and the end of the YAML, and the beginning of the body. Positions
    count characters from 0.
    """

    begin: int
    end: int
    body: int


class Missing(Struct, frozen=True):
    """The reason (`message`) why a Markdown file has no readable front matter. `position` is the position in the text
    to which the reason applies. `is_error` is true if the text at this position is certainly front matter with a
    mistake.
    """

    position: int
    message: str
    is_error: bool = False


@cache
def _misplaced() -> re.Pattern[str]:
    """Returns a regular expression that matches a misplaced or misspelt first line of front matter: dashes of some
    kind, then a line with a field of an assistant.
    """
    return re.compile(
        rf"^[^\S\n]*+[-–—]{{2,}}+[^\S\n]*+(?:ya?ml[^\S\n]*+)?\n[^\S\n]*+{_field()}[^\S\n]*+:", re.MULTILINE
    )


def _field() -> str:
    return rf"(?:{'|'.join(sorted(ASSISTANT_FIELDS))})"


def find_front_matter(text: str) -> FrontMatter | Missing:
    """Returns the positions of the front matter of a Markdown file, or the reason why there is no front matter. Only
    empty lines and comments may be before the first line of front matter.
    """
    at = _skip_preamble(text)
    first = FENCE.match(text, at)
    if first is None or (at and not _reads_like_yaml(text, first.end() + 1)):
        return _explain_missing(text, at)
    second = FENCE.search(text, min(first.end() + 1, len(text)))
    if second is None or second.start() == first.start():
        return Missing(at, "the front matter that begins here never ends; close it with a line `---`", is_error=True)
    return FrontMatter(first.end() + 1, second.start(), second.end())


def is_page(data: Any, *, is_placed: bool) -> bool:
    """Returns whether `data`, the front matter of a Markdown file below a folder named `assistants`, belongs to a web
    page.

    The front matter of a page contains fields of web pages, and no field that only assistants have. With `is_placed`,
    the file is in the folder in which assistants are expected. Then the result is False, so that unknown fields are
    reported as errors.
    """
    if is_placed or not isinstance(data, Mapping):
        return False
    names = set(data)
    return bool(names & PAGES) and names.isdisjoint(set(ASSISTANT_FIELDS) - SHARED)


def _skip_preamble(text: str) -> int:
    """Returns the position of the first line of the text that is neither empty nor a comment."""
    at = 0
    while True:
        space = SPACE.match(text, at)
        found = space.end() if space else at
        if text.startswith("<!--", found):
            end = text.find("-->", found + 4)
            if end < 0:
                return at
            at = end + 3
        elif comment := LINK_COMMENT.match(text, found):
            at = comment.end()
        else:
            begin = text.rfind("\n", 0, found) + 1
            return max(begin, at)


def _reads_like_yaml(text: str, at: int) -> bool:
    """Returns whether YAML follows a line `---` in `text`. Only empty lines and comments are before this line, and `at`
    is the position after the line. If no YAML follows, the line is a thematic break of Markdown.
    """
    end = FENCE.search(text, min(at, len(text)))
    lines = text[at : end.start() if end else at + SEARCHED].split("\n")
    lines = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return (end is not None and not lines) or bool(lines and re.match(r"[\w\"'-]+[ \t]*:(?:\s|$)", lines[0]))


def _explain_missing(text: str, at: int) -> Missing:
    rest = text[at : at + SEARCHED]
    if rest.startswith("+++"):
        message = "this front matter is TOML (`+++`); write it as YAML between two lines `---`"
        return Missing(at, message, is_error=True)
    if re.match(rf"\{{\s*\"{_field()}\"\s*:", rest) or rest.startswith(";;;"):
        return Missing(at, "this front matter is JSON; write it as YAML between two lines `---`", is_error=True)
    if misplaced := _misplaced().search(rest):
        message = (
            "front matter seems to begin here, and is not read: it begins with a line of three hyphens, `---`, "
            "without indentation, before which only empty lines and comments are allowed"
        )
        return Missing(at + misplaced.start(), message, is_error=True)
    if re.match(rf"{_field()}[^\S\n]*:", rest) and FENCE.search(rest):
        message = "front matter seems to begin here, and is not read; put a line `---` before it"
        return Missing(at, message, is_error=True)
    message = (
        "this file lies in a folder called `assistants` and has no front matter, so it is not read as an assistant; "
        "begin it with two lines `---`, refer to it in a manifest, or name it in `ignore:`"
    )
    return Missing(0, message)
