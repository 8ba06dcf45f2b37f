"""Parses YAML text to nodes and then to plain data, with the core scalars of YAML 1.2. Only the core tags are accepted,
so no code can run. PyYAML makes the nodes, with its C loader if the C loader is installed. This module decides the
meaning of the nodes.
"""

from __future__ import annotations

import math
import re
from typing import Any

import yaml
from msgspec import Struct, field
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from provisioner.manifest.limits import ALIASED_VALUES, MERGED_ENTRIES, REPEATED_ENTRIES, VALUES, Allowance
from provisioner.manifest.parsing.spaces import find_in_key

CORE = "tag:yaml.org,2002:"
PLAIN = "plain"
DEEPEST = 100
INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)|0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?")
INFINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
#: The message of PyYAML 6.0.4 and later if brackets are nested more deeply than PyYAML's own limit.
PARSER_LIMIT = "maximum nesting depth"
#: Tags with which other tools read a file.
INCLUDES = frozenset({"!include", "!file", "!inc", "!import", "!read", "!load", "!includetext"})
WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class TooDeep(yaml.MarkedYAMLError):
    """Raised if lists or mappings are nested more deeply than DEEPEST levels."""


class TooMany(yaml.MarkedYAMLError):
    """Raised if a file contains more values than one file may contain, or if all files together contain more than the
    limit for a run.
    """


class Loader(Base):  # type: ignore[misc]
    """Makes YAML nodes from text, and gives unquoted scalars the tag PLAIN. The depth is limited while the nodes are
    made, because the C composer is recursive. `most` is the largest allowed number of nodes, and `count` the number of
    nodes so far.
    """

    def __init__(self, text: str, most: int = VALUES) -> None:
        super().__init__(text)
        self.level = 0
        self.most = most
        self.count = 0

    def resolve(self, kind: type[Node], value: str | None, implicit: Any) -> str:
        """Returns the tag for a node without a tag in the text. PyYAML calls this method. The parameters are those of
        PyYAML.
        """
        if kind is ScalarNode:
            return PLAIN if implicit[0] else f"{CORE}str"
        return f"{CORE}seq" if kind is SequenceNode else f"{CORE}map"

    def descend_resolver(self, parent: Node | None, index: Any) -> None:
        """Counts a node, and its depth of nesting. PyYAML calls this method before each node is composed. Raises
        TooDeep or TooMany if a limit is exceeded.
        """
        self.level += 1
        self.count += 1
        if self.level > DEEPEST:
            raise TooDeep(problem="too deep", problem_mark=parent.start_mark if parent else None)
        if self.count > self.most:
            raise TooMany(problem="too many", problem_mark=parent.start_mark if parent else None)

    def ascend_resolver(self) -> None:
        """Reduces the counted depth of nesting by one. PyYAML calls this method after a node was composed."""
        self.level -= 1


def compose(text: str, allowance: Allowance | None = None) -> Node | None:
    """Returns the root node of the one YAML document in `text`, or None if the text is empty. The number of its nodes
    is subtracted from `allowance`.

    Raises yaml.YAMLError if the text is not valid YAML. Raises its subclass TooMany if the text contains more values
    than one file may contain, or than `allowance` still permits. Raises its subclass TooDeep if the text is nested too
    deeply.

    PyYAML 6.0.4 and later refuse 1,000 levels of brackets with an error of their own, before the limit DEEPEST is
    noticed. TooDeep replaces that error, so every version of PyYAML gives the same error.
    """
    allowance = allowance or Allowance()
    try:
        return _compose(text, allowance)
    except yaml.MarkedYAMLError as error:
        if PARSER_LIMIT not in str(error.problem) or error.problem_mark is None:
            raise
        _compose(text[: error.problem_mark.index], allowance)
        raise TooDeep(problem="too deep", problem_mark=error.problem_mark) from error


def _compose(text: str, allowance: Allowance) -> Node | None:
    loader = Loader(text, min(VALUES, allowance.values))
    try:
        node: Node | None = loader.get_single_node()
    finally:
        allowance.values -= loader.count
        loader.dispose()
    return node


class YamlFault(Struct, frozen=True):
    """An error in a YAML file, with its line and column, both counted from 1. `spoils` is true if the data of the whole
    file cannot be used because of this error.
    """

    line: int
    column: int
    message: str
    spoils: bool = True


class _Built(Struct):
    """The plain data of a node (mappings, lists and scalars), the number of nodes in it, and its depth. An alias counts
    as all nodes of the value to which it refers.
    """

    value: Any
    size: int = 1
    depth: int = 1


