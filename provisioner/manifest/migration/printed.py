"""Finds API objects in a text that contains the output of Python's `print`, for example `Assistant(id='asst_…', …)` or
`{'id': 'asst_…', …}`.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

from provisioner.core.objecttype import TYPES
from provisioner.manifest.migration.balance import find_end
from provisioner.manifest.migration.objects import CLASSES, MEMBER, OBJECTS, found_object
from provisioner.manifest.migration.reading import Reading, Text
from provisioner.manifest.writing.found import Found

_PREFIXES = "|".join(re.escape(each.id_prefix) for each in TYPES.values() if each.id_prefix)
#: The beginning of a printed object: its class and its id, or a mapping that begins with its id.
BEGIN = re.compile(
    rf"(?<![\w.])(?:(?P<class>{'|'.join(CLASSES)})\(\s*id=|\{{\s*(?P<quote>['\"])id(?P=quote)\s*:\s*)"
    rf"['\"](?:{_PREFIXES})[^'\"\n]*['\"]"
)
#: The number of characters of a cut object that are skipped.
CUT = 200


def read_printed(text: Text, reading: Reading) -> Iterator[Found]:
    """Yields the API objects in a text, in their order. The text contains the output of Python's `print`, such as
    `Assistant(id='asst_…', …)`. An object that is cut off or cannot be read is not yielded; a warning about it is added
    to `reading`.
    """
    at = 0
    while begin := BEGIN.search(text.text, at):
        end = find_end(text.text, begin.start(), whole_line=False)
        place = text.place(begin.start())
        if end is None:
            message = "this object is cut off, so it is not read; print it again as a whole, or feed it as JSON"
            reading.report("warning", message, place.line, place.column)
            at = begin.end()
            continue
        data = parse_printed(text.text[begin.start() : end])
        at = end
        found = None
        if isinstance(data, dict):
            if begin["class"]:
                data.setdefault("object", _object_of(begin["class"]))
            found = found_object(data, place)
        if found is not None:
            yield found
        elif data is None:
            message = "this object cannot be read; feed it as JSON (`print(x.model_dump_json())`)"
            reading.report("warning", message, place.line, place.column)


def parse_printed(text: str) -> Any:
    """Returns the data in a text that Python or a JSON library printed, or None if the text cannot be read."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        tree = ast.parse(text.strip(), mode="eval")
        return _value(tree.body)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def _value(node: ast.expr) -> Any:
    """Returns the value of an expression that consists of literals and of constructors. A constructor becomes a dict of
    its keyword arguments, and a name becomes None. Raises ValueError if the expression contains anything else.
    """
    if isinstance(node, ast.Call):
        return {each.arg: _value(each.value) for each in node.keywords if each.arg}
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return {str(_value(key)): _value(value) for key, value in pairs if key is not None}
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return [_value(each) for each in node.elts]
    if isinstance(node, ast.Name | ast.Attribute):
        return None
    return ast.literal_eval(node)


def _object_of(class_: str) -> str:
    kind = CLASSES[class_]
    return MEMBER if kind == MEMBER else next(name for name, each in OBJECTS.items() if each == kind)
