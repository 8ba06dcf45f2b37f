"""A page taken apart: its elements, texts and anchors."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

VOID = {"col", "input", "meta", "wbr"}


class Anatomy(HTMLParser):
    """What a browser would make of a page. Fails where an element is not closed, or closed in another one."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.comments: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1] not in ("style", "script"):
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    @property
    def text(self) -> str:
        """What can be read."""
        return "".join(self.texts)

    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        """The elements and the names of their attributes, without what is in them."""
        return [(tag, tuple(attributes)) for tag, attributes in self.elements]

    def values(self, name: str) -> list[str]:
        """All values of an attribute."""
        return [value for _, attributes in self.elements if (value := attributes.get(name)) is not None]


def inlined(page: str, tag: str) -> str:
    """The page's one style or script."""
    [found] = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
    return str(found)


def digest(text: str) -> str:
    """As a Content-Security-Policy spells it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def without_frame(page: str) -> str:
    """The page without style, script and their digests, which no expectation repeats."""
    page = re.sub(r"sha256-[\w+/=]{44}&#x27;", "sha256-…&#x27;", page)
    for tag, name in (("style", "page.css"), ("script", "page.js")):
        page = page.replace(inlined(page, tag), f" {name} ")
    return page
