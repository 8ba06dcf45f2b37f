"""Renders long texts on the HTML page. A changed text is shown with both versions side by side, and an added or removed
text alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from provisioner.review.render.html.element import Markup, element, join
from provisioner.review.render.html.escape import escape
from provisioner.review.view.excerpt import shorten
from provisioner.review.view.prose import Block, Hunk, Line, TextDifference, is_marked
from provisioner.review.view.words import Segment

#: The HTML element for each kind of segment. Screen readers announce `del` and `ins`, and browsers draw a line in them.
NAMES = {"removed": "del", "added": "ins", "same": ""}
#: The titles of columns. LINE is the title of a column with line numbers, and SEEN the titles that are visible.
LINE, SEEN = "Line", ("Before", "After")

#: The number and the content of a line before or after the change, or None if the line does not exist on this side.
Side = tuple[int, Markup] | None


def text_table(text: TextDifference, name: str) -> Markup:
    """Returns an HTML table with the changed lines of a compared text, and a few lines around them. The lines before
    and after the change are side by side. If all lines are on one side, only that side is shown. `name` is the path of
    the field.
    """
    blocks = [block for hunk in text.hunks for block in hunk.blocks]
    if any(block.before for block in blocks) and any(block.after for block in blocks):
        return _compared(text, name)
    lines = [line for block in blocks for line in (*block.before, *block.after)]
    return _alone(lines, name, marked=True)


def whole_text(text: TextDifference, name: str) -> Markup:
    """Returns an HTML table with the whole text of a field of a created or deleted resource. No words are marked,
    because the whole text is new or deleted. `name` is the path of the field.
    """
    lines = [line for hunk in text.hunks for block in hunk.blocks for line in (*block.before, *block.after)]
    return _alone(lines, name, marked=False)


def _alone(lines: Iterable[Line], name: str, *, marked: bool) -> Markup:
    rows = [_row_alone(number, line, marked=marked) for number, line in enumerate(lines, start=1)]
    return _table("alone", name, (LINE, "Text"), [element("tbody", None, *rows)] if rows else [])


def _row_alone(number: int, line: Line, *, marked: bool) -> Markup:
    kind = line[0].kind if line and marked else "same"
    tone = {"removed": "went", "added": "came"}.get(kind, "")
    content = _content(line, kind) if marked else join(each.text for each in line)
    return element("tr", None, *_cells((number, content), tone))


def _compared(text: TextDifference, name: str) -> Markup:
    titles = (LINE, SEEN[0], LINE, SEEN[1])
    return _table("compared", name, titles, [_hunk(hunk, noted=not text.blanks_only) for hunk in text.hunks])


def _table(kind: str, name: str, titles: Sequence[str], bodies: Iterable[Markup]) -> Markup:
    caption = element("caption", None, element("code", None, name))
    columns = element(
        "colgroup", None, *(element("col", {"class": "numbers"} if title == LINE else None) for title in titles)
    )
    head = element("thead", None, element("tr", None, *map(_column, titles)))
    return element("table", {"class": f"text {kind}"}, caption, columns, head, *bodies)


def _column(title: str) -> Markup:
    """Returns the HTML element with the title of a column. Only the titles `Before` and `After` are visible; the others
    are for screen readers.
    """
    shown = title if title in SEEN else element("span", {"class": "unseen"}, title)
    return element("th", {"scope": "col"}, shown)


def _hunk(hunk: Hunk, *, noted: bool) -> Markup:
    rows = [row for block in hunk.blocks for row in _rows(block)]
    note = hunk.note() if noted else ""
    place = element(
        "th", {"scope": "rowgroup", "colspan": "4"}, f"{_position(hunk)} ({note})" if note else _position(hunk)
    )
    return element("tbody", None, element("tr", {"class": "hunk"}, place), *rows)


def _position(hunk: Hunk) -> str:
    """Returns the line numbers of a hunk (a changed part of a text) as text: `line 7` or `lines 7–13`. If the numbers
    before and after the change differ, the text contains both.
    """
    first = hunk.blocks[0]
    starts = first.before_start, first.after_start
    counts = sum(len(block.before) for block in hunk.blocks), sum(len(block.after) for block in hunk.blocks)
    before, after = (_span(start, count) for start, count in zip(starts, counts, strict=True))
    return f"line{before}" if before == after else f"line{before} → line{after}"


def _span(start: int, count: int) -> str:
    return f" {start}" if count <= 1 else f"s {start}–{start + count - 1}"


def _rows(block: Block) -> Iterator[Markup]:
    before, after = block.before_start, block.after_start
    if not block.changed:
        for number, line in enumerate(block.before):
            content = _content(shorten(line), "same")
            yield _row("same", (before + number, content), (after + number, content))
        return
    for number, (old, new) in enumerate(zip_longest(block.before, block.after)):
        left, right = _side(old, "removed"), _side(new, "added")
        yield _row(
            "changed",
            None if left is None else (before + number, left),
            None if right is None else (after + number, right),
        )


def _side(line: Line | None, kind: str) -> Markup | None:
    """Returns the HTML of one side of a changed line. `kind` is `removed` for the line before the change, and `added`
    for the line after it. Returns None if `line` is None.
    """
    return None if line is None else _content(shorten(line), "same" if is_marked(line) else kind)


def _row(kind: str, before: Side, after: Side) -> Markup:
    tones = ("went", "came") if kind == "changed" else ("", "")
    return element("tr", {"class": kind}, *_cells(before, tones[0]), *_cells(after, tones[1]))


def _cells(side: Side, tone: str) -> tuple[Markup, Markup]:
    if side is None:
        return element("td"), element("td", {"class": "no-line"})
    return element("td", None, str(side[0])), element("td", {"class": tone} if tone else None, side[1])


def _content(line: Line, whole: str) -> Markup:
    """Returns the HTML of a line. If `whole` is `removed` or `added`, the whole line is marked. If it is `same`, only
    the changed words are marked.
    """
    words = whole == "same"
    pieces = [_piece(each, words=words) for each in line]
    return join(pieces) if words else element(NAMES[whole], {"class": "line"}, *pieces)


def _piece(segment: Segment, *, words: bool) -> Markup:
    if segment.kind == "gap":
        return element("span", {"class": "gap"}, segment.text)
    name = NAMES[segment.kind] if words else ""
    return element(name, None, segment.text) if name else Markup(escape(segment.text))
