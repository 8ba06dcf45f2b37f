"""Finds the calls of the OpenAI SDK in TypeScript and JavaScript code. The code is parsed with tree-sitter and never
run.
"""

from __future__ import annotations

import re
from typing import Any

from provisioner.core.diagnostic import Place
from provisioner.core.errors import UsageError
from provisioner.manifest.migration.calls import PLAIN, Calls
from provisioner.manifest.migration.literals import LocalFile
from provisioner.manifest.migration.reading import Made, Reading
from provisioner.manifest.migration.script_values import ScriptValues, text_of
from provisioner.manifest.writing.found import Unread

FUNCTIONS = frozenset(
    {"function_declaration", "function_expression", "arrow_function", "method_definition", "generator_function"}
    | {"generator_function_declaration"}
)
#: The methods that are taken as a change of a list. After such a call, the value of the list is not known.
CHANGING = frozenset({"push", "unshift", "splice", "pop", "shift", "concat"})


def read_typescript(text: str, reading: Reading) -> None:
    """Adds to `reading` the objects that calls in a TypeScript or JavaScript program create. Raises UsageError if
    `tree-sitter` or `tree-sitter-typescript` is not installed.
    """
    try:
        import tree_sitter
        import tree_sitter_typescript
    except ImportError as error:
        raise UsageError(
            "reading TypeScript needs the packages `tree-sitter` and `tree-sitter-typescript`, which are not installed",
            hint='install them: pip install "provision-openai[migrate]"',
        ) from error
    has_jsx = reading.file.endswith(("x", ".js"))
    language = tree_sitter_typescript.language_tsx() if has_jsx else tree_sitter_typescript.language_typescript()
    root = tree_sitter.Parser(tree_sitter.Language(language)).parse(text.encode("utf-8", "replace")).root_node
    reader = _Reader(reading)
    try:
        reader.visit(root)
    except RecursionError:
        reading.report("error", "this program is nested too deeply to be read; name a smaller part of it")
        return
    if root.has_error:
        wrong = _first_error(root)
        line, column = wrong.start_point[0] + 1, wrong.start_point[1] + 1
        found = reading.found or reading.made
        message = "this is no TypeScript or JavaScript here; correct it, or name the file by what it is"
        reading.report("warning" if found else "error", message, line, column)


