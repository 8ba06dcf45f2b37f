"""Explains YAML errors in plain words, and gives hints about common mistakes in YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode

from provisioner.manifest.limits import ALL_VALUES, HINTED_LINE, VALUES
from provisioner.manifest.parsing.node_walk import walk_nodes
from provisioner.manifest.parsing.nodes import DEEPEST, PLAIN, TooDeep, TooMany, YamlFault
from provisioner.manifest.parsing.spaces import find_in_line

PROMPTS = frozenset({"instructions", "text", "description"})
PHRASES = (
    (
        "found undefined alias",
        "`*` calls up an anchor that is not defined here; define it with `&`, or quote the value",
    ),
    ("expected alphabetic or numeric", "`*` and `&` need a name after them; quote the value if it is a text"),
    (
        "mapping values are not allowed",
        "a `: ` is not allowed here; quote the text that holds it, or add the `:` missing above",
    ),
    ("found character '\\t'", "there is a tab here; YAML is indented with spaces"),
    ("that cannot start any token", "a text cannot begin like this; put it in quotes"),
    ("expected <block end>", "the indentation does not fit the lines above; align it, or quote the value"),
    ("did not find expected key", "the indentation does not fit the lines above; align it, or quote the value"),
    ("did not find expected '-' indicator", "a list item is expected here; align it with the `-` above"),
    ("node content", "a value is missing here, or a bracket is never closed; complete it"),
    ("did not find expected ',' or", "a `,` or a closing bracket is missing; add it, or quote the text"),
    ("could not find expected ':'", "a `:` after a key is missing; add it, or indent the text it belongs to"),
    ("expected a single document", "a second document begins here (`---`); put it in a file of its own"),
    (
        "invalid Unicode character",
        "this escape is no character: half of a surrogate pair needs its other half; write both, or the character",
    ),
    ("found unknown escape", "a backslash in double quotes begins an escape; use single quotes for plain text"),
    ("found duplicate anchor", "this anchor (`&`) is defined twice; rename one"),
)


def explain(error: yaml.YAMLError, text: str) -> YamlFault:
    """Returns the line, the column and a message with advice for a YAML error, as a YamlFault. `text` is the text that
    was parsed.
    """
    mark, opened = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    if mark and opened and opened.index < mark.index >= len(text.rstrip()):
        return YamlFault(opened.line + 1, opened.column + 1, "what is opened here is never closed; close it")
    mark = mark or opened
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if isinstance(error, TooDeep):
        return YamlFault(line, column, f"lists and mappings nest more than {DEEPEST} levels deep; write it flatter")
    if isinstance(error, TooMany):
        limits = f"at most {VALUES:,} in one file and {ALL_VALUES:,} in all"
        return YamlFault(line, column, f"there are too many values ({limits}); take some out, or `ignore:` the file")
    lines = text.split("\n")
    first = opened.line if opened and opened.line < line else line - 2
    for number, each in enumerate(lines[max(0, first) : line], max(0, first) + 1):
        if found := find_in_line(each):
            return YamlFault(number, *found)
    written = lines[line - 1] if 0 < line <= len(lines) else ""
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    if "single document" in str(error):
        problem = "expected a single document"
    context = str(getattr(error, "context", None) or "")
    hint = _hint(written[:HINTED_LINE]) or _bracket(written[column - 1 :])
    return YamlFault(line, column, hint or _phrase(problem, context))


def _hint(line: str) -> str | None:
    """Returns a hint if the line contains a common mistake in YAML, such as indentation with a tab. Otherwise returns
    None.
    """
    if line.lstrip(" ").startswith("\t"):
        return "this line is indented with a tab; YAML is indented with spaces"
    if star := re.search(r"(?:^|[-:,\[])\s*(\*[^\s,\]]*[./*][^\s,\]]*|\*)(?=\s|,|\]|$)", line):
        return f'`{star[1]}` begins with `*`, which YAML takes for an alias; put it in quotes: "{star[1]}"'
    if bang := re.search(r"(?:^|[-:,\[])\s*(![^\s,\]]*[./*][^\s,\]]*)", line):
        return f"`{bang[1]}` begins with `!`, which YAML takes for a tag; write `exclude:` for what to remove"
    if re.search(r"""(?:^|[:-]\s)\s*("[^"]*"|'[^']*')\s+[^\s#]""", line):
        return "the text continues after its closing quote; put all of it in quotes"
    if brace := re.search(r"\{\{.*?\}\}|\$\{.*?\}", line):
        return f"`{brace[0][:60]}` holds braces, which YAML takes for a mapping; put the text in quotes"
    return None


def _bracket(rest: str) -> str | None:
    return f"this `{rest[0]}` closes nothing; remove it, or quote the text" if rest[:1] in ("}", "]") else None


def _phrase(problem: str, context: str) -> str:
    for known, words in PHRASES:
        if known in problem or known in context:
            return words
    return f"this is not valid YAML ({problem}); check the quotes, brackets and indentation here"


def cut_short(node: Node | None, text: str) -> Iterator[YamlFault]:
    """Yields a fault for each unquoted prompt text in which a `#` begins a comment, because YAML ignores the text after
    such a `#`. `node` is the root of the YAML nodes in `text`.
    """
    lines = text.split("\n")
    for current in walk_nodes(node):
        for key, value in current.value if isinstance(current, MappingNode) else ():
            if isinstance(key, ScalarNode) and key.value in PROMPTS and (place := _comment_after(value, lines)):
                message = f"a `#` ends the text of `{key.value}` here; quote the text if the `#` belongs to it"
                yield YamlFault(*place, message)


def _comment_after(node: Node, lines: list[str]) -> tuple[int, int] | None:
    if not isinstance(node, ScalarNode) or node.tag != PLAIN or not node.value:
        return None
    end = node.end_mark
    rest = lines[end.line][end.column :] if end.line < len(lines) else ""
    space = len(rest) - len(rest.lstrip())
    return (end.line + 1, end.column + space + 1) if rest.lstrip().startswith("#") and space else None
