"""Converts differences to JSON. The JSON contains the same changed lines and marked words as the text, Markdown and
HTML formats.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from provisioner.review.view.difference import ABSENT, Difference
from provisioner.review.view.planview import SharedView
from provisioner.review.view.prose import Hunk, Line, TextDifference, is_marked


def differences_json(differences: Iterable[Difference]) -> list[dict[str, Any]]:
    """Returns the differences as a list of JSON objects. Each contains its `path`, its `kind` (`added`, `removed` or
    `changed`), and its values: `text` for a long text, otherwise `before` and `after`. If the difference is shown once
    for several assistants, it contains `shared_with` in place of `before` and `after`: the addresses of the
    instructions or tools that cause it.
    """
    return [_difference(each) for each in differences]


def shared_json(shared: SharedView) -> dict[str, Any]:
    """Returns a change of instructions or tools that several assistants use as a JSON object. The object also contains
    the addresses of these assistants.
    """
    return {
        "sources": list(shared.sources),
        "addresses": [str(address) for address in shared.addresses],
        "differences": differences_json(shared.differences),
    }


def _difference(difference: Difference) -> dict[str, Any]:
    body: dict[str, Any] = {"path": difference.path, "kind": difference.kind}
    if difference.shared_with:
        body["shared_with"] = list(difference.shared_with)
    if difference.text is not None:
        return {**body, "text": _text(difference.text)}
    if difference.shared_with:
        return body
    sides = {"before": difference.before, "after": difference.after}
    return {**body, **{name: side for name, side in sides.items() if side is not ABSENT}}


def _text(text: TextDifference) -> dict[str, Any]:
    hidden = {"hidden_lines": text.hidden} if text.hidden else {}
    return {"white_space_only": text.blanks_only, **hidden, "hunks": [_hunk(hunk) for hunk in text.hunks]}


def _hunk(hunk: Hunk) -> dict[str, Any]:
    first = hunk.blocks[0]
    return {
        "before_start": first.before_start,
        "after_start": first.after_start,
        "lines": [line for block in hunk.blocks for line in _lines(block.before, block.after, changed=block.changed)],
    }


def _lines(before: Iterable[Line], after: Iterable[Line], *, changed: bool) -> list[dict[str, Any]]:
    """Returns the lines of a block of a compared text as JSON objects, each with its sign. If `changed` is True,
    `before` are removed lines (`-`) and `after` are added lines (`+`). Otherwise, both are the same unchanged lines,
    which are returned once. An object contains `words` only if its line has both changed and unchanged words.
    """
    if not changed:
        return [_line(" ", line) for line in before]
    return [*(_line("-", line) for line in before), *(_line("+", line) for line in after)]


def _line(sign: str, line: Line) -> dict[str, Any]:
    body: dict[str, Any] = {"sign": sign, "text": "".join(segment.text for segment in line)}
    if sign != " " and is_marked(line):
        body["words"] = [[segment.kind, segment.text] for segment in line]
    return body
