"""Evaluates TypeScript expressions that consist of literals and of variables with literal values. No code is run."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from typing import Any

from msgspec import Struct, field

from provisioner.manifest.migration.literals import LONGEST, LocalFile, merged_value
from provisioner.manifest.migration.reading import Made
from provisioner.manifest.writing.found import Unread

WORDS = {"true": True, "false": False, "null": None, "undefined": None}
#: The types of nodes that contain one expression and have the value of this expression.
AROUND = frozenset(
    {"parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression", "await_expression"}
)
#: The functions that open the file whose path is their first argument.
OPENING = frozenset({"createReadStream", "openAsBlob", "readFileSync", "file", "openSync"})
ESCAPE = re.compile(r"\\(?:u\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(\r?\n)|(.))", re.DOTALL)
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}


def text_of(node: Any) -> str:
    """Returns the source text of a syntax node of tree-sitter."""
    return str(node.text.decode("utf-8", "replace"))


class ScriptValues(Struct):
    """Evaluates TypeScript expressions. `known` maps the names of variables to their values. `call` is a function that
    gets the syntax node of a call, and a name for the object that the call creates. It returns the created object, or
    None.
    """

    call: Callable[[Any, str], Made | None]
    known: dict[str, Any] = field(default_factory=dict)

    def evaluate(self, node: Any) -> Any:
        """Returns the value of the expression `node`: data, a `Made` object (an object that source code creates), or a
        `LocalFile`. If the value is not known, returns an `Unread` value, which contains the text of the expression.
        """
        kind = node.type
        if kind in AROUND and node.named_children:
            return self.evaluate(node.named_children[0])
        if kind in WORDS:
            return WORDS[kind]
        if kind == "string":
            return unescape(text_of(node)[1:-1])
        if kind == "template_string":
            parts = [each for each in node.named_children if each.type == "template_substitution"]
            return Unread(text_of(node)) if parts else unescape(text_of(node)[1:-1])
        if kind == "number":
            return _number(text_of(node))
        if kind == "identifier":
            return self.known.get(text_of(node), Unread(text_of(node)))
        if kind == "array":
            return self._items(node)
        if kind == "object":
            return self._object(node)
        evaluate = {
            "member_expression": self._member,
            "call_expression": self._call,
            "binary_expression": self._binary,
            "unary_expression": self._unary,
        }.get(kind)
        return evaluate(node) if evaluate else Unread(text_of(node))

    def _items(self, node: Any) -> list[Any]:
        items: list[Any] = []
        for each in node.named_children:
            if each.type == "spread_element":
                inner = self.evaluate(each.named_children[0])
                items += inner if isinstance(inner, list) else [Unread(text_of(each))]
            elif each.type != "comment":
                items.append(self.evaluate(each))
        return items

    def _object(self, node: Any) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for each in node.named_children:
            if each.type == "pair":
                key = self._key(each.child_by_field_name("key"))
                value = each.child_by_field_name("value")
                result[key or text_of(each)] = self.evaluate(value) if key is not None else Unread(text_of(each))
            elif each.type == "shorthand_property_identifier":
                result[text_of(each)] = self.known.get(text_of(each), Unread(text_of(each)))
            elif each.type == "spread_element":
                inner = self.evaluate(each.named_children[0])
                result |= inner if isinstance(inner, dict) else {text_of(each): Unread(text_of(each))}
            elif each.type == "method_definition":
                result[text_of(each.child_by_field_name("name"))] = Unread(text_of(each))
        return result

    def _key(self, node: Any) -> str | None:
        """Returns the name of a property in an object literal. `node` is the syntax node of the name. Returns None for
        an expression in brackets whose value is not known.
        """
        if node.type == "computed_property_name":
            known = self.evaluate(node.named_children[0])
            return known if isinstance(known, str) else None
        return str(unescape(text_of(node)[1:-1])) if node.type == "string" else text_of(node)

    def _member(self, node: Any) -> Any:
        text = text_of(node)
        if text in self.known:
            return self.known[text]
        owner, name = self.evaluate(node.child_by_field_name("object")), text_of(node.child_by_field_name("property"))
        if isinstance(owner, Made):
            value = merged_value(owner, name)
            return owner.key if name == "id" else Unread(text) if value is None else value
        return owner.get(name, Unread(text)) if isinstance(owner, dict) else Unread(text)

    def _call(self, node: Any) -> Any:
        made = self.call(node, "")
        if made is not None:
            return made
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        name = text_of(function).rpartition(".")[2] if function is not None else ""
        given = [each for each in arguments.named_children if each.type != "comment"] if arguments is not None else []
        if name in OPENING and given:
            path = self.evaluate(given[0])
            return LocalFile(path) if isinstance(path, str) else Unread(text_of(node))
        if name == "toFile" and given:
            opened = self.evaluate(given[0])
            return opened if isinstance(opened, LocalFile) else Unread(text_of(node))
        if name == "trim" and not given and function.type == "member_expression":
            text = self.evaluate(function.child_by_field_name("object"))
            return text.strip() if isinstance(text, str) else Unread(text_of(node))
        return Unread(text_of(node))

    def _binary(self, node: Any) -> Any:
        left, right = (self.evaluate(node.child_by_field_name(side)) for side in ("left", "right"))
        is_sum = text_of(node.child_by_field_name("operator")) == "+"
        if is_sum and isinstance(left, str) and isinstance(right, str) and len(left) + len(right) <= LONGEST:
            return left + right
        return Unread(text_of(node))

    def _unary(self, node: Any) -> Any:
        value = self.evaluate(node.child_by_field_name("argument"))
        is_minus = text_of(node.child_by_field_name("operator")) == "-"
        return -value if is_minus and isinstance(value, int | float) else Unread(text_of(node))


def unescape(text: str) -> str:
    """Returns the value of a JavaScript string literal. `text` is the literal without its quotes."""
    return ESCAPE.sub(_character, text) if "\\" in text else text


def _character(found: re.Match[str]) -> str:
    if code := found[1] or found[2] or found[3]:
        number = int(code, 16)
        return chr(number) if number < 0x110000 else found[0]
    return "" if found[4] else ESCAPES.get(found[5], found[5])


def _number(text: str) -> Any:
    try:
        return json.loads(text.replace("_", ""))
    except ValueError:
        pass
    try:
        return ast.literal_eval(text.replace("_", ""))
    except (ValueError, SyntaxError):
        return Unread(text)
