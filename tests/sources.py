"""Syntax trees of Python modules, parsed once for all tests that read the source."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path


@cache
def syntax_tree(path: Path) -> ast.Module:
    """Returns the syntax tree of the module at `path`. Tests do not change it, because they share it."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """Returns all nodes in the syntax tree of the module at `path`, as `ast.walk` yields them."""
    return tuple(ast.walk(syntax_tree(path)))


def dotted(node: ast.expr) -> str:
    """Returns the source of an expression, as `ast.unparse` does. Names such as `os.path.join` are found faster."""
    names: list[str] = []
    inner = node
    while isinstance(inner, ast.Attribute):
        names.append(inner.attr)
        inner = inner.value
    return ".".join([inner.id, *reversed(names)]) if isinstance(inner, ast.Name) else ast.unparse(node)
