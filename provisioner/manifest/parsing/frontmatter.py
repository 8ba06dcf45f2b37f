"""Finds the front matter of Markdown files, or the reason why a file has none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.core.kinds.assistant import AssistantModel

FENCE = re.compile(r"^---[ \t]*$", re.MULTILINE)
FIELDS = frozenset(AssistantModel.model_fields)
#: Fields of an assistant that front matter of ordinary web pages has as well.
SHARED = frozenset({"name", "description", "image", "metadata", "user", "text", "include", "lifecycle", "target"})
#: Fields of pages, as site generators know them.
PAGES = frozenset(
    {"title", "layout", "date", "tags", "slug", "permalink", "author", "authors", "draft", "weight", "categories"}
    | {"category", "aliases", "lang", "keywords", "nav_order", "parent", "sidebar_position", "sidebar_label", "toc"}
    | {"summary", "published", "id", "updated", "created", "cover"}
)
#: Whitespace and invisible characters, which may be before front matter.
SPACE = re.compile(r"[\s\u200b\u2060\ufeff]*")
#: A line that is a comment in Markdown: `[//]: # (text)`.
LINK_COMMENT = re.compile(r"\[(?://|comment)\]:[^\n]*(?:\n|\Z)", re.IGNORECASE)
_FIELD = rf"(?:{'|'.join(sorted(FIELDS))})"
#: A fence that is misplaced or misspelt: dashes of some kind, then a field of an assistant.
MISPLACED = re.compile(
    rf"^[^\S\n]*+[-–—]{{2,}}+[^\S\n]*+(?:ya?ml[^\S\n]*+)?\n[^\S\n]*+{_FIELD}[^\S\n]*+:", re.MULTILINE
)
UNOPENED = re.compile(rf"{_FIELD}[^\S\n]*:")
JSON = re.compile(rf"\{{\s*\"{_FIELD}\"\s*:")
#: How many characters of a file are searched for misplaced front matter.
SEARCHED = 20_000


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """Positions in a Markdown file: where the YAML begins and ends, and where the body begins. They count characters
    from 0.
    """

    begin: int
    end: int
    body: int


@dataclass(frozen=True, slots=True)
class Missing:
    """The reason why a Markdown file has no readable front matter, and the position in the text.

    `is_error`: the text at this position was certainly meant as front matter.
    """

    position: int
    message: str
    is_error: bool = False


def find_front_matter(text: str) -> FrontMatter | Missing:
    """Returns where the front matter of a Markdown file is, or why there is none. Only empty lines and comments may
    come before its first line.
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
    """Returns whether front matter belongs to a web page, which happens to be below a folder called `assistants`.

    That is so if it has fields of a page, and no fields that only assistants have. With `is_placed`, the file is where
    assistants are expected: then it is no page, and its unknown fields are errors.
    """
    if is_placed or not isinstance(data, Mapping):
        return False
    names = set(data)
    return bool(names & PAGES) and not names & (FIELDS - SHARED)


def _skip_preamble(text: str) -> int:
    """Returns the position of the first line that is neither empty nor a comment."""
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
    """Returns whether YAML follows a line `---` that comes after empty lines or comments. Otherwise the line is a
    thematic break. `at` is the position after the line.
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
    if JSON.match(rest) or rest.startswith(";;;"):
        return Missing(at, "this front matter is JSON; write it as YAML between two lines `---`", is_error=True)
    if misplaced := MISPLACED.search(rest):
        message = (
            "front matter seems to begin here, and is not read: it begins with a line of three hyphens, `---`, "
            "without indentation, before which only empty lines and comments are allowed"
        )
        return Missing(at + misplaced.start(), message, is_error=True)
    if UNOPENED.match(rest) and FENCE.search(rest):
        message = "front matter seems to begin here, and is not read; put a line `---` before it"
        return Missing(at, message, is_error=True)
    message = (
        "this file lies in a folder called `assistants` and has no front matter, so it is not read as an assistant; "
        "begin it with two lines `---`, refer to it in a manifest, or name it in `ignore:`"
    )
    return Missing(0, message)
