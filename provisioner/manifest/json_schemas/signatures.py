"""Makes the JSON Schema of a Python function's parameters from its signature and docstring.

The source file is only parsed. It is never imported or run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from msgspec import Struct

from provisioner.manifest.json_schemas.docstrings import read_docstring
from provisioner.manifest.validation.nearest import nearest

Schema = dict[str, Any]
Function = ast.FunctionDef | ast.AsyncFunctionDef

SIMPLE = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "None": "null"}
LISTS = ("list", "List", "Sequence", "Iterable", "tuple", "Tuple")
MAPPINGS = ("dict", "Dict", "Mapping")
#: The most levels of types inside types.
DEEPEST = 20
ALLOWED = "str, int, float, bool, None, list[…], dict[str, …], Literal[…], Optional[…], a union, or a TypedDict"


class SourceFlaw(NamedTuple):
    """A problem in a Python file, with its line and column (both counted from 1) and a message."""

    line: int
    column: int
    message: str


class Unsuitable(Exception):
    """Raised if a signature cannot be converted to a JSON Schema. `flaw` gives the place and the reason."""

    def __init__(self, node: ast.AST, message: str) -> None:
        super().__init__(message)
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1
        self.flaw = SourceFlaw(line, column, message)


class Signature(Struct, frozen=True):
    """A function in a Python file. `names` are the names of the parameters that a call can give by name. It is None if
    the function accepts any names (`**kwargs`).

    `schema` is the JSON Schema of the parameters. It is None if it was not requested or could not be made.
    `description` is the first paragraph of the function's docstring.
    """

    names: tuple[str, ...] | None
    description: str = ""
    schema: Schema | None = None
    flaws: tuple[SourceFlaw, ...] = ()


def read_signature(source: str, name: str, *, strict: bool, wants_schema: bool) -> Signature | SourceFlaw:
    """Returns the signature of the function `name` in the Python code `source`. If the code is not valid, or contains
    no such function at its top level, returns a SourceFlaw. If `strict` is true, the schema follows the rules for
    `strict: true`. If `wants_schema` is false, no schema is made.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        return SourceFlaw(error.lineno or 1, max(1, error.offset or 1), f"this is not valid Python: {error.msg}")
    except (ValueError, RecursionError, MemoryError):
        return SourceFlaw(1, 1, "this is not valid Python")
    functions = {each.name: each for each in tree.body if isinstance(each, Function)}
    if name not in functions:
        close = nearest(name, functions)
        advice = f"did you mean `{close}`?" if close else "define it with `def` at the top level of the file"
        return SourceFlaw(1, 1, f"there is no function `{name}` in this file; {advice}")
    function = functions[name]
    names = None if function.args.kwarg else tuple(each.arg for each in _named(function.args))
    documented = read_docstring(ast.get_docstring(function) or "")
    if not wants_schema:
        return Signature(names, documented.summary)
    maker = SchemaMaker(tree, strict=strict)
    schema, flaws = maker.of_function(function, documented.parameters)
    return Signature(names, documented.summary, None if flaws else schema, tuple(flaws))


def _named(arguments: ast.arguments) -> list[ast.arg]:
    return [*arguments.args, *arguments.kwonlyargs]


