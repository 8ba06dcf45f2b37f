"""Builds HTML elements. Every text without the type Markup is escaped, so no text can become markup by mistake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from provisioner.review.render.html.escape import escape

#: Elements without content and without an end tag.
VOID = frozenset({"br", "col", "input", "meta", "wbr"})
#: The elements with a line break before their content (OPEN). Together with further elements they are BLOCKS, which
#: have a line break after their end tag. Tests compare the pages line by line.
OPEN = frozenset(
    ("article", "body", "details", "fieldset", "head", "header", "html", "main", "nav", "section", "table", "ul")
) | frozenset(("tbody", "thead"))
BLOCKS = (
    OPEN
    | frozenset(
        (
            "caption",
            "colgroup",
            "div",
            "footer",
            "h1",
            "h2",
            "h3",
            "legend",
            "li",
            "meta",
            "p",
            "script",
            "style",
            "summary",
        )
    )
    | frozenset(("title", "tr"))
)

Attributes = Mapping[str, str | bool]


class Markup(str):
    """A piece of HTML in which all texts are already escaped. Only texts of this type are inserted into a page without
    escaping.
    """

    __slots__ = ()


NOTHING = Markup("")


def element(name: str, attributes: Attributes | None = None, *children: str) -> Markup:
    """Returns the HTML element with the name `name`. Children without the type Markup are escaped. An attribute with
    the value True is written without a value. An attribute with the value False is left out.
    """
    start = f"<{name}{_attributes(attributes)}>" if attributes else f"<{name}>"
    end = "\n" if name in BLOCKS else ""
    if name in VOID:
        return Markup(start + end)
    content = "".join([each if isinstance(each, Markup) else escape(each) for each in children])
    inner = f"\n{content}" if name in OPEN else content
    return Markup(f"{start}{inner}</{name}>{end}")


def join(parts: Iterable[str], between: str = "") -> Markup:
    """Returns `parts` as one text, with the text `between` between two parts. Each text without the type Markup is
    escaped.
    """
    glue = between if isinstance(between, Markup) else escape(between)
    return Markup(glue.join([each if isinstance(each, Markup) else escape(each) for each in parts]))


def _attributes(attributes: Attributes) -> str:
    written = []
    for name, value in attributes.items():
        if value is True:
            written.append(f" {name}")
        elif value is not False:
            written.append(f' {name}="{escape(value)}"')
    return "".join(written)
