"""Renders lines of text that consist of coloured pieces, with or without colours, and with or without line wrapping."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from io import StringIO
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

from provisioner.core.text.redaction import holds_secret, redact_data
from provisioner.review.render.style import Style
from provisioner.review.render.units import columns

if TYPE_CHECKING:
    from rich.console import Console

#: The additional indentation of the second and later lines of a wrapped row, in columns.
HANGING = 2


class Span(Struct, frozen=True):
    """A piece of a line. `colour` is a name of a colour in `CODES` of the module `style`. If `colour` is empty, the
    piece has no colour.
    """

    text: str
    colour: str = ""


class Row(Struct, frozen=True):
    """A line of text. It consists of an indentation, in columns, and of pieces."""

    indent: int
    spans: tuple[Span, ...]

    @classmethod
    def of(cls, indent: int, *spans: Span | str) -> Row:
        """Returns a row with the indentation `indent` and the given pieces. A piece of the type `str` has no colour."""
        return cls(indent, tuple(Span(each) if isinstance(each, str) else each for each in spans))

    def plain(self) -> str:
        """Returns the line as text without colours."""
        text = "".join(span.text for span in self.spans)
        return " " * self.indent + text if text else ""


EMPTY = Row(0, ())


def rows_text(rows: Iterable[Row], style: Style) -> str:
    """Returns the rows as text. If `style.width` is set, the lines are wrapped at this width. If `style` enables
    colours, the text is coloured.
    """
    shown = map(_redacted, rows)
    if style.width is None:
        return "\n".join(_painted(row, style) for row in shown)
    return "\n".join(line for row in shown for line in _fold(row, style.width, style))


def _redacted(row: Row) -> Row:
    """Returns the row without secrets. Secrets must be removed before the row is wrapped, because a secret that is
    split onto two lines would not be found.
    """
    if not holds_secret(text := "".join(span.text for span in row.spans)):
        return row
    spans = tuple(Span(redact_data(span.text), span.colour) for span in row.spans)
    if holds_secret("".join(span.text for span in spans)):
        spans = (Span(redact_data(text)),)
    return Row(row.indent, spans)


def _painted(row: Row, style: Style) -> str:
    text = "".join(style.paint(span.text, span.colour) for span in row.spans)
    return " " * row.indent + text if text else ""


def _fold(row: Row, width: int, style: Style) -> Iterator[str]:
    """Yields the lines into which a row is wrapped. `width` is the width of the terminal in columns. All lines except
    the first are indented further. In a narrow terminal, the indentation is smaller.
    """
    indent = min(row.indent, width // 3)
    row = Row(indent, row.spans)
    if indent + sum(columns(span.text) for span in row.spans) <= width:
        yield _painted(row, style)
        return
    first = True
    for spans in _wrapped(row, max(8, width - indent - HANGING)):
        yield _painted(Row(indent + (0 if first else HANGING), spans), style)
        first = False


def _wrapped(row: Row, width: int) -> Iterator[tuple[Span, ...]]:
    """Yields the lines into which a row is wrapped at `width` columns, each as a sequence of pieces. The library rich
    does the wrapping, because it knows where a line may be broken and how wide each character is.
    """
    from rich.text import Text

    text = Text.assemble(*((span.text, span.colour) for span in row.spans))
    for line in text.wrap(_console(), width, tab_size=4):
        line.rstrip()
        marks = {offset for span in line.spans for offset in (span.start, span.end)}
        edges = sorted({0, len(line.plain), *marks})
        colours = {span.start: str(span.style) for span in line.spans}
        yield tuple(Span(line.plain[start:end], colours.get(start, "")) for start, end in pairwise(edges))


@cache
def _console() -> Console:
    """Returns the Console object that the library rich needs for wrapping lines. Nothing is printed with this
    object.
    """
    from rich.console import Console

    return Console(file=StringIO())
