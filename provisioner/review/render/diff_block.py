"""Renders differences as a block of Markdown code of limited length. The changed characters that do not fit into the
block are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct

from provisioner.core.text.visible import make_visible, on_one_line
from provisioner.review.render.difference import (
    changed_characters,
    changed_in_line,
    hunk_head,
    hunk_lines,
    line_row,
    show,
)
from provisioner.review.render.markdown import fence
from provisioner.review.render.plan_text import NAMED, listed
from provisioner.review.view.difference import ABSENT, Difference
from provisioner.review.view.excerpt import shorten
from provisioner.review.view.prose import Line
from provisioner.review.view.words import Segment

NOWHERE: Mapping[str, set[str]] = MappingProxyType({})
#: The number of characters reserved for the last line, which says how much is not shown.
NOTE = 120
#: The command that shows all of a plan.
WHOLE = "provision show FILE"
#: The character between the sign and the text in every line of a compared text.
BAR = "│"


class DiffBlock(Struct, frozen=True):
    """A block of Markdown code. `text` is empty if there is nothing to show. `hidden` is the number of changed
    characters that did not fit into the block.
    """

    text: str
    hidden: int


class Piece(Struct, frozen=True):
    """One line of a Markdown code block that shows differences. `text` is the text of the line, and `changed` is the
    number of its changed characters.

    If the line belongs to a long text, `sign` is a space, `-` or `+` (unchanged, removed or added), and `line` contains
    the unchanged and changed segments of the line. Otherwise, both are empty.
    """

    text: str
    changed: int = 0
    sign: str = ""
    line: Line = ()


def block(
    differences: Sequence[Difference], space: int, elsewhere: Mapping[str, set[str]] = NOWHERE, *, whole: str = WHOLE
) -> DiffBlock:
    """Returns the differences as a Markdown block in the format of a diff, with about `space` characters. The result
    also contains the number of changed characters that did not fit.

    A change of instructions or tools that several assistants use is shown in another part of the page. If there is no
    space for this part, `elsewhere` maps the path of a difference to the addresses of these instructions and tools.
    `whole` is the command that shows all differences; a note in the block names it.
    """
    found = _fill(differences, space, elsewhere, whole)
    # The fence must be longer than any sequence of backquotes, and there are two fences.
    return found if len(found.text) <= 2 * max(space, NOTE) else _fill(differences, space // 3, elsewhere, whole)


def _fill(differences: Sequence[Difference], space: int, elsewhere: Mapping[str, set[str]], whole: str) -> DiffBlock:
    total, shown = changed_characters(differences), 0
    kept: list[str] = []
    space -= NOTE
    for piece in _pieces(differences, elsewhere):
        if len(piece.text) + 1 > space:
            part = _cut(piece, space)
            kept += [part.text] if part else []
            shown += part.changed if part else 0
            kept.append(_note(total - shown, whole))
            break
        kept.append(piece.text)
        shown += piece.changed
        space -= len(piece.text) + 1
    return DiffBlock(fence(kept) if kept else "", total - shown)


def _note(hidden: int, whole: str) -> str:
    what = f"{hidden:,} changed character{'' if hidden == 1 else 's'}" if hidden else "nothing that changed"
    return f"… the rest is not shown here ({what}): `{whole}` has it"


def _pieces(differences: Iterable[Difference], elsewhere: Mapping[str, set[str]]) -> Iterator[Piece]:
    for each in differences:
        path = on_one_line(each.path)
        notes = list(_places(each.shared_with, elsewhere.get(each.path, set())))
        if each.text is not None:
            notes += ["only white space differs"] if each.text.blanks_only else []
            note = f" ({'; '.join(notes)})" if notes else ""
            yield Piece(f"@@ {path}{note} @@")
            for hunk in each.text.hunks:
                yield Piece(hunk_head(hunk, noted=not each.text.blanks_only))
                for sign, line in hunk_lines(hunk):
                    yield Piece(_text_line(sign, line), changed_in_line(line), sign, line)
            continue
        if notes:
            yield Piece(f"@@ {path} ({'; '.join(notes)}) @@")
            continue
        for sign, value in (("-", each.before), ("+", each.after)):
            if value is not ABSENT:
                text = show(value)
                yield Piece(f"{sign} {path}: {text}", len(text))


def _text_line(sign: str, line: Line) -> str:
    """Returns a line of a compared text as text. The line begins with its sign and a bar. Because of the bar, it cannot
    be confused with a line that shows the value of a field.
    """
    return f"{sign}{BAR}{line_row(sign, line, 0, marks=True).plain()[len(sign) :]}"


def _cut(piece: Piece, space: int) -> Piece | None:
    """Returns the longest beginning of the line `piece` that fits into `space` characters. Changed words keep the signs
    around them (`[-…-]`, `{+…+}`). Returns None if this beginning contains no change.
    """
    if piece.line:
        line = tuple(_beginning(shorten(piece.line), space - 20))
        shown = changed_in_line(line)
        return Piece(_text_line(piece.sign, line), shown) if shown else None
    shown = piece.changed - (len(piece.text) - space)
    return Piece(piece.text[:space], shown) if piece.changed and shown > 0 else None


def _beginning(line: Line, space: int) -> Iterator[Segment]:
    """Yields the segments of a line that fit into `space` characters. The first segment that does not fit is shortened.
    The signs around changed words, and the escapes of invisible characters, count as characters.
    """
    for each in line:
        text = each.text
        space -= 0 if each.kind == "same" else 4
        text = text[: max(0, space)]
        while text and len(make_visible(text)) > space:
            text = text[: len(text) // 2]
        if text:
            yield Segment(each.kind, text)
        if text != each.text:
            return
        space -= len(make_visible(text))


def _places(sources: Sequence[str], hidden: set[str]) -> Iterator[str]:
    """Yields notes for a difference that is caused by instructions or tools which several assistants use. `sources` are
    the addresses of these instructions and tools. For an address in `hidden`, the note says that the change is not
    shown. For any other address, the note says that the change is shown above.
    """
    above, nowhere = ([each for each in sources if (each in hidden) is wanted] for wanted in (False, True))
    if above:
        yield f"changed with {on_one_line(listed(above[:NAMED], len(above)))}, shown above"
    if nowhere:
        yield f"changed with {on_one_line(listed(nowhere[:NAMED], len(nowhere)))}, not shown here"
