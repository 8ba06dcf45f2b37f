"""Renders differences as rows of text. For a long text, the changed lines are shown with a few lines around them
(hunks), and the changed words are marked. Every other difference is shown in one row.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from provisioner.core.text.visible import make_visible, on_one_line
from provisioner.planning.plan import Unknown, UnknownText
from provisioner.review.render.rows import Row, Span
from provisioner.review.render.units import size
from provisioner.review.view.difference import ABSENT, Content, Difference, Note, to_plain
from provisioner.review.view.excerpt import shorten
from provisioner.review.view.prose import Hunk, Line, TextDifference, is_marked
from provisioner.review.view.shortening import hidden_note

#: The colour of a line of a compared text, by the sign of the line.
COLOURS = {" ": "", "-": "red", "+": "green"}
#: The number of characters of a digest that are shown.
DIGEST = 12


def difference_rows(differences: Iterable[Difference], indent: int, *, marks: bool) -> Iterator[Row]:
    """Yields the rows that show the given differences. `indent` is the indentation in columns. If `marks` is True,
    changed words are enclosed in `[-…-]` and `{+…+}`, for output without colours.
    """
    for each in differences:
        yield from _rows(each, indent, marks=marks)


def text_rows(text: TextDifference, indent: int, *, marks: bool) -> Iterator[Row]:
    """Yields the rows that show a compared text: its changed lines and a few lines around them, in hunks. `indent` is
    the indentation in columns. If `marks` is True, changed words are enclosed in `[-…-]` and `{+…+}`, for output
    without colours.
    """
    for hunk in text.hunks:
        yield Row.of(indent, Span(hunk_head(hunk, noted=not text.blanks_only), "dim"))
        yield from (line_row(sign, line, indent, marks=marks) for sign, line in hunk_lines(hunk))
    if note := hidden_note(text):
        yield Row.of(indent, Span(note, "dim"))


def hunk_head(hunk: Hunk, *, noted: bool) -> str:
    """Returns the line that is shown before a hunk. It contains the line numbers of the hunk: `@@ -7,7 +7,7 @@`. If
    `noted` is True and the difference is invisible to readers, for example in whitespace, the line also says this.
    """
    note = hunk.note() if noted else ""
    return f"{_position(hunk)} ({note})" if note else _position(hunk)


def hunk_lines(hunk: Hunk) -> Iterator[tuple[str, Line]]:
    """Yields pairs: the sign of a line in the hunk, and the line itself. The sign is a space for an unchanged line, `-`
    for a removed line, and `+` for an added line.
    """
    for block in hunk.blocks:
        if not block.changed:
            yield from ((" ", line) for line in block.before)
            continue
        yield from (("-", line) for line in block.before)
        yield from (("+", line) for line in block.after)


def changed_in_line(line: Line) -> int:
    """Returns the number of removed and added characters in a line."""
    return sum(len(each.text) for each in line if each.kind in ("removed", "added"))


def changed_characters(differences: Iterable[Difference]) -> int:
    """Returns the number of removed and added characters in the given differences. Changes of instructions and tools
    that several assistants use are not counted, because each of them is shown only once for all assistants.
    """
    return sum(map(_changed_characters, differences))


def _changed_characters(difference: Difference) -> int:
    if difference.text is not None:
        return sum(changed_in_line(line) for hunk in difference.text.hunks for _, line in hunk_lines(hunk))
    if difference.shared_with:
        return 0
    return sum(len(show(side)) for side in (difference.before, difference.after) if side is not ABSENT)


def show(value: Any) -> str:
    """Returns a value as text on one line. Invisible characters are escaped. The value is shown completely, except that
    the digest of a file is shortened.
    """
    if value is None or value is ABSENT:
        return "(none)"
    if isinstance(value, Unknown | UnknownText):
        return show(value.to_json())
    if isinstance(value, Mapping) and set(value) == {"known_after_apply"}:
        return _show_unknown(value["known_after_apply"])
    if isinstance(value, Note):
        return str(value)
    if isinstance(value, Content):
        return _show_content(value)
    return on_one_line(json.dumps(name_unknown(to_plain(value)), ensure_ascii=False))


def _show_unknown(later: Any) -> str:
    """Returns a description of a value that is known only after the apply. The value is an id, the number of a release,
    or a text that contains these.
    """
    if isinstance(later, list):
        return "".join(part if isinstance(part, str) else show(part) for part in map(_spell_part, later))
    address, _, attribute = str(later).rpartition(".")
    return f"({attribute} of {on_one_line(address)}, known after apply)"


def _spell_part(part: Any) -> Any:
    return on_one_line(part) if isinstance(part, str) else part


def _show_content(value: Content) -> str:
    """Returns the size of a file and the beginning of its digest, as text: `95.7 kB, sha256 …`."""
    parts = [size(int(value["bytes"]))] if "bytes" in value else []
    parts += [f"sha256 {str(value['sha256'])[:DIGEST]}…"] if value.get("sha256") else []
    return on_one_line(", ".join(parts))


def name_unknown(value: Any) -> Any:
    """Returns the value, in which a text such as `(id of …, known after apply)` takes the place of each id that is not
    known yet.
    """
    if isinstance(value, dict):
        return (
            show(value) if set(value) == {"known_after_apply"} else {k: name_unknown(item) for k, item in value.items()}
        )
    return [name_unknown(item) for item in value] if isinstance(value, list) else value


def _rows(difference: Difference, indent: int, *, marks: bool) -> Iterator[Row]:
    path = on_one_line(difference.path)
    elsewhere = (
        f"changed with {on_one_line(', '.join(difference.shared_with))}, shown above" if difference.shared_with else ""
    )
    if difference.text is not None:
        notes = [elsewhere] if elsewhere else []
        notes += ["only white space differs"] if difference.text.blanks_only else []
        yield Row.of(indent, f"{path}:", Span(f" ({'; '.join(notes)})" if notes else "", "dim"))
        yield from text_rows(difference.text, indent + 2, marks=marks)
    elif elsewhere:
        yield Row.of(indent, f"{path}:", Span(f" ({elsewhere})", "dim"))
    else:
        yield Row.of(indent, f"{path}: ", *_values(difference))


def _values(difference: Difference) -> Iterator[Span]:
    inside = "." in difference.path or "[" in difference.path
    if inside and difference.kind == "added":
        yield Span(f"+ {show(difference.after)}", "green")
    elif inside and difference.kind == "removed":
        yield Span(f"- {show(difference.before)}", "red")
    else:
        yield from (Span(show(difference.before), "red"), Span(" → "), Span(show(difference.after), "green"))


def _position(hunk: Hunk) -> str:
    before = sum(len(block.before) for block in hunk.blocks)
    after = sum(len(block.after) for block in hunk.blocks)
    first = hunk.blocks[0]
    return f"@@ -{first.before_start},{before} +{first.after_start},{after} @@"


def line_row(sign: str, line: Line, indent: int, *, marks: bool) -> Row:
    """Returns a row with one line of a compared text and its sign. `indent` is the indentation in columns. Changed
    words are marked only if the line also contains unchanged words. If `marks` is True, they are marked by characters
    instead of colours.
    """
    marked, colour = is_marked(line), COLOURS[sign]
    spans = [Span(sign, colour)]
    for segment in shorten(line):
        text = make_visible(segment.text)
        if segment.kind == "gap":
            spans.append(Span(text, "dim"))
        elif segment.kind == "same" or not marked:
            spans.append(Span(text, colour))
        elif marks:
            spans.append(Span(f"[-{text}-]" if segment.kind == "removed" else f"{{+{text}+}}"))
        else:
            spans.append(Span(text, "went" if segment.kind == "removed" else "came"))
    return Row(indent, tuple(spans))
