"""Prints what the installed SDK knows and this tool does not (`make sdk`)."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping

from tests.sdk.comparison import Row
from tests.sdk.deliberate import DELIBERATE
from tests.sdk.survey import Survey, survey

HEADINGS = ("kind", "target", "what", "name")


def render(version: str, found: Survey, reasons: Mapping[Row, str] = DELIBERATE) -> str:
    """Returns both tables as Markdown: what nobody has decided about yet, and what is left out with its reason."""
    parts = [f"openai {version}: what it knows and provision does not", _table(found.unknown)]
    if found.stale:
        parts += ["What provision knows and this SDK does not", _table(found.stale)]
    parts += ["Left out on purpose", _table(found.deliberate, reasons)]
    return "\n\n".join(parts) + "\n"


def _table(rows: Iterable[Row], reasons: Mapping[Row, str] | None = None) -> str:
    """Returns the rows as a table of Markdown with aligned columns, or `nothing`."""
    lines = [_cells(row, reasons) for row in rows]
    if not lines:
        return "nothing"
    lines.insert(0, [*HEADINGS, *(["reason"] if reasons is not None else [])])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(_lines(lines, widths))


def _cells(row: Row, reasons: Mapping[Row, str] | None) -> list[str]:
    return [row.kind, row.target, row.what, row.name, *([reasons[row]] if reasons is not None else [])]


def _lines(lines: list[list[str]], widths: list[int]) -> Iterator[str]:
    for index, cells in enumerate(lines):
        yield f"| {' | '.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))} |"
        if index == 0:
            yield f"|{'|'.join('-' * (width + 2) for width in widths)}|"


if __name__ == "__main__":
    import openai

    sys.stdout.write(render(openai.__version__, survey()))
