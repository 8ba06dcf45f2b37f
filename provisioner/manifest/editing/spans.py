"""Finds the positions at which the values of a YAML file begin and end. Comments and empty lines after a value do not
belong to the value.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct
from yaml.error import Mark
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from provisioner.manifest.editing.source_text import SourceText

#: An anchor or a tag before a value.
PROPERTY = re.compile(r"[&!][^\s,\[\]{}]*[ ]*")
ALIAS = re.compile(r"[ ]*\*[^\s,\[\]{}]+")


class Child(Struct, frozen=True):
    """The positions of one value in a mapping or a list. `value` and `end` are the beginning and the end of the value.
    `begin` is the position of the key, or of the hyphen before an item of a list. `after_key` is the position after the
    colon of the key, or after the hyphen. For an item of a list in brackets, `begin` and `after_key` are the position
    of the item.
    """

    key: str | int
    node: Node
    begin: int
    after_key: int
    value: int
    end: int


@dataclass
class Spans:
    """The positions of all values in a YAML or JSON file. `root` is the root of its YAML nodes. `shared` contains the
    Python ids of the nodes to which aliases refer.
    """

    source: SourceText
    root: Node | None
    shared: set[int] = field(init=False)

    def __post_init__(self) -> None:
        counts: Counter[int] = Counter()
        ahead = [self.root] if self.root is not None else []
        while ahead:
            node = ahead.pop()
            counts[id(node)] += 1
            if counts[id(node)] > 1 or isinstance(node, ScalarNode):
                continue
            for item in node.value:
                ahead += item if isinstance(item, tuple) else (item,)
        self.shared = {each for each, count in counts.items() if count > 1}

    def begin(self, node: Node) -> int:
        """Returns the position at which a value begins, after its anchor and its tag."""
        at = self._at(node.start_mark)
        while found := PROPERTY.match(self.source.text, at):
            at = found.end()
        return at

    def end(self, node: Any) -> int:
        """Returns the position after the last character of a value."""
        if isinstance(node, ScalarNode):
            begin, end = self._at(node.start_mark), self._at(node.end_mark)
            text = self.source.text[begin:end]
            return begin + _length_without_empty_lines(text)
        if node.flow_style or not node.value:
            return self._at(node.end_mark)
        return self.children(node)[-1].end

    def children(self, node: Node) -> list[Child]:
        """Returns the positions of the values that are directly in a mapping or a list, in the order of the text."""
        if isinstance(node, MappingNode):
            return [self._of_key(key, value) for key, value in node.value]
        if not isinstance(node, SequenceNode):
            return []
        found: list[Child] = []
        after = self._at(node.start_mark)
        for index, item in enumerate(node.value):
            found.append(self._of_item(node, index, item, after))
            after = found[-1].end
        return found

    def _of_key(self, key: Node, value: Node) -> Child:
        begin, key_end = self._at(key.start_mark), self._at(key.end_mark)
        colon = self.source.text.find(":", key_end)
        after = colon + 1 if colon >= 0 else key_end
        name = str(key.value)
        if id(value) in self.shared and (alias := ALIAS.match(self.source.text, after)):
            return Child(name, value, begin, after, alias.end(), alias.end())
        end = self.end(value)
        is_empty = isinstance(value, ScalarNode) and not value.value and value.style is None
        return Child(name, value, begin, after, after if is_empty else self.begin(value), after if is_empty else end)

    def _of_item(self, node: SequenceNode, index: int, item: Node, after: int) -> Child:
        text = self.source.text
        alias_at = re.compile(r"[\s,\[-]*").match(text, after)
        at = alias_at.end() if alias_at else after
        if id(item) in self.shared and text[at : at + 1] == "*" and (alias := ALIAS.match(text, at)):
            value, end = at, alias.end()
        else:
            value, end = self.begin(item), self.end(item)
        if node.flow_style:
            return Child(index, item, value, value, value, end)
        hyphen = self._hyphen(node, self._at(item.start_mark) if value == self.begin(item) else value)
        return Child(index, item, hyphen, hyphen + 1, value, end)

    def _hyphen(self, node: SequenceNode, value: int) -> int:
        """Returns the position of the hyphen before an item of the list `node`. The item begins at the position
        `value`. The hyphen is in the column in which the list begins, in the line of the item or above it.
        """
        column = node.start_mark.column
        line = self.source.line_of(value)
        while line >= node.start_mark.line:
            at = self.source.at(line, column)
            if at < value and self.source.text[at : at + 1] == "-":
                return at
            line -= 1
        return value

    def _at(self, mark: Mark) -> int:
        return self.source.at(mark.line, mark.column)


def _length_without_empty_lines(text: str) -> int:
    """Returns the number of characters of a text without the empty lines at its end. A line that contains only spaces
    counts as empty.
    """
    kept = text.rstrip("\n ")
    first = text.find("\n", len(kept))
    return len(text) if first < 0 else first
