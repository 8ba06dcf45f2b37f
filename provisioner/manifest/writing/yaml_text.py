"""Writes values as YAML for people: texts of several lines as blocks, short lists in one line, and keys in their given
order.
"""

from __future__ import annotations

import sys
from io import StringIO
from typing import Any

import yaml
from yaml.emitter import ScalarAnalysis
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

#: The most characters of a list or a mapping that is written in one line, and the width of a line of text.
ONE_LINE = 88
WIDTH = 110


class _Dumper(yaml.SafeDumper):
    """A PyYAML dumper that writes no anchors. It also allows a literal block for a text whose lines end with spaces."""

    def ignore_aliases(self, data: Any) -> bool:
        """Returns True, so that a value that occurs several times is written each time without an anchor."""
        return True

    def analyze_scalar(self, scalar: str) -> ScalarAnalysis:
        """Returns PyYAML's analysis of a text. If lines of the text end with a space, a literal block is also allowed:
        YAML allows this block, although PyYAML does not.
        """
        found = super().analyze_scalar(scalar)
        if found.multiline and not found.allow_block and _fits_block(scalar):
            found.allow_block = True
        return found

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Increases the indent. The items of a list are always indented below the key of the list. PyYAML calls this
        method. The parameters are those of PyYAML.
        """
        super().increase_indent(flow, False)


def _fits_block(text: str) -> bool:
    """Returns whether a text can be written as a literal block: all characters are printable, and the text does not
    begin with whitespace.
    """
    return _is_visible(text) and not text[:1].isspace()


def _represent_text(dumper: yaml.SafeDumper, text: str) -> ScalarNode:
    style = None
    if not _is_visible(text) or _is_numeric(text):
        style = '"'
    elif "\n" in text:
        style = "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _is_visible(text: str) -> bool:
    """Returns whether a text contains only printable characters and newlines."""
    return text.replace("\n", "").isprintable()


def _is_numeric(text: str) -> bool:
    """Returns whether a text begins like a number. Such texts are quoted, because different versions of YAML read
    numbers differently.
    """
    return text[:1] in tuple("0123456789+-.")


_Dumper.add_representer(str, _represent_text)


def write_yaml(value: Any, *, levels: int = 1) -> str:
    """Returns a value as YAML text. If this text is read as a manifest, the result is an equal value.

    In the upper `levels` levels, each item of a list or mapping is on its own line. Below these levels, a short list or
    mapping is written in one line, except a list of mappings.
    """
    stream = StringIO()
    dumper = _Dumper(stream, sort_keys=False, allow_unicode=True, width=WIDTH)
    try:
        node = dumper.represent_data(value)
        _choose_styles(node, levels)
        dumper.open()
        dumper.serialize(node)
        dumper.close()
    finally:
        dumper.dispose()
    return stream.getvalue()


def _choose_styles(node: Node, levels: int) -> None:
    """Chooses for each list and mapping below `node` whether it is written in one line. `levels` is the number of upper
    levels in which each item is on its own line.
    """
    if not isinstance(node, MappingNode | SequenceNode):
        return
    children = [each[1] if isinstance(each, tuple) else each for each in node.value]
    is_list = isinstance(node, SequenceNode)
    has_mappings = is_list and any(isinstance(child, MappingNode) for child in children)
    node.flow_style = not children or (levels <= 0 and not has_mappings and _length(node) <= ONE_LINE)
    for child in children:
        _choose_styles(child, levels - 1)


def _length(node: Node) -> int:
    """Returns the approximate number of characters of a node that is written in one line. If the node contains a block,
    returns a number above ONE_LINE.
    """
    if isinstance(node, ScalarNode):
        return 1_000 if node.style == "|" else len(node.value) + 2
    total = 2
    for item in node.value:
        parts = item if isinstance(item, tuple) else (item,)
        total += sum(_length(part) for part in parts) + 2
        if total > ONE_LINE:
            return total
    return total


def write_inline(value: Any) -> str:
    """Returns a value as YAML in one line. The text is quoted so that it can also be used inside brackets."""
    # As an item of a list in brackets, the value is quoted wherever brackets require quotes.
    text = yaml.dump(
        [value], Dumper=_Dumper, default_flow_style=True, sort_keys=False, allow_unicode=True, width=sys.maxsize
    )
    return text.strip("\n").removeprefix("[").removesuffix("]")
