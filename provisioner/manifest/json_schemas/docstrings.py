"""Reads the first paragraph of a docstring, and its descriptions of parameters. The styles of Google, Sphinx and NumPy
are supported.
"""

from __future__ import annotations

import re

from msgspec import Struct, field

SECTION = re.compile(r"(Args|Arguments|Parameters|Params)\s*(?::\s*)?")
#: Matches at the head of a docstring that begins with its parameters, and not with a summary.
SECTION_HEAD = re.compile(r"(?:Args|Arguments|Parameters|Params)[ \t]*(?::|$)", re.MULTILINE)
OTHER_SECTION = re.compile(r"(Returns?|Raises|Yields?|Examples?|Notes?)\s*(?::\s*)?")
GOOGLE = re.compile(r"(\s+)\*{0,2}(\w+)\s*(?:\([^)]*\)\s*)?:\s*(.*)")
SPHINX = re.compile(r"\s*:param\s(?:[\w\[\], .|]*[\s,\]|])?(\w+)\s*:\s*(.*)")
NUMPY = re.compile(r"(\w+)\s*:.*|(\w+)\s*")


class Documented(Struct):
    """The parts of a docstring. `summary` is its first paragraph on one line. It is empty if this paragraph begins like
    a description of parameters. `parameters` maps the names of parameters to their descriptions.
    """

    summary: str = ""
    parameters: dict[str, str] = field(default_factory=dict)


def read_docstring(text: str) -> Documented:
    """Returns the parts of a docstring. `text` is the docstring without its common indentation."""
    paragraphs = text.strip().split("\n\n", 1)
    summary = paragraphs[0]
    found = Documented("" if SPHINX.match(summary) or SECTION_HEAD.match(summary) else " ".join(summary.split()))
    lines = text.splitlines()
    _read_sphinx(lines, found)
    for number, line in enumerate(lines):
        if SECTION.fullmatch(line):
            rest = lines[number + 1 :]
            if rest and set(rest[0].strip()) == {"-"}:
                _read_numpy(rest[1:], found)
            else:
                _read_google(rest, found)
            break
    return found


def _add(found: Documented, name: str, text: str) -> None:
    words = " ".join(text.split())
    if words:
        found.parameters[name] = f"{found.parameters[name]} {words}" if name in found.parameters else words


def _read_google(lines: list[str], found: Documented) -> None:
    name, indent = "", 0
    for line in lines:
        if line.strip() and not line[:1].isspace():
            return
        matched = GOOGLE.fullmatch(line)
        if matched and (not name or len(matched[1]) <= indent):
            indent, name = len(matched[1]), matched[2]
            _add(found, name, matched[3])
        elif name:
            _add(found, name, line)


def _read_sphinx(lines: list[str], found: Documented) -> None:
    name = ""
    for line in lines:
        if matched := SPHINX.fullmatch(line):
            name = matched[1]
            _add(found, name, matched[2])
        elif name and line[:1].isspace() and line.strip():
            _add(found, name, line)
        else:
            name = ""


def _read_numpy(lines: list[str], found: Documented) -> None:
    name = ""
    for line in lines:
        if not line.strip():
            continue
        if line[:1].isspace():
            if name:
                _add(found, name, line)
        elif OTHER_SECTION.fullmatch(line):
            return
        elif matched := NUMPY.fullmatch(line):
            name = matched[1] or matched[2]
