"""Reads texts that contain Python code, the output of the code, and prose, such as console sessions and tutorials."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator

from provisioner.manifest.migration.balance import find_end
from provisioner.manifest.migration.printed import read_printed
from provisioner.manifest.migration.python_source import PythonReader
from provisioner.manifest.migration.reading import Reading, Text

#: The prompts that the consoles of Python and IPython print before code.
PROMPT = re.compile(r"^(?:>>> |\.\.\. |In \[\d*\]: ?| *\.\.\.: )", re.MULTILINE)
#: The beginning of a line that may be a statement: an assignment, or a call of an SDK method.
STATEMENT = re.compile(
    r"^[ \t]*(?:return |await |print\()?(?=[A-Za-z_][\w.]*(?:\s*:[^=\n]{1,60})?\s*=(?!=)"
    r"|[A-Za-z_][\w]*(?:\.\w+)*\.(?:create|update|create_and_poll|upload|upload_and_poll|parse|stream)\s*\()",
    re.MULTILINE,
)
#: The most characters that the search for the ends of statements may read, as a multiple of the text's length.
EFFORT = 20


def read_transcript(text: Text, reading: Reading, reader: PythonReader | None = None) -> None:
    """Finds objects in a text that contains Python statements and their output. Adds to `reading` the objects that the
    statements create, and the objects that the output shows. `reader` has read earlier code, whose variables the
    statements may use. It is None if there is no earlier code.
    """
    reader = reader or PythonReader(reading)
    for place_line, column, statements in _statements(text):
        reader.read(statements, first_line=place_line, first_column=column)
    reading.found += read_printed(text, reading)


def _statements(text: Text) -> Iterator[tuple[int, int, list[ast.stmt]]]:
    """Yields (line, column, statements) for every part of a text that begins like an assignment or a call of an SDK
    method, and is valid Python code. The search ends early if it has read too many characters (EFFORT).
    """
    code = PROMPT.sub(lambda found: " " * len(found[0]), text.text)
    left = EFFORT * len(code) + 10_000
    at = 0
    while (begin := STATEMENT.search(code, at)) and left > 0:
        start = begin.end()
        end = find_end(code, start, whole_line=True)
        left -= (end or min(len(code), start + 100_000)) - start
        at = code.find("\n", begin.end())
        at = len(code) if at < 0 else at + 1
        if end is None:
            continue
        source = code[start:end]
        if begin[0].strip() == "print(":
            source = source.rstrip().removesuffix(")")
        try:
            tree = ast.parse(textwrap.dedent(source))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        place = text.place(start)
        yield place.line, place.column, tree.body
        at = max(at, end)
