"""What differs, as rows: hunks for texts with the changed words marked, a line for every other leaf."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from provisioner.plan import Unknown
from provisioner.render.rows import Row, Span
from provisioner.render.units import size
from provisioner.view.difference import ABSENT, Difference, Note, is_prose, to_plain
from provisioner.view.excerpt import shorten
from provisioner.view.prose import Hunk, Line, TextDifference, is_marked
from provisioner.view.visible import make_visible, on_one_line

#: Letters of a value that are shown.
LONGEST = 160
#: How many letters of a digest tell it from others.
DIGEST = 12


def difference_rows(differences: Iterable[Difference], indent: int, *, marks: bool) -> Iterator[Row]:
    """The rows of several leaves. `marks` sets words off by signs, where no colour can."""
    for each in differences:
        yield from _rows(each, indent, marks=marks)


def text_rows(text: TextDifference, indent: int, *, marks: bool) -> Iterator[Row]:
    """The rows of a text's hunks."""
    for hunk in text.hunks:
        note = "" if text.blanks_only else hunk.note()
        yield Row.of(indent, Span(f"{_position(hunk)} ({note})" if note else _position(hunk), "dim"))
        for block in hunk.blocks:
            if not block.changed:
                yield from (_line(" ", line, "", indent, marks=marks) for line in block.before)
                continue
            yield from (_line("-", line, "red", indent, marks=marks) for line in block.before)
            yield from (_line("+", line, "green", indent, marks=marks) for line in block.after)


def show(value: Any) -> str:
    """A value on one line, shortened where it is long, with nothing in it that a reader cannot see."""
    if value is None or value is ABSENT:
        return "(none)"
    if isinstance(value, Unknown):
        return show(value.to_json())
    if isinstance(value, Mapping) and set(value) == {"known_after_apply"}:
        return f"(id of {on_one_line(str(value['known_after_apply']).removesuffix('.id'))}, known after apply)"
    if isinstance(value, Note):
        return str(value)
    text = json.dumps(name_unknown(to_plain(value)), ensure_ascii=False)
    # A short text is never cut: escapes make it long, and could push the rest of it out of sight.
    is_whole = len(text) <= LONGEST or (isinstance(value, str) and not is_prose(value))
    return on_one_line(text if is_whole else f"{text[:LONGEST]}…")


def show_content(value: Any) -> str:
    """A file's size and the beginning of its digest."""
    if not isinstance(value, Mapping):
        return show(value)
    parts = [size(int(value["bytes"]))] if "bytes" in value else []
    parts += [f"sha256 {on_one_line(str(value['sha256'])[:DIGEST])}…"] if value.get("sha256") else []
    return ", ".join(parts)


def name_unknown(value: Any) -> Any:
    """The value with ids that are not known yet as texts, also inside of it."""
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
        shown = show_content if difference.path == "content" else show
        yield Row.of(indent, f"{path}: ", *_values(difference, shown))


def _values(difference: Difference, shown: Any) -> Iterator[Span]:
    inside = "." in difference.path or "[" in difference.path
    if inside and difference.kind == "added":
        yield Span(f"+ {shown(difference.after)}", "green")
    elif inside and difference.kind == "removed":
        yield Span(f"- {shown(difference.before)}", "red")
    else:
        yield from (Span(shown(difference.before), "red"), Span(" → "), Span(shown(difference.after), "green"))


def _position(hunk: Hunk) -> str:
    before = sum(len(block.before) for block in hunk.blocks)
    after = sum(len(block.after) for block in hunk.blocks)
    first = hunk.blocks[0]
    return f"@@ -{first.before_start},{before} +{first.after_start},{after} @@"


def _line(sign: str, line: Line, colour: str, indent: int, *, marks: bool) -> Row:
    """One line; words are marked where the line has others that stayed."""
    marked = is_marked(line)
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
