"""Finds the YAML nodes along a path of keys and indices. The nodes give the place of a value in a file."""

from __future__ import annotations

from collections.abc import Iterator
from weakref import WeakKeyDictionary

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from provisioner.manifest.parsing.nodes import PLAIN

Pair = tuple[Node | None, Node]
#: The pairs of each mapping by key. With this cache, finding a place does not search all entries of the mapping.
_KEYS: WeakKeyDictionary[MappingNode, dict[str, Pair]] = WeakKeyDictionary()


def locate(node: Node | None, path: tuple[str | int, ...]) -> Iterator[Pair]:
    """Yields (key node, value node) for each step of `path`, until a step does not exist. For an item of a list, the
    key node is None. Mappings that are merged with `<<` are also searched.
    """
    for step in path:
        found = _child(node, step)
        if found is None:
            return
        yield found
        node = found[1]


def _child(node: Node | None, step: str | int) -> Pair | None:
    if isinstance(node, SequenceNode):
        return (None, node.value[step]) if isinstance(step, int) and step < len(node.value) else None
    if not isinstance(node, MappingNode) or not isinstance(step, str):
        return None
    # Merged mappings can name each other many times; each is visited once, in the order of the text.
    ahead: list[Node] = [node]
    seen: set[int] = set()
    while ahead:
        current = ahead.pop()
        if id(current) in seen or not isinstance(current, MappingNode):
            continue
        seen.add(id(current))
        if found := _pairs(current).get(step):
            return found
        ahead += reversed(list(_merged(current)))
    return None


def _pairs(node: MappingNode) -> dict[str, Pair]:
    """Returns the (key node, value node) pairs of a mapping, keyed by the text of the key. If a key is repeated, its
    first pair is returned.
    """
    pairs = _KEYS.get(node)
    if pairs is None:
        pairs = {}
        for key, value in node.value:
            if isinstance(key, ScalarNode):
                pairs.setdefault(key.value, (key, value))
        _KEYS[node] = pairs
    return pairs


def _merged(node: MappingNode) -> Iterator[Node]:
    """Yields the nodes of the mappings that are merged into a mapping by its `<<` keys."""
    if "<<" not in _pairs(node):
        return
    for key, value in node.value:
        if key.tag == PLAIN and key.value == "<<":
            yield from value.value if isinstance(value, SequenceNode) else [value]
