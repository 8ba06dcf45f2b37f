"""Renders the differences of a change on the HTML page: first a table of the fields with short values, then the long
texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from provisioner.core.text.visible import on_one_line
from provisioner.review.render.difference import name_unknown, show
from provisioner.review.render.html.element import NOTHING, Markup, element, join
from provisioner.review.render.html.texts import text_table, whole_text
from provisioner.review.view.difference import ABSENT, Content, Difference, Note, to_plain
from provisioner.review.view.prose import TextDifference
from provisioner.review.view.shortening import hidden_note

#: The largest number of characters of a value that is shown on one line.
SHORT = 72
#: The positions in the path of a field at which a browser may break the line.
STEP = re.compile(r"(?<=[\].])(?=\w)|(?=\[)")

#: The anchor on the page where the change of shared instructions or a shared tool is shown, by their address.
Anchors = Mapping[str, str]
Cells = Callable[[Difference], tuple[Markup, ...]]
TextTable = Callable[[TextDifference, str], Markup]


def differences_markup(differences: Sequence[Difference], anchors: Anchors) -> Markup:
    """Returns the HTML of the differences of a changed object, with the values before and after the change. `anchors`
    maps the addresses of instructions and tools that several assistants use to the anchors of their changes on the
    page.
    """
    return _markup(differences, anchors, ("Field", "Before", "After"), _both_cells, text_table)


def fields_markup(differences: Sequence[Difference]) -> Markup:
    """Returns the HTML of all fields of an object that is created or deleted. Each field has only one value."""
    return _markup(differences, {}, ("Field", "Value"), _one_cell, whole_text)


def _markup(
    differences: Sequence[Difference],
    anchors: Anchors,
    titles: tuple[str, ...],
    cells: Cells,
    table: TextTable,
) -> Markup:
    """Returns the HTML of differences: a table with the short values, followed by the long texts, which are too wide
    for the table. `titles` are the titles of the columns. The function `cells` returns the cells of a difference, and
    the function `table` returns the HTML of a long text.
    """
    fields = [_field(each, anchors, cells) for each in differences if each.text is None]
    texts = [_text(each, each.text, anchors, table) for each in differences if each.text is not None]
    return join((_fields_table(fields, titles), *texts))


def _text(difference: Difference, text: TextDifference, anchors: Anchors, table: TextTable) -> Markup:
    name, notes = on_one_line(difference.path), _notes(difference, anchors)
    note = element("p", {"class": "note"}, join(notes, " ")) if notes else NOTHING
    if text.hunks:
        return element("div", {"class": "difference"}, table(text, name), note)
    return element("div", {"class": "difference caption"}, element("code", None, name), " ", note)


def _fields_table(rows: Iterable[Markup], titles: tuple[str, ...]) -> Markup:
    found = [row for row in rows if row]
    if not found:
        return NOTHING
    head = element("tr", None, *(element("th", {"scope": "col"}, title) for title in titles))
    return element("table", {"class": "fields"}, element("thead", None, head), element("tbody", None, *found))


def _field(difference: Difference, anchors: Anchors, cells: Cells) -> Markup:
    name = element("th", {"scope": "row"}, element("code", None, _path(on_one_line(difference.path))))
    if difference.shared_with:
        return element("tr", None, name, element("td", {"colspan": "2"}, _elsewhere(difference, anchors)))
    return element("tr", None, name, *cells(difference))


def _path(text: str) -> Markup:
    """Returns the path of a field as HTML. The browser may break the line after each name or index in the path."""
    return join(STEP.split(text), element("wbr"))


def _both_cells(difference: Difference) -> tuple[Markup, ...]:
    return _cell(difference.before, "went"), _cell(difference.after, "came")


def _one_cell(difference: Difference) -> tuple[Markup, ...]:
    return (_cell(difference.before if difference.after is ABSENT else difference.after, ""),)


def _cell(value: Any, tone: str) -> Markup:
    return element("td", {"class": tone} if tone and value is not ABSENT else None, _value(value))


def _value(value: Any) -> Markup:
    """Returns an HTML element that shows a value. A short value is on one line, and a long list or mapping on several
    lines. A note of provision, such as `attached`, has no quotes, because it is not a value of the object.
    """
    if value is None or value is ABSENT:
        return element("span", {"class": "none"}, show(value))
    if isinstance(value, Content | Note):
        return element("span", None, show(value))
    named = name_unknown(to_plain(value))
    if isinstance(named, str) and not isinstance(value, str):
        return element("span", None, named)
    text = json.dumps(named, ensure_ascii=False)
    if len(text) > SHORT and isinstance(named, list | dict):
        text = json.dumps(named, ensure_ascii=False, indent=2)
    return element("code", {"class": "value"}, text)


def _notes(difference: Difference, anchors: Anchors) -> list[str]:
    notes: list[str] = [_elsewhere(difference, anchors)] if difference.shared_with else []
    blanks_only = difference.kind == "changed" and difference.text is not None and difference.text.blanks_only
    left_out = hidden_note(difference.text) if difference.text is not None else ""
    return [*notes, *(["Only white space differs."] if blanks_only else []), *([f"{left_out}."] if left_out else [])]


def _elsewhere(difference: Difference, anchors: Anchors) -> Markup:
    links = [_link(source, anchors) for source in difference.shared_with]
    return join(("Changed with ", join(links, ", "), ", shown above."))


def _link(source: str, anchors: Anchors) -> Markup:
    code = element("code", None, on_one_line(source))
    return element("a", {"href": f"#{anchors[source]}"}, code) if source in anchors else code
