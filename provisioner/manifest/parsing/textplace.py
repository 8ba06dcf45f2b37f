"""Finds the place of a character of a text value in a manifest file."""

from __future__ import annotations

from yaml.nodes import Node, ScalarNode

from provisioner.core.diagnostic import Place
from provisioner.manifest.parsing.document import Written, shown
from provisioner.manifest.parsing.location import locate


def place_inside(text: str, written: Written, offset: int, *, in_line: bool = False) -> Place:
    """Returns the place of one character of the value `written` in its file. `offset` is the index of the character in
    the value, counted from 0. `text` is the whole file.

    The place is exact in a literal block (`|`). With `in_line`, it is also exact in a value on a single line without
    escapes. In all other cases, the place of the whole value is returned, because YAML changes the line breaks of the
    value.
    """
    node = _scalar(written)
    if node is None:
        return written.place
    if in_line and node.start_mark.line == node.end_mark.line:
        place = written.place
        line = text.split("\n")[node.start_mark.line]
        column = line.find(node.value, node.start_mark.column)
        return Place(place.file, place.line, column + offset + 1) if 0 <= column < node.end_mark.column else place
    if node.style != "|":
        return written.place
    before = node.value[:offset]
    line = node.start_mark.line + 1 + before.count("\n")
    begin = before.rfind("\n") + 1
    end = node.value.find("\n", offset)
    whole = node.value[begin : end if end >= 0 else None]
    lines = text.split("\n")
    column = lines[line].find(whole) if line < len(lines) else -1
    return Place(shown(written.document.path), line + 1, column + offset - begin + 1) if column >= 0 else written.place


def _scalar(written: Written) -> ScalarNode | None:
    found: list[tuple[Node | None, Node]] = list(locate(written.document.node, written.path))
    node = found[-1][1] if found and len(found) == len(written.path) else None
    return node if isinstance(node, ScalarNode) else None
