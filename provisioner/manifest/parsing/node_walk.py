"""Visits all nodes of a YAML document."""

from __future__ import annotations

from collections.abc import Iterator

from yaml.nodes import MappingNode, Node, SequenceNode


def walk_nodes(node: Node | None) -> Iterator[Node]:
    """Yields a YAML node and all nodes below it, including keys. Each node is yielded once, even if several aliases
    lead to it.
    """
    ahead, seen = [node] if node is not None else [], set[int]()
    while ahead:
        current = ahead.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, SequenceNode):
            ahead += current.value
        elif isinstance(current, MappingNode):
            ahead += [part for pair in current.value for part in pair]
