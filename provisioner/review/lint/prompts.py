"""Parses the texts of instructions, and converts positions in such a text to a file, line and column. The text of
instructions is a prompt file, the body of a Markdown file, or a text in YAML.
"""

from __future__ import annotations

from msgspec import Struct, field
from yaml.nodes import Node, ScalarNode

from provisioner.core.diagnostic import Place
from provisioner.manifest.parsing.document import BODY, Document, Steps, Written, shown
from provisioner.manifest.parsing.location import locate
from provisioner.manifest.resources.instructions import Part
from provisioner.review.lint.text import Text


class Prompts(Struct):
    """The parsed texts of instructions. Each text is parsed only once, even if many assistants use it."""

    _texts: dict[str, Text] = field(default_factory=dict)
    #: The place in the file at which a line of a text in YAML begins, by the document's identity, the text's path in
    #: the document, and the number of the line.
    _origins: dict[tuple[int, Steps, int], Place | None] = field(default_factory=dict)

    def text(self, raw: str) -> Text:
        """Returns `raw` as a parsed text. Headings, paragraphs and words can be found in the result."""
        found = self._texts.get(raw)
        if found is None:
            found = self._texts[raw] = Text(raw)
        return found

    def place(self, part: Part, offset: int) -> Place:
        """Returns the file, line and column of a position in `part`, a part of instructions. `offset` is the position
        in the original text of the part, in which variables are not replaced.
        """
        line, column = self.text(part.raw).at(offset)
        if part.path is not None:
            return Place(shown(part.path), line, column)
        document = part.written.document
        if part.written.path[:1] == BODY:
            return Place(shown(document.path), document.body_line + line - 1, column)
        key = (id(document), part.written.path, line)
        if key not in self._origins:
            self._origins[key] = self._origin(part, line)
        origin = self._origins[key]
        return Place(origin.file, origin.line, origin.column + column - 1) if origin else part.written.place

    def _origin(self, part: Part, line: int) -> Place | None:
        """Returns the place in the manifest at which a line of a text in YAML begins. `part` is the part of
        instructions with this text, and `line` is the number of the line in the text. Returns None if YAML folds or
        escapes the text, because then its lines are not the lines of the manifest.
        """
        document, node = part.written.document, _node(part.written)
        if node is None:
            return None
        lines, written = self.text(document.text).lines, self.text(part.raw).lines[line - 1]
        first = node.start_mark.line
        if node.style == "|":
            at, begin, end = first + line, 0, None
        elif first == node.end_mark.line and line == 1:
            at, begin, end = first, node.start_mark.column, node.end_mark.column
        else:
            return None
        there = lines[at][begin:end] if at < len(lines) else ""
        indent = there.find(written)
        return Place(shown(document.path), at + 1, begin + indent + 1) if indent >= 0 else None


def near(part: Part) -> tuple[Place, ...]:
    """Returns the places in the manifest where a comment silences findings in this part of the instructions. They are
    the value that contains the text or names its file, and the key of this value. For a file, the key of the mapping
    around them is also returned.
    """
    written = part.written
    places = [written.place, written.key_place] if written.path[:1] != BODY else []
    if part.path is not None:
        places.append(_owner(written).key_place)
    return tuple(dict.fromkeys(places))


def _owner(written: Written) -> Written:
    """Returns the mapping in the manifest that contains `written`, the value of a key `file:`."""
    return Written(written.document, written.path[:-1], None)


def _node(written: Written) -> ScalarNode | None:
    document: Document = written.document
    found: list[tuple[Node | None, Node]] = list(locate(document.node, written.path))
    node = found[-1][1] if found and len(found) == len(written.path) else None
    return node if isinstance(node, ScalarNode) else None