class _Reader:
    """Reads the syntax nodes of a program in the order of the text. Records the values of variables. Adds each object
    that a call of the API creates to `reading`.
    """

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.calls = Calls(reading)
        self.values = ScriptValues(self._call)
        self._function = ""
        self._done: set[int] = set()

    def visit(self, node: Any) -> None:
        """Reads a syntax node and the nodes inside it: declarations, assignments, functions and calls."""
        kind = node.type
        if kind in FUNCTIONS:
            self._enter(node)
        elif kind == "variable_declarator":
            self._declare(node)
        elif kind == "assignment_expression":
            self._assign(node)
        elif kind == "call_expression" and self.calls.knows(chain_of(node)):
            self._call(node, "")
        else:
            if kind == "call_expression":
                self._forget_changed(node)
            for child in node.named_children:
                self.visit(child)

    def _enter(self, node: Any) -> None:
        before, outer = dict(self.values.known), self._function
        parameters = node.child_by_field_name("parameters") or node.child_by_field_name("parameter")
        for name in _identifiers(parameters):
            self.values.known[name] = Unread(name)
        named = node.child_by_field_name("name")
        self._function = text_of(named) if named is not None else self._function
        for child in node.named_children:
            self.visit(child)
        self._function = outer
        self.values.known = before

    def _declare(self, node: Any) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if value is None:
            return
        if value.type in FUNCTIONS:
            outer, self._function = self._function, text_of(name)
            self.visit(value)
            self._function = outer
            return
        self._bind(name, value, is_new=True)

    def _assign(self, node: Any) -> None:
        self._bind(node.child_by_field_name("left"), node.child_by_field_name("right"), is_new=False)

    def _bind(self, target: Any, node: Any, *, is_new: bool) -> None:
        """Records the value of the expression `node` as the value of the variable `target`. `is_new` is true for a
        declaration.

        After a second assignment, the value is usually unknown, because it is not known which branches of the program
        run. Only an object that the program creates at OpenAI (`Made`) is recorded by every assignment. If `target` is
        a pattern such as `{a, b}`, the values of all its variables become unknown.
        """
        name = text_of(target)
        inner = _unwrapped(node)
        if inner.type == "call_expression" and self.calls.knows(chain_of(inner)):
            value: Any = self._call(inner, name) or Unread(text_of(node))
        else:
            self.visit(node)
            value = self.values.evaluate(node)
        if target.type == "identifier" or target.type == "member_expression":
            is_second = not is_new and name in self.values.known and not isinstance(value, Made)
            self.values.known[name] = Unread(name) if is_second else value
        else:
            for each in _identifiers(target):
                self.values.known[each] = Unread(each)

    def _forget_changed(self, node: Any) -> None:
        function = node.child_by_field_name("function")
        if function is not None and function.type == "member_expression":
            method = text_of(function.child_by_field_name("property"))
            if method in CHANGING:
                owner = text_of(function.child_by_field_name("object"))
                self.values.known[owner] = Unread(owner)

    def _call(self, node: Any, name: str) -> Made | None:
        chain = chain_of(node)
        if not self.calls.knows(chain) or node.id in self._done:
            return None
        self._done.add(node.id)
        arguments: dict[str, Any] = {}
        given = node.child_by_field_name("arguments")
        is_merged = False
        for index, each in enumerate(given.named_children if given is not None else ()):
            if each.type == "comment":
                continue
            value = self.values.evaluate(each)
            if isinstance(value, dict) and not is_merged:
                arguments |= value
                is_merged = True
            elif not is_merged or isinstance(value, LocalFile | Made):
                arguments[str(index)] = value
        if chain[-2:] == ("files", "create") and isinstance(arguments.get("0"), Unread):
            arguments["file"] = arguments.pop("0")
        if isinstance(unread := arguments.get("0"), Unread) and chain[-1] in ("create", "parse", "stream"):
            arguments[f"...{unread.text}"] = arguments.pop("0")
        line, column = node.start_point[0] + 1, node.start_point[1] + 1
        name = self._function if not name or name.lower() in PLAIN else name
        return self.calls.carry_out(chain, arguments, Place(self.reading.file, line, column), name)


def chain_of(node: Any) -> tuple[str, ...]:
    """Returns the names in the call `node`, in snake case. For `client.vectorStores.create()`, they are (client,
    vector_stores, create). The arguments of calls inside the chain are ignored.
    """
    names: list[str] = []
    node = node.child_by_field_name("function")
    while node is not None:
        if node.type == "member_expression":
            names.append(text_of(node.child_by_field_name("property")))
            node = node.child_by_field_name("object")
        elif node.type == "call_expression":
            node = node.child_by_field_name("function")
        elif node.type in ("parenthesized_expression", "await_expression", "non_null_expression"):
            node = node.named_children[0] if node.named_children else None
        else:
            names.append(text_of(node))
            break
    return tuple(re.sub(r"(?<=[a-z])([A-Z])", r"_\1", name).lower() for name in reversed(names))


def _unwrapped(node: Any) -> Any:
    while node.type in ("await_expression", "parenthesized_expression", "as_expression") and node.named_children:
        node = node.named_children[0]
    return node


def _identifiers(node: Any) -> list[str]:
    """Returns the names of the variables that the syntax node `node` declares. The node is the parameters of a
    function, or a destructuring pattern.
    """
    found, ahead = [], [node] if node is not None else []
    while ahead:
        each = ahead.pop()
        if each.type in ("identifier", "shorthand_property_identifier_pattern"):
            found.append(text_of(each))
        elif each.type != "type_annotation":
            ahead += each.named_children
    return found


def _first_error(root: Any) -> Any:
    node = root
    while True:
        inner = next((each for each in node.children if each.has_error or each.is_missing), None)
        if inner is None or inner.type == "ERROR" or inner.is_missing:
            return inner or node
        node = inner
