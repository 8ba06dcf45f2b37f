"""Reads Jupyter notebooks: the code of the cells, and the output of the cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.manifest.migration.printed import read_printed
from provisioner.manifest.migration.python_source import PythonReader, parse_python
from provisioner.manifest.migration.reading import Reading, Text
from provisioner.manifest.migration.transcripts import read_transcript

KINDS = ("code", "markdown", "raw")


def is_cell(value: Mapping[str, Any]) -> bool:
    """Returns whether a value is a cell of a notebook."""
    return value.get("cell_type") in KINDS and "source" in value


class Notebook:
    """Reads the cells of one Jupyter notebook, from the first to the last. The code in a cell can use the variables of
    earlier cells. The place of an object consists of the cell, and the line in the cell.
    """

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self._python = PythonReader(reading)
        self._cells = 0
        self._with_code = 0
        self._outputs = 0
        self._file = reading.file

    def read_cell(self, cell: Mapping[str, Any]) -> None:
        """Reads `cell`, the next cell of the notebook. Adds the objects in its code and in its outputs to
        `self.reading`, the result.
        """
        self._cells += 1
        self.reading.file = f"{self._file}[cell {self._cells}]"
        source = _text(cell.get("source"))
        if cell.get("cell_type") != "code":
            self.reading.file = self._file
            return
        if source.strip():
            self._with_code += 1
            self._read_code(source)
        outputs = cell.get("outputs")
        for output in outputs if isinstance(outputs, list) else ():
            if isinstance(output, Mapping):
                self._read_output(output)
        self.reading.file = self._file

    def finish(self) -> None:
        """Reports a warning if the notebook contains no code and no object was found in the notebook."""
        if self.reading.found or self.reading.made:
            return
        if not self._with_code and self._outputs:
            message = (
                "this notebook has outputs only, and they show no object; save it with its code, or print the objects"
            )
        elif not self._with_code:
            message = "this notebook has no code; save it with its cells"
        else:
            return
        self.reading.report("warning", message)

    def _read_code(self, source: str) -> None:
        try:
            tree = parse_python(_without_magic(source))
        except SyntaxError:
            read_transcript(Text(source, self.reading.file), self.reading, self._python)
        else:
            self._python.read(tree.body)

    def _read_output(self, output: Mapping[str, Any]) -> None:
        data = output.get("data")
        parts = [output.get("text")]
        if isinstance(data, Mapping):
            parts += [data.get("application/json"), data.get("text/plain")]
        for part in parts:
            text = _text(part)
            if text.strip():
                self._outputs += 1
                self.reading.found += read_printed(Text(text, self.reading.file), self.reading)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "".join(each for each in value if isinstance(each, str))
    return value if isinstance(value, str) else ""


def _without_magic(source: str) -> str:
    """Returns the source of a cell without the commands of the notebook, each of which is replaced by `pass`. Commands
    are lines that begin with `%`, `!` or `?`, or that end with `?`.
    """
    return "\n".join("pass" if _is_magic(line.strip()) else line for line in source.split("\n"))


def _is_magic(line: str) -> bool:
    return line.startswith(("%", "!", "?")) or line.endswith("?")
