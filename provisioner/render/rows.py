"""Lines of text in spans, before it is decided whether they are painted, folded or plain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioner.render.style import RICH, Style

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

#: Columns that a folded line's rest is set in further.
HANGING = 2


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line, in a colour of CODES or in none."""

    text: str
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A line: how far it is set in, in columns, and its spans."""

    indent: int
    spans: tuple[Span, ...]

    @classmethod
    def of(cls, indent: int, *spans: Span | str) -> Row:
        """A row of spans; a text is a span in no colour."""
        return cls(indent, tuple(Span(each) if isinstance(each, str) else each for each in spans))

    def plain(self) -> str:
        """The line without colours."""
        text = "".join(span.text for span in self.spans)
        return " " * self.indent + text if text else ""


EMPTY = Row(0, ())


def rows_text(rows: Iterable[Row], style: Style) -> str:
    """The lines: folded at the terminal's width where there is one, painted where colours are wanted."""
    if style.width is not None:
        return _folded(rows, style, style.width)
    return "\n".join(_painted(row, style) for row in rows)


def _painted(row: Row, style: Style) -> str:
    text = "".join(style.paint(span.text, span.colour) for span in row.spans)
    return " " * row.indent + text if text else ""


def _folded(rows: Iterable[Row], style: Style, width: int) -> str:
    """Through rich, which knows how many columns a letter takes. Imported here: only a terminal needs it."""
    from io import StringIO

    from rich.console import Console

    stream = StringIO()
    console = Console(
        file=stream,
        width=width,
        force_terminal=style.enabled,
        color_system="standard" if style.enabled else None,
        legacy_windows=False,
    )
    for row in rows:
        for line in _fold(row, console):
            console.print(line, soft_wrap=True, highlight=False)
    return stream.getvalue().removesuffix("\n")


def _fold(row: Row, console: Console) -> Iterator[Text]:
    """The row's lines: what does not fit goes on below, set in a little further."""
    from rich.text import Text

    indent = min(row.indent, console.width // 2) if any(span.text for span in row.spans) else 0
    text = Text.assemble(*((span.text, RICH[span.colour]) for span in row.spans))
    if indent + text.cell_len <= console.width:
        yield Text(" " * indent).append_text(text)
        return
    for number, line in enumerate(text.wrap(console, max(8, console.width - indent - HANGING))):
        line.rstrip()
        yield Text(" " * (indent + (HANGING if number else 0))).append_text(line)
