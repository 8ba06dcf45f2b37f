"""Evaluates Python expressions that consist of literals and of variables with literal values. No code is run."""

from __future__ import annotations

import ast
import textwrap
from typing import Any

from msgspec import Struct, field

from provisioner.manifest.migration.reading import Made
from provisioner.manifest.writing.found import Unread

#: The most characters of a text, and the most items of a list, that an evaluated operator may make.
LONGEST = 10_000_000
#: The methods of `str` that are evaluated if they have no arguments.
TEXT_METHODS = frozenset({"strip", "lstrip", "rstrip"})


class LocalFile(Struct, frozen=True):
    """A file that the source code opens. `path` is the path in the source code."""

    path: str


class Literals(Struct):
    """Evaluates expressions. `values` are the values of the variables."""

    values: dict[str, Any] = field(default_factory=dict)
    source: str = ""

    def evaluate(self, node: ast.expr | None) -> Any:
        """Returns the value of the expression `node`: data, a `Made` object (an object that source code creates), or a
        `LocalFile`. If the value is not known, returns an `Unread` value, which contains the text of the expression.
        """
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str | int | float | bool | None) else self._unread(node)
        if isinstance(node, ast.Name):
            return self.values.get(node.id, self._unread(node))
        if isinstance(node, ast.Dict):
            return self._dict(node)
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return self._items(node.elts)
        if isinstance(node, ast.Attribute):
            return self._attribute(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            value = self.evaluate(node.operand)
            return -value if isinstance(value, int | float) else self._unread(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._sum(node)
        if isinstance(node, ast.Subscript):
            return self._subscript(node)
        if isinstance(node, ast.ListComp):
            return self._comprehension(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Await):
            return self.evaluate(node.value)
        return self._unread(node)

    def _unread(self, node: ast.expr | None) -> Unread:
        return Unread("" if node is None else ast.unparse(node))

    def _dict(self, node: ast.Dict) -> Any:
        result: dict[str, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                inner = self.evaluate(value)
                result |= inner if isinstance(inner, dict) else {f"**{ast.unparse(value)}": self._unread(value)}
            else:
                name = self.evaluate(key)
                result[name if isinstance(name, str) else ast.unparse(key)] = self.evaluate(value)
        return result

    def _items(self, nodes: list[ast.expr]) -> list[Any]:
        items: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                inner = self.evaluate(node.value)
                items += inner if isinstance(inner, list) else [self._unread(node)]
            else:
                items.append(self.evaluate(node))
        return items

    def _attribute(self, node: ast.Attribute) -> Any:
        owner = self.evaluate(node.value)
        if isinstance(owner, Made):
            known = merged_value(owner, node.attr)
            return owner.key if node.attr == "id" else self._unread(node) if known is None else known
        return self.values.get(ast.unparse(node), self._unread(node))

    def _sum(self, node: ast.BinOp) -> Any:
        left, right = self.evaluate(node.left), self.evaluate(node.right)
        if isinstance(left, str) and isinstance(right, str) and len(left) + len(right) <= LONGEST:
            return left + right
        if isinstance(left, list) and isinstance(right, list) and len(left) + len(right) <= LONGEST:
            return left + right
        return self._unread(node)

    def _subscript(self, node: ast.Subscript) -> Any:
        owner, key = self.evaluate(node.value), self.evaluate(node.slice)
        try:
            return owner[key] if isinstance(owner, dict | list) else self._unread(node)
        except (KeyError, IndexError, TypeError):
            return self._unread(node)

    def _comprehension(self, node: ast.ListComp) -> Any:
        first = node.generators[0]
        items = self.evaluate(first.iter)
        if (
            len(node.generators) > 1
            or first.ifs
            or not isinstance(first.target, ast.Name)
            or not isinstance(items, list)
        ):
            return self._unread(node)
        inner = Literals(dict(self.values), self.source)
        result = []
        for item in items:
            inner.values[first.target.id] = item
            result.append(inner.evaluate(node.elt))
        return result

    def _call(self, node: ast.Call) -> Any:
        function = node.func
        name = function.id if isinstance(function, ast.Name) else ""
        if isinstance(function, ast.Attribute):
            name = function.attr
            if name in TEXT_METHODS and not node.args:
                text = self.evaluate(function.value)
                return getattr(text, name)() if isinstance(text, str) else self._unread(node)
            if name == "open" and not node.args:
                path = self.evaluate(function.value)
                return path if isinstance(path, LocalFile) else self._unread(node)
        if node.args and name in ("open", "Path", "FileResponse"):
            path = self.evaluate(node.args[0])
            return (
                path
                if isinstance(path, LocalFile)
                else LocalFile(path)
                if isinstance(path, str)
                else self._unread(node)
            )
        if node.args and name == "dedent":
            text = self.evaluate(node.args[0])
            return textwrap.dedent(text) if isinstance(text, str) else self._unread(node)
        if name == "dict" and not node.args:
            return {each.arg or "**": self.evaluate(each.value) for each in node.keywords}
        return self._unread(node)


def merged_value(made: Made, name: str) -> Any:
    """Returns the latest value of a field of an object that source code creates. `name` is the field. The value comes
    from the last update that sets the field, otherwise from the creation. Returns None if neither sets the field.
    """
    return made.updates.get(name, made.fields.get(name))
