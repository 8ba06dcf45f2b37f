"""Notebooks as cells: the code of each cell, and the output that the transcript shows after it."""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import re
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

HERE = Path(__file__).parent
TRANSCRIPTS = HERE.parents[1] / "migrate" / "transcripts"
CELL = re.compile(r"^# In \[(\w+)\]\n", re.MULTILINE)


class Cell(NamedTuple):
    """A cell: its number, its code, and what the transcript shows between it and the next cell."""

    number: str
    code: str
    output: str


def read_cells(name: str) -> list[Cell]:
    """The cells of a notebook. Their code must be in the transcript as it stands, in the same order."""
    transcript = (TRANSCRIPTS / f"{name}.txt").read_text(encoding="utf-8")
    parts = CELL.split((HERE / f"{name}.txt").read_text(encoding="utf-8"))[1:]
    places, position = [], 0
    for code in parts[1::2]:
        start = transcript.find(code.rstrip(), position)
        assert start >= 0, f"the transcript {name} has no such cell after character {position}: {code}"
        position = start + len(code.rstrip())
        places.append((start, position))
    ends = [*(start for start, _ in places[1:]), len(transcript)]
    return [
        Cell(number, code, transcript[begin:end])
        for number, code, (_, begin), end in zip(parts[::2], parts[1::2], places, ends, strict=True)
    ]


class Notebook:
    """Runs the cells of a notebook in one namespace, as a notebook does."""

    def __init__(self, **names: Any) -> None:
        self.names: dict[str, Any] = {**names, "print": self._print, "display": self._show}
        self.shown: list[Any] = []
        self.printed = io.StringIO()

    def run(self, code: str) -> list[Any]:
        """The objects that the cell shows: printed ones, and the value of its last line. Lines for the shell are left
        out.
        """
        self.shown = []
        self.printed = io.StringIO()
        tree = ast.parse(re.sub(r"^!.*$", "", code, flags=re.MULTILINE))
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "cell", "exec"), self.names)
        if isinstance(last, ast.Expr):
            self._show(eval(compile(ast.Expression(last.value), "cell", "eval"), self.names))
        return self.shown

    def _print(self, *values: Any, **options: Any) -> None:
        for value in values:
            self._show(value)
        with contextlib.redirect_stdout(self.printed):
            builtins.print(*values, **options)

    def _show(self, value: Any) -> None:
        if isinstance(value, (BaseModel, dict, list, tuple)):
            self.shown.append(plain(value))


def plain(value: Any) -> Any:
    """A value with mappings in place of the SDK's objects."""
    if isinstance(value, BaseModel):
        return {name: plain(each) for name, each in {**dict(value), **(value.model_extra or {})}.items()}
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, (list, tuple)) else value
