"""Replaces, adds and removes values in the text of a YAML or JSON file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from msgspec import Struct
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from provisioner.manifest.editing.differences import REMOVED, Edit
from provisioner.manifest.editing.source_text import SourceText, Splice
from provisioner.manifest.editing.spans import Child, Spans
from provisioner.manifest.parsing.document import Steps
from provisioner.manifest.parsing.location import locate
from provisioner.manifest.writing.yaml_text import ONE_LINE, write_inline, write_yaml

INDENT = 2
SHARED = "an alias shares the value with other places (`&`, `*`, `<<`)"
#: The first line of a block (`|` or `>`), with the comment after it.
HEADER = re.compile(r"[|>][-+0-9]*(?P<comment>[ \t]+#[^\n]*)?")
NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")
#: The fields with prose. Line breaks at the end of prose have no meaning, so the form of the block (`|`) can stay.
PROSE = ("instructions", "text")


class NotEditable(Exception):
    """Raised if a value cannot be changed in its file. The message is the reason."""


class NodeEdits(Struct):
    """Converts edits of values (`Edit`) to replacements in the text of one file (`Splice`). `spans` are the positions
    of the values in the file. `is_json` is true if the file is JSON.
    """

    spans: Spans
    is_json: bool = False

    @property
    def source(self) -> SourceText:
        """The text of the file whose values are edited."""
        return self.spans.source

    def splices(self, edits: Sequence[Edit]) -> Iterator[Splice]:
        """Yields the replacements in the file's text that carry out the edits. The path of each edit begins at the root
        of the file. Raises NotEditable if a value cannot be changed in the file.
        """
        structural: dict[Steps, list[Edit]] = {}
        for edit in edits:
            owner = self.node_at(edit.path[:-1])
            if not edit.inserted and self._child(owner, edit.path[-1]) is None and list(locate(owner, edit.path[-1:])):
                raise NotEditable("a merge key (`<<`) brings the value from another place")
            if edit.inserted or edit.value is REMOVED or self._child(owner, edit.path[-1]) is None:
                structural.setdefault(edit.path[:-1], []).append(edit)
            else:
                yield self._set(owner, edit)
        while structural:
            path = max(structural, key=len)
            grouped = structural.pop(path)
            owner = self.node_at(path)
            removed = {each.path[-1] for each in grouped if each.value is REMOVED}
            added = [each for each in grouped if each.value is not REMOVED]
            is_emptied = removed and not added and len(removed) == len(owner.value)
            if is_emptied and path and isinstance(path[-1], str):  # an item of a list would be missing in the list
                structural.setdefault(path[:-1], []).append(Edit(path, REMOVED))
                continue
            yield from self._restructure(owner, removed, added)

    def node_at(self, path: Steps) -> Any:
        """Returns the YAML node of the list or mapping at a path. Raises NotEditable if no list or mapping is written
        at the path itself, for example because a merge key brings it. Also raises NotEditable if an alias shares a
        value on the path with another place in the file.
        """
        node = self.spans.root
        for step in path:
            child = self._child(node, step)
            if child is None:
                raise NotEditable("the value is not written there itself")
            node = child.node
            if id(node) in self.spans.shared:
                raise NotEditable(SHARED)
        if not isinstance(node, MappingNode | SequenceNode):
            raise NotEditable("the value is not written there itself")
        return node

    def check_unshared(self, node: Node) -> None:
        """Raises NotEditable if an alias in the file refers to the value of `node`, or to a value inside it."""
        ahead = [node]
        while ahead:
            each = ahead.pop()
            if id(each) in self.spans.shared:
                raise NotEditable(SHARED)
            if not isinstance(each, ScalarNode):
                for item in each.value:
                    ahead += item if isinstance(item, tuple) else (item,)

    def _child(self, node: Node | None, step: str | int) -> Child | None:
        if node is None:
            return None
        return next((each for each in self.spans.children(node) if each.key == step), None)

    def _set(self, owner: Any, edit: Edit) -> Splice:
        child = self._child(owner, edit.path[-1])
        assert child is not None
        self.check_unshared(child.node)
        text, node, value = self.source.text, child.node, edit.value
        is_block = isinstance(node, ScalarNode) and node.style in ("|", ">")
        is_prose = is_block and isinstance(value, str) and edit.path[-1] in PROSE
        if is_prose and node.value.endswith("\n") and not value.endswith("\n"):
            value += "\n"
        if is_block and (splice := self._set_block(child, owner, value)) is not None:
            return splice
        if isinstance(value, str) and not is_block and ("\n" not in value or owner.flow_style or self.is_json):
            made = self._quoted(value, node.style if isinstance(node, ScalarNode) else None)
            return Splice(child.value, child.end, made if child.value > child.after_key else f" {made}")
        made = self._value_text(owner, value, self._column(owner, child))
        begin = child.value
        if "\n" in made and "#" in text[child.end : self.source.line_end(child.end)]:
            made = write_inline(value)  # After a block, the comment would be a part of its last line.
        if made.startswith("\n") and text[child.after_key : begin].strip() == "":
            begin = child.after_key
        elif "\n" in text[child.after_key : begin] or begin == child.after_key:
            begin, made = child.after_key, made if made.startswith(("\n", " ")) else f" {made}"
        return Splice(begin, child.end, made)

    def _set_block(self, child: Child, owner: Any, value: Any) -> Splice | None:
        """Returns the replacement of a block text (`|` or `>`) by the new value `value`. `child` contains the positions
        of the old text, and `owner` is the node that contains this text.

        A comment after the `|` or `>` is kept. If `value` cannot be written as a block, it is written in one line
        before the comment. If there is no comment either, returns None.
        """
        made = self._block_text(value, self._indent_of_block(child, owner)) if isinstance(value, str) else None
        header = HEADER.match(self.source.text, child.value)
        comment = (header["comment"] if header else None) or ""
        if made is None and not comment:
            return None
        first, end, rest = (write_inline(value) if made is None else made).partition("\n")
        return Splice(child.value, child.end, f"{first}{comment}{end}{rest}")

    def _quoted(self, value: str, style: str | None) -> str:
        """Returns the text `value` as a YAML scalar in one line. `style` is the kind of quotes around the former value,
        or None if it had no quotes. If possible, the result has the quotes of the former value.
        """
        if self.is_json or (style == '"' and value.isprintable()):
            return _json(value)
        if style == "'" and value.isprintable():
            return "'" + value.replace("'", "''") + "'"
        return write_inline(value)

    def _indent_of_block(self, child: Child, owner: Any) -> int:
        lines = self.source.text[child.value : child.end].split("\n")[1:]
        found = [len(line) - len(line.lstrip(" ")) for line in lines if line.strip()]
        return min(found) if found else self._column(owner, child) + INDENT

    def _block_text(self, value: str, indent: int) -> str | None:
        """Returns the text `value` as a YAML literal block whose lines have the indentation `indent`. Returns None if
        the text cannot be written as a literal block.
        """
        body = value.rstrip("\n")
        ends = len(value) - len(body)
        is_plain = body.replace("\n", "").replace("\t", "").isprintable() and not body[:1].isspace()
        if not body or ends > 1 or not is_plain:
            return None
        lines = [" " * indent + line if line else "" for line in body.split("\n")]
        return "\n".join(["|" if ends else "|-", *lines])

    def _value_text(self, owner: Any, value: Any, column: int) -> str:
        """Returns the text of `value` as it is written after its key: in one line, as a block text (`|`) after a space,
        or as a block that begins with a line break. `owner` is the node that contains the key, and `column` is the
        column of the key.
        """
        if self.is_json:
            return _json(value)
        if isinstance(value, str) and "\n" in value and not owner.flow_style:
            block = self._block_text(value, column + INDENT)
            return write_inline(value) if block is None else f" {block}"
        inline = write_inline(value)
        if owner.flow_style or not isinstance(value, dict | list) or not value:
            return inline
        if len(inline) + column <= ONE_LINE and not any(isinstance(each, dict | list) for each in _items(value)):
            return inline
        lines = write_yaml(value, levels=2).rstrip("\n").split("\n")
        return "\n" + "\n".join(" " * (column + INDENT) + line if line else line for line in lines)

    def _column(self, owner: Any, child: Child) -> int:
        return child.begin - self.source.line_start(child.begin) if not owner.flow_style else 0

    def _restructure(self, owner: Any, removed: set[str | int], added: list[Edit]) -> Iterator[Splice]:
        children = self.spans.children(owner)
        missing = removed - {each.key for each in children}
        if missing:
            raise NotEditable("the value is not written there itself")
        for each in children:
            if each.key in removed:
                self.check_unshared(each.node)
        if owner.flow_style or not children:
            yield from self._restructure_flow(owner, children, removed, added)
            return
        if added and len(removed) == len(children):
            raise NotEditable("all values of the list or map were replaced by others")
        yield from self._take_lines(children, removed)
        yield from self._add_lines(owner, children, removed, added)

    def _restructure_flow(
        self, owner: Any, children: list[Child], removed: set[str | int], added: list[Edit]
    ) -> Iterator[Splice]:
        text = self.source.text
        kept = [each for each in children if each.key not in removed]
        if not kept:
            begin, end = self.spans.begin(owner), self.spans.end(owner)
            if "#" in text[begin:end] and children:
                raise NotEditable("comments stand between the values of the list or map")
            entries = ", ".join(self._entry(owner, each) for each in added)
            yield Splice(begin, end, f"{text[begin : begin + 1]}{entries}{text[end - 1 : end]}")
            return
        last = kept[-1]
        for child, following in pairwise(children):
            if child.key in removed and child.begin < last.begin:
                if "#" in text[child.end : following.begin]:
                    raise NotEditable("comments stand between the values of the list or map")
                yield Splice(child.begin, following.begin, "")
        line = self.source.line_start(last.begin)
        is_first = not text[line : last.begin].strip() and line > self.spans.begin(owner)
        separator = f",\n{text[line : last.begin]}" if is_first else ", "
        places: dict[int | None, list[str]] = {}
        for edit in added:
            at = edit.path[-1]
            behind = next((each.begin for each in kept if isinstance(at, int) and int(each.key) >= at), None)
            places.setdefault(behind, []).append(self._entry(owner, edit))
        ends = [f"{separator}{entry}" for entry in places.pop(None, [])]
        for place, inserted in places.items():
            yield Splice(place or 0, place or 0, "".join(f"{entry}{separator}" for entry in inserted))
        if ends or last is not children[-1]:
            yield Splice(last.end, children[-1].end, "".join(ends))

    def _entry(self, owner: Any, edit: Edit) -> str:
        value = _json(edit.value) if self.is_json else write_inline(edit.value)
        if isinstance(owner, SequenceNode):
            return value
        return f"{self._quoted(str(edit.path[-1]), chr(34) if self.is_json else None)}: {value}"

    def _take_lines(self, children: list[Child], removed: set[str | int]) -> Iterator[Splice]:
        text, source = self.source.text, self.source
        for position, child in enumerate(children):
            if child.key not in removed:
                continue
            begin, end = source.line_start(child.begin), source.line_end(child.end)
            if text[begin : child.begin].strip():  # The key follows a hyphen in the same line.
                following = children[position + 1 :]
                if not following or "#" in text[child.end : following[0].begin] or following[0].key in removed:
                    raise NotEditable("the value stands in the first line of an item")
                yield Splice(child.begin, following[0].begin, "")
            elif end < len(text):
                yield Splice(begin, end + 1, "")
            else:
                yield Splice(max(begin - 1, 0), end, "")

    def _add_lines(
        self, owner: Any, children: list[Child], removed: set[str | int], added: list[Edit]
    ) -> Iterator[Splice]:
        source, begin = self.source, children[0].begin
        column = begin - source.line_start(begin)
        # The first item of a list in a list follows the hyphen of the outer item: `- - first`.
        follows_hyphen = bool(source.text[source.line_start(begin) : begin].strip())
        grouped: dict[int, list[str]] = {}
        for edit in added:
            if isinstance(owner, SequenceNode):
                made = self._item(edit.value, column)
                last = children[min(int(edit.path[-1]), len(children)) - 1] if edit.path[-1] else None
            else:
                value = self._value_text(owner, edit.value, column)
                key = write_inline(str(edit.path[-1]))
                made = f"{' ' * column}{key}:{value if value[:1] in (' ', chr(10)) else f' {value}'}"
                last = next((each for each in reversed(children) if each.key not in removed), children[-1])
            at = source.line_end(last.end) if last else begin if follows_hyphen else source.line_start(begin)
            grouped.setdefault(at, []).append(made)
            if last is None:
                grouped[at] = [*grouped.pop(at)[:-1], made]
        for at, lines in grouped.items():
            if at == begin and follows_hyphen:
                yield Splice(at, at, "".join(f"{line[column:]}\n{' ' * column}" for line in lines))
            elif at == source.line_start(begin):
                yield Splice(at, at, "".join(f"{line}\n" for line in lines))
            else:
                yield Splice(at, at, "".join(f"\n{line}" for line in lines))

    def _item(self, value: Any, column: int) -> str:
        if isinstance(value, str) and "\n" in value:
            return f"{' ' * column}- {write_inline(value)}"
        lines = (
            write_yaml(value, levels=1).rstrip("\n").split("\n")
            if isinstance(value, dict | list)
            else [write_inline(value)]
        )
        return "\n".join(" " * column + ("- " if not index else "  ") + line for index, line in enumerate(lines))


def _items(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else list(value)


def _json(value: Any) -> str:
    """Returns a value as JSON that YAML parsers can read, too. Characters that YAML does not allow are written as
    escapes.
    """
    text = json.dumps(value, ensure_ascii=False)
    return NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
