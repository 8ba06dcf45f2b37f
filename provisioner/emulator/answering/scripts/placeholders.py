"""Replaces placeholders such as `{{name}}` in the texts of a script."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.emulator.answering.outputs import Annotation, CodeRun, FileCitation, FileSearch, MadeFileCitation, Text

PLACEHOLDER = re.compile(r"\{\{\s*([\w.]+)(?:\s([^{}]*))?\}\}")
#: The names that a script can use, beside the groups of its patterns and `result.KEY`.
NAMES = ("input", "result", "logs", "passage", "cite", "filename", "score", "count", "file", "model")
#: The most characters of a passage that a text quotes.
QUOTED = 240


class Values(Struct, frozen=True):
    """Contains the values for the placeholders of one turn. `groups` contains the capture groups of the rule's
    patterns, keyed by their number or name. `found` is the latest search of the turn in files, and `run` is the latest
    run of code. Both are None if the turn has none yet.
    """

    groups: Mapping[str, str] = field(default_factory=dict)
    input: str = ""
    result: str = ""
    model: str = ""
    found: FileSearch | None = None
    run: CodeRun | None = None

    def after(self, output: Any) -> Values:
        """Returns the values for the placeholders in the outputs that come after `output` in the turn. If `output` is a
        search in files, it becomes `found` in the result. If `output` is a run of code, it becomes `run` in the result.
        After any other output, the values are the same as before.
        """
        if isinstance(output, FileSearch):
            return replace(self, found=output)
        return replace(self, run=output) if isinstance(output, CodeRun) else self


def names_in(text: str) -> list[str]:
    """Returns the names of all placeholders in a text."""
    return [found[1] for found in PLACEHOLDER.finditer(text)]


def is_known(name: str, groups: Sequence[str]) -> bool:
    """Returns whether a rule can use a placeholder with the name `name`. `groups` are the numbers and names of the
    capture groups in the rule's patterns.
    """
    return name in NAMES or name in groups or name.startswith("result.")


def fill(text: str, values: Values) -> str:
    """Returns the text with values in place of its placeholders. A placeholder of a link to a file becomes a Markdown
    link. Placeholders of citations are removed.
    """
    return fill_annotated(text, values).text


def fill_code(code: str, values: Values) -> str:
    """Returns Python code with values in place of its placeholders. Double braces that contain no placeholder are kept,
    because they can be part of the code.
    """
    return PLACEHOLDER.sub(lambda found: _value(found, values) if _has(found[1], values) else found[0], code)


def fill_annotated(text: str, values: Values) -> Text:
    """Returns the text with values in place of its placeholders. A placeholder of a citation is removed, and an
    annotation is added at its position. A placeholder of a link to a file becomes a Markdown link with an annotation.
    If the passage or the file does not exist, the placeholder is only removed.
    """
    parts: list[str] = []
    annotations: list[Annotation] = []
    size = end = 0

    def put(piece: str) -> None:
        nonlocal size
        parts.append(piece)
        size += len(piece)

    for found in PLACEHOLDER.finditer(text):
        put(text[end : found.start()])
        end = found.end()
        if found[1] == "cite":
            if values.found and (place := _index(found[2])) < len(values.found.hits):
                annotations.append(FileCitation(size, values.found.hits[place]))
        elif found[1] == "file":
            annotations.extend(_link((found[2] or "").strip(), values, size, put))
        else:
            put(_value(found, values))
    put(text[end:])
    return Text("".join(parts), tuple(annotations))


def _link(name: str, values: Values, start: int, put: Callable[[str], None]) -> list[Annotation]:
    files = values.run.files if values.run else ()
    file = next((file for file in files if not name or file.filename == name), None)
    if file is None:
        return []
    link = f"[{file.filename}](sandbox:/mnt/data/{file.filename})"
    put(link)
    return [MadeFileCitation(start, start + len(link), file)]


def _has(name: str, values: Values) -> bool:
    return name in values.groups or name in NAMES or name.startswith("result.")


def _value(found: re.Match[str], values: Values) -> str:
    name, argument = found[1], found[2]
    if name in values.groups:
        return values.groups[name]
    if name.startswith("result."):
        return _field(values.result, name.split(".")[1:])
    if name == "logs":
        return values.run.logs.strip() if values.run else ""
    if name in ("passage", "filename", "score"):
        return _of_hit(name, values.found, argument)
    if name == "count":
        return str(len(values.found.hits) if values.found else 0)
    return str(getattr(values, name, ""))


def _of_hit(name: str, found: FileSearch | None, argument: str | None) -> str:
    place = _index(argument)
    if found is None or place >= len(found.hits):
        return ""
    hit = found.hits[place]
    if name == "passage":
        return quote(hit.text, found.queries)
    return hit.filename if name == "filename" else f"{hit.score:.2f}"


def quote(text: str, queries: Sequence[str]) -> str:
    """Returns a part of the passage `text`, on one line. The part contains the first place in the passage where a word
    of `queries` occurs, also inside a longer word. If there is no such place, the part is the beginning of the passage.
    """
    line = " ".join(text.split())
    words = [word for query in queries for word in re.findall(r"\w{2,}", query)]
    places = [line.casefold().find(word.casefold()) for word in words]
    start = max(0, min((place for place in places if place >= 0), default=0) - QUOTED // 4)
    part = line[start : start + QUOTED]
    return ("…" if start else "") + part + ("…" if start + QUOTED < len(line) else "")


def _index(argument: str | None) -> int:
    text = (argument or "").strip()
    return max(0, int(text) - 1) if re.fullmatch(r"[0-9]{1,9}", text) else 0


def _field(result: str, keys: Sequence[str]) -> str:
    try:
        value = json.loads(result)
    except (ValueError, RecursionError):
        return ""
    for key in keys:
        if isinstance(value, list) and re.fullmatch(r"[0-9]{1,9}", key) and int(key) < len(value):
            value = value[int(key)]
        else:
            value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