@dataclass
class SchemaMaker:
    """Makes JSON Schemas from annotations. `tree` is the parsed Python file. TypedDicts that annotations name are
    looked up in this file.
    """

    tree: ast.Module
    strict: bool
    _classes: dict[str, ast.ClassDef] = field(init=False)

    def __post_init__(self) -> None:
        self._classes = {each.name: each for each in self.tree.body if isinstance(each, ast.ClassDef)}

    def of_function(self, function: Function, described: dict[str, str]) -> tuple[Schema, list[SourceFlaw]]:
        """Returns the schema of all parameters of a function, and the problems that make the schema incomplete.
        `described` maps the names of parameters to their descriptions.
        """
        flaws: list[SourceFlaw] = []
        properties: Schema = {}
        required: list[str] = []
        for argument, has_default in _parameters(function, flaws):
            try:
                schema = self._of_argument(argument)
            except Unsuitable as error:
                flaws.append(error.flaw)
                continue
            if argument.arg in described and "description" not in schema:
                schema["description"] = described[argument.arg]
            if has_default and self.strict:
                schema = _nullable(schema)
            if self.strict or not has_default:
                required.append(argument.arg)
            properties[argument.arg] = schema
        return _object(properties, required), flaws

    def _of_argument(self, argument: ast.arg) -> Schema:
        if argument.annotation is None:
            raise Unsuitable(argument, f"the parameter `{argument.arg}` has no type; write `{argument.arg}: str`")
        return self.of(argument.annotation, ())

    def of(self, node: ast.expr, inside: tuple[str, ...]) -> Schema:
        """Returns the JSON Schema of the annotation `node`. `inside` has one item for each type that contains the
        annotation: the name of a TypedDict, or an empty text for any other type. Raises Unsuitable if the annotation
        cannot be converted.
        """
        if len(inside) > DEEPEST:
            raise Unsuitable(node, f"this type nests more than {DEEPEST} levels deep; write it flatter")
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return self._of_text(node, inside)
        if isinstance(node, ast.Constant) and node.value is None:
            return {"type": "null"}
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self._union([*_alternatives(node)], inside)
        if isinstance(node, ast.Subscript):
            return self._of_subscript(node, inside)
        return self._of_name(node, inside)

    def _of_text(self, node: ast.Constant, inside: tuple[str, ...]) -> Schema:
        try:
            inner = ast.parse(str(node.value), mode="eval").body
        except (SyntaxError, ValueError):
            raise Unsuitable(node, "this annotation is not valid Python") from None
        for each in ast.walk(inner):
            ast.copy_location(each, node)
        return self.of(inner, (*inside, ""))

    def _of_name(self, node: ast.expr, inside: tuple[str, ...]) -> Schema:
        name = _last_name(node)
        if name in SIMPLE:
            return {"type": SIMPLE[name]}
        if name in LISTS:
            raise Unsuitable(node, f"this type does not say what is in the list; write `{name}[str]`")
        if name in MAPPINGS:
            return self._mapping(node, {})
        if name in self._classes:
            return self._typed_dict(node, self._classes[name], inside)
        raise Unsuitable(node, f"`{ast.unparse(node)[:60]}` cannot become JSON Schema; use {ALLOWED}")

    def _of_subscript(self, node: ast.Subscript, inside: tuple[str, ...]) -> Schema:
        name = _last_name(node.value)
        items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        deeper = (*inside, "")
        if name == "Literal":
            return _literal(node, items)
        if name == "Optional":
            return self._union([items[0], ast.copy_location(ast.Constant(None), node)], inside)
        if name == "Union":
            return self._union(items, inside)
        if name == "Annotated":
            return self._annotated(items, deeper)
        if name in ("Required", "NotRequired"):
            return self.of(items[0], deeper)
        if name in LISTS:
            others = [each for each in items[1:] if not (isinstance(each, ast.Constant) and each.value is ...)]
            if others:
                raise Unsuitable(node, "a list has one type of items here; write `list[…]`")
            return {"type": "array", "items": self.of(items[0], deeper)}
        if name in MAPPINGS:
            if _last_name(items[0]) != "str" or len(items) != 2:
                raise Unsuitable(node, "the keys of a JSON object are texts; write `dict[str, …]`")
            return self._mapping(node, self.of(items[1], deeper))
        raise Unsuitable(node, f"`{ast.unparse(node)[:60]}` cannot become JSON Schema; use {ALLOWED}")

    def _mapping(self, node: ast.expr, values: Schema) -> Schema:
        if self.strict:
            raise Unsuitable(node, "`strict` allows no object with arbitrary keys; declare a TypedDict with the keys")
        return {"type": "object", "additionalProperties": values or True}

    def _union(self, nodes: list[ast.expr], inside: tuple[str, ...]) -> Schema:
        schemas = [self.of(each, (*inside, "")) for each in nodes]
        others = [each for each in schemas if each != {"type": "null"}]
        if len(others) == 1 and len(schemas) > 1:
            return _nullable(others[0])
        if all(set(each) == {"type"} and isinstance(each["type"], str) for each in schemas):
            return {"type": list(dict.fromkeys(each["type"] for each in schemas))}
        return {"anyOf": schemas}

    def _annotated(self, items: list[ast.expr], inside: tuple[str, ...]) -> Schema:
        schema = self.of(items[0], inside)
        for each in items[1:]:
            for found in _texts(each):
                schema.setdefault("description", found)
        return schema

    def _typed_dict(self, node: ast.expr, class_: ast.ClassDef, inside: tuple[str, ...]) -> Schema:
        if not any(_last_name(base) == "TypedDict" for base in class_.bases):
            message = f"`{class_.name}` is no TypedDict; a function gets JSON values, so write a TypedDict"
            raise Unsuitable(node, message)
        if class_.name in inside:
            raise Unsuitable(node, f"`{class_.name}` contains itself, which is not supported")
        is_total = not any(
            each.arg == "total" and isinstance(each.value, ast.Constant) and each.value.value is False
            for each in class_.keywords
        )
        properties: Schema = {}
        required: list[str] = []
        for each in class_.body:
            if not isinstance(each, ast.AnnAssign) or not isinstance(each.target, ast.Name):
                continue
            schema = self.of(each.annotation, (*inside, class_.name))
            wrapper = _last_name(each.annotation.value) if isinstance(each.annotation, ast.Subscript) else ""
            is_required = wrapper == "Required" or (is_total and wrapper != "NotRequired")
            if self.strict or is_required:
                required.append(each.target.id)
            properties[each.target.id] = schema if is_required or not self.strict else _nullable(schema)
        return _object(properties, required)