class Builder(Struct):
    """Makes plain data (mappings, lists and scalars) from YAML nodes, and collects the errors in the nodes in `faults`.

    If a mapping contains a key several times, the data contain the first value. The later values are errors, but their
    content is also checked: `dropped` contains one copy of the mapping for each later value. The copy begins with the
    repeated key and the later value.
    """

    faults: list[YamlFault] = field(default_factory=list)
    dropped: list[tuple[MappingNode, dict[str, Any]]] = field(default_factory=list)
    _done: dict[int, _Built] = field(default_factory=dict)
    _open: set[int] = field(default_factory=set)
    _merged: int = 0
    _repeated: int = 0

    def build(self, node: Node | None) -> Any:
        """Returns the plain data of a node: mappings, lists and scalars. If a fault in `faults` has `spoils` set, the
        data must not be used.
        """
        if node is None:
            return None
        built = self._build(node)
        if built.depth > 2 * DEEPEST:
            self._fault(node, f"aliases nest more than {2 * DEEPEST} levels deep; write it out with fewer levels")
        elif built.size > ALIASED_VALUES or (built.size > 100_000 and built.size > 10 * len(self._done)):
            self._fault(node, f"aliases blow this up to {built.size:,} values; repeat less with `*`")
        return built.value

    def _build(self, node: Node) -> _Built:
        done = self._done.get(id(node))
        if done is not None:
            return done
        if id(node) in self._open:
            self._fault(node, "an alias (`*`) is inside what it names, which never ends; take it out")
            return _Built(None)
        self._open.add(id(node))
        if isinstance(node, ScalarNode):
            built = _Built(self._scalar(node))
        elif isinstance(node, SequenceNode):
            built = self._sequence(node)
        else:
            built = self._mapping(node)
        self._open.discard(id(node))
        self._done[id(node)] = built
        return built

    def _sequence(self, node: SequenceNode) -> _Built:
        self._check_tag(node, "seq")
        built = _Built([])
        for child in node.value:
            self._add(built, part := self._build(child))
            built.value.append(part.value)
        return built

    def _mapping(self, node: Any) -> _Built:
        self._check_tag(node, "map")
        built = _Built({})
        merged: dict[str, Any] = {}
        seen: dict[str, Node] = {}
        again: list[tuple[Node, Node, Any]] = []
        for key, child in node.value:
            self._add(built, part := self._build(child))
            if key.tag == PLAIN and key.value == "<<":
                merged = self._merge(key, child, part.value, merged)
            elif isinstance(key, MappingNode):
                self._fault(key, "`{{…}}` is a mapping inside a mapping to YAML; put the text in quotes")
            elif key.tag == PLAIN and (said := find_in_key(key.value)):
                self._fault(key, said)
            elif not isinstance(key, ScalarNode):
                self._fault(key, "a key must be a text, not a list; put it in quotes")
            elif (name := key.value) in seen:
                self._report_repeated(key, seen[name])
                again.append((key, child, part.value))
            else:
                seen[name] = key
                built.value[name] = part.value
        if merged:
            built.value = merged | built.value
        for key, child, value in again:
            self._repeated += len(node.value)
            if self._repeated > REPEATED_ENTRIES:  # The repeated keys are errors; their values are not checked.
                break
            pair = MappingNode(node.tag, [(key, child), *node.value], node.start_mark, node.end_mark)
            rest = {name: item for name, item in built.value.items() if name != key.value}
            self.dropped.append((pair, {key.value: value, **rest}))
        return built

    def _report_repeated(self, key: Node, first: Node) -> None:
        mark, line = key.start_mark, first.start_mark.line + 1
        message = f"`{key.value}` occurs here a second time, first in line {line}; keep one"
        self.faults.append(YamlFault(mark.line + 1, mark.column + 1, message, spoils=False))

    def _merge(self, key: Node, node: Node, value: Any, earlier: dict[str, Any]) -> dict[str, Any]:
        """Returns the entries that a mapping gets from its `<<` keys so far. `earlier` are the entries from earlier
        `<<` keys, which take precedence. `key` and `node` are the YAML nodes of the next `<<` key and of its value, and
        `value` is this value as plain data. If `value` is invalid, a fault is added, and `earlier` is returned.
        """
        parts = value if isinstance(value, list) else [value]
        if not all(isinstance(item, dict) for item in parts):
            self._fault(node, "`<<` takes in a mapping, or a list of mappings; write `<<: *name`")
            return earlier
        result = dict(earlier)
        self._merged += len(earlier)
        for item in parts:
            is_reported = self._merged > MERGED_ENTRIES
            self._merged += len(item) + 1
            if self._merged > MERGED_ENTRIES:
                if not is_reported:
                    self._fault(key, f"`<<` copies more than {MERGED_ENTRIES:,} entries in this file; merge less")
                break
            for name, each in item.items():
                result.setdefault(name, each)
        return result

    def _scalar(self, node: ScalarNode) -> Any:
        if node.tag == PLAIN:
            return self._plain(node)
        short = node.tag.removeprefix(CORE)
        if node.tag.startswith(CORE) and short in ("str", "int", "float", "bool", "null"):
            value = node.value if short == "str" else self._plain(node)
            if type(value).__name__.replace("NoneType", "null") == short:
                return value
            self._fault(node, f"`{node.value}` is no {short}; remove the tag `!!{short}`")
            return None
        self._check_tag(node, "str")
        return node.value

    def _plain(self, node: ScalarNode) -> Any:
        text: str = node.value
        if text in WORDS:
            return WORDS[text]
        if text[0] not in "+-.0123456789":
            return text
        if INTEGER.fullmatch(text) and len(text) < 300:
            return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
        if FLOAT.fullmatch(text) or INFINITE.fullmatch(text):
            number = math.inf if INFINITE.fullmatch(text) else float(text)
            if not math.isfinite(number):
                self._fault(node, f"`{text[:40]}` cannot be sent: JSON has no such number; quote it if it is a text")
            return number
        return text

    def _check_tag(self, node: Node, expected: str) -> None:
        if node.tag != CORE + expected:
            tag = node.tag.replace(CORE, "!!")
            advice = "remove it, or quote the value if it is a text"
            if tag.lower() in INCLUDES:
                advice = "to read a file, write `{file: PATH}`, and in instructions `[{file: PATH}]`"
            elif tag.startswith("!") and set("./*") & set(tag) and "python/" not in tag:
                advice = f'if it is a pattern, write `exclude: ["{tag.lstrip("!")}"]`'
            self._fault(node, f"the tag `{tag[:80]}` means nothing here; {advice}")

    def _add(self, built: _Built, part: _Built) -> None:
        built.size += part.size
        built.depth = max(built.depth, part.depth + 1)

    def _fault(self, node: Node, message: str) -> None:
        mark = node.start_mark
        self.faults.append(YamlFault(mark.line + 1, mark.column + 1, message))
