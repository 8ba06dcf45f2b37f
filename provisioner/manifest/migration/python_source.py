"""Finds the calls of the OpenAI SDK in Python source code. The code is parsed and never run."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from provisioner.core.diagnostic import Place
from provisioner.manifest.migration.calls import PLAIN, Calls
from provisioner.manifest.migration.literals import Literals, LocalFile
from provisioner.manifest.migration.reading import Made, Reading
from provisioner.manifest.writing.found import Unread

Functions = ast.FunctionDef | ast.AsyncFunctionDef
#: The methods that change a list or a mapping. After such a call, the value of the list or mapping is not known.
CHANGING = frozenset({"append", "extend", "insert", "update", "setdefault", "pop", "remove", "clear"})


def parse_python(text: str) -> ast.Module:
    """Returns the syntax tree of a Python program. Raises SyntaxError if the text is not valid Python, or if it is
    nested too deeply.
    """
    try:
        return ast.parse(text)
    except (ValueError, RecursionError, MemoryError) as error:
        raise SyntaxError(str(error) or "it is nested too deeply") from error


class PythonReader:
    """Reads the statements of a Python program, from the first to the last. Records the values of variables, and adds
    the objects that calls of the OpenAI SDK create to `reading`, the result.
    """

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.calls = Calls(reading)
        self.literals = Literals()
        self._first_line = 1
        self._first_column = 1
        self._function = ""

    def read(self, statements: Iterable[ast.stmt], *, first_line: int = 1, first_column: int = 1) -> None:
        """Reads the statements of a program. `first_line` and `first_column` are the position of their first character
        in the source. The bodies of functions are read last, because functions are usually called after the other
        statements.
        """
        self._first_line, self._first_column = first_line, first_column
        self._follow(list(statements))

    def _follow(self, statements: list[ast.stmt]) -> None:
        later: list[Functions] = []
        for statement in statements:
            if isinstance(statement, Functions):
                later.append(statement)
            elif isinstance(statement, ast.ClassDef):
                self._follow(statement.body)
            else:
                self._statement(statement)
        for function in later:
            self._enter(function)

    def _enter(self, function: Functions) -> None:
        before, outer = self.literals, self._function
        arguments = function.args
        own = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        values = {**before.values, **{each.arg: Unread(each.arg) for each in own}}
        self.literals, self._function = Literals(values), function.name
        self._follow(function.body)
        self.literals, self._function = before, outer

    def _statement(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.Assign):
            value = self._value(statement.value, _name_of(statement.targets[0]))
            for target in statement.targets:
                self._bind(target, value)
        elif isinstance(statement, ast.AnnAssign):
            value = self._value(statement.value, _name_of(statement.target)) if statement.value else None
            self._bind(statement.target, value)
        elif isinstance(statement, ast.AugAssign):
            self._bind(statement.target, Unread(ast.unparse(statement)))
        elif isinstance(statement, ast.If | ast.For | ast.AsyncFor | ast.While | ast.Try | ast.Match):
            self._branch(statement)
        elif isinstance(statement, ast.With | ast.AsyncWith):
            for item in statement.items:
                value = self._value(item.context_expr, "")
                if item.optional_vars is not None:
                    self._bind(item.optional_vars, value)
            self._follow(statement.body)
        else:
            for node in ast.iter_child_nodes(statement):
                if isinstance(node, ast.expr):
                    self._value(node, "")

    def _branch(self, statement: ast.stmt) -> None:
        """Reads all bodies of a statement such as `if`, `for` or `try`, because it is not known which of them the
        program would run. If a body changes a variable, the value of the variable is unknown afterwards. After `try`,
        the value that was read last is used instead.
        """
        before = dict(self.literals.values)
        if isinstance(statement, ast.For | ast.AsyncFor):
            self._bind(statement.target, Unread(ast.unparse(statement.target)))
        for node in ast.iter_child_nodes(statement):
            if isinstance(node, ast.expr):
                self._value(node, "")
        for body in _bodies(statement):
            self._follow(body)
        if isinstance(statement, ast.Try):
            return
        for name, value in self.literals.values.items():
            if name in before and before[name] is not value:
                self.literals.values[name] = Unread(name)

    def _bind(self, target: ast.expr, value: Any) -> None:
        if isinstance(target, ast.Name | ast.Attribute):
            self.literals.values[ast.unparse(target)] = value
        elif isinstance(target, ast.Subscript):
            self._forget(target.value)
        elif isinstance(target, ast.Tuple | ast.List):
            values = value if isinstance(value, list) and len(value) == len(target.elts) else [None] * len(target.elts)
            for each, item in zip(target.elts, values, strict=True):
                self._bind(each, Unread(ast.unparse(each)) if item is None else item)

    def _forget(self, node: ast.expr) -> None:
        if isinstance(node, ast.Name | ast.Attribute):
            self.literals.values[ast.unparse(node)] = Unread(ast.unparse(node))

    def _value(self, node: ast.expr | None, name: str) -> Any:
        """Returns the value of an expression. If calls in the expression create objects, adds the objects to
        `self.reading`, the result. `name` is the variable to which the value is assigned.
        """
        if node is None:
            return None
        if isinstance(node, ast.Await):
            return self._value(node.value, name)
        if isinstance(node, ast.Call):
            chain = chain_of(node.func)
            if self.calls.knows(chain):
                return self._call(node, chain, name) or Unread(ast.unparse(node))
            if isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING:
                self._forget(node.func.value)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self._value_inside(child)
            elif isinstance(child, ast.keyword):
                self._value_inside(child.value)
        return self.literals.evaluate(node)

    def _value_inside(self, node: ast.expr) -> None:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call) and self.calls.knows(chain := chain_of(inner.func)):
                self._call(inner, chain, "")

    def _call(self, node: ast.Call, chain: tuple[str, ...], name: str) -> Made | None:
        arguments: dict[str, Any] = {str(index): self._argument(each) for index, each in enumerate(node.args)}
        for keyword in node.keywords:
            value = self._argument(keyword.value)
            if keyword.arg is not None:
                arguments[keyword.arg] = value
            elif isinstance(value, dict):
                arguments |= value
            else:
                arguments[f"**{ast.unparse(keyword.value)}"] = Unread(ast.unparse(keyword.value))
        line = self._first_line + node.lineno - 1
        column = node.col_offset + 1 + (self._first_column - 1 if node.lineno == 1 else 0)
        name = self._function if not name or name.lower() in PLAIN else name
        return self.calls.carry_out(chain, arguments, Place(self.reading.file, line, column), name)

    def _argument(self, node: ast.expr) -> Any:
        """Returns the value of an argument of a call. If the argument is itself a call that creates an object, adds the
        object to `self.reading`, the result.
        """
        if isinstance(node, ast.Starred):
            return Unread(ast.unparse(node))
        if isinstance(node, ast.Attribute) and isinstance(inner := node.value, ast.Call):
            made = self._value(inner, "")
            if isinstance(made, Made) and node.attr == "id":
                return made.key
        if isinstance(node, ast.Call) and self.calls.knows(chain_of(node.func)):
            return self._value(node, "")
        value = self.literals.evaluate(node)
        return value if not isinstance(value, LocalFile) or value.path else Unread(ast.unparse(node))


def chain_of(node: ast.expr) -> tuple[str, ...]:
    """Returns the names in a chain of attributes: (client, beta, assistants, create) for
    `client.beta.assistants.create`. The arguments of calls in the chain are ignored.
    """
    names: list[str] = []
    while True:
        if isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Name):
            names.append(node.id)
            return tuple(reversed(names))
        else:
            return tuple(reversed(names))


def _bodies(statement: ast.stmt) -> Iterable[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        if body := getattr(statement, name, None):
            yield body
    for each in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield each.body


def _name_of(target: ast.expr) -> str:
    if isinstance(target, ast.Name):
        return target.id
    return target.attr if isinstance(target, ast.Attribute) else ""