def _parameters(function: Function, flaws: list[SourceFlaw]) -> Iterator[tuple[ast.arg, bool]]:
    """Yields each parameter that has a fixed name in a call, and whether the parameter has a default. For any other
    parameter, such as `*args`, a problem is added to `flaws`.
    """
    arguments = function.args
    for each in (*arguments.posonlyargs, *(item for item in (arguments.vararg, arguments.kwarg) if item)):
        message = f"the parameter `{each.arg}` has no fixed name in a call; write ordinary parameters"
        flaws.append(Unsuitable(each, message).flaw)
    without = len(arguments.args) - len(arguments.defaults)
    for index, each in enumerate(arguments.args):
        yield each, index >= without
    for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield each, default is not None


def _object(properties: Schema, required: list[str]) -> Schema:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _nullable(schema: Schema) -> Schema:
    """Returns a schema that also allows null."""
    kind = schema.get("type")
    if "enum" in schema:
        return {**schema, "type": _with_null(kind), "enum": [*schema["enum"], None]}
    if isinstance(kind, str | list):
        return schema if kind == "null" else {**schema, "type": _with_null(kind)}
    if any(each == {"type": "null"} for each in schema.get("anyOf", ())):
        return schema
    return {**schema, "anyOf": [*schema.get("anyOf", ()), {"type": "null"}]}


def _with_null(kind: Any) -> list[str]:
    return list(dict.fromkeys([*([kind] if isinstance(kind, str) else kind), "null"]))


def _literal(node: ast.expr, items: list[ast.expr]) -> Schema:
    values = [each.value for each in items if isinstance(each, ast.Constant)]
    kinds = {type(value) for value in values}
    if len(values) != len(items) or len(kinds) != 1 or kinds - {str, int}:
        raise Unsuitable(node, "the values of a Literal must be all texts, or all integers")
    return {"type": "string" if kinds == {str} else "integer", "enum": values}


def _alternatives(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        yield from _alternatives(node.left)
        yield node.right
    else:
        yield node


def _last_name(node: ast.expr) -> str:
    """Returns the last name in an expression: `C` for `C` and for `a.b.C`. Returns `None` as text for the constant
    None, and an empty text for other expressions.
    """
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Constant) and node.value is None:
        return "None"
    return node.id if isinstance(node, ast.Name) else ""


def _texts(node: ast.expr) -> Iterator[str]:
    """Yields the description that an argument of `Annotated` contains. The argument is a text, or a call with
    `description=`, such as `Field(…)`. Yields nothing for any other argument.
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if isinstance(node, ast.Call):
        for each in node.keywords:
            if each.arg == "description" and isinstance(each.value, ast.Constant) and isinstance(each.value.value, str):
                yield each.value.value
