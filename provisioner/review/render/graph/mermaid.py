"""Renders a drawing as a Mermaid flowchart, which GitHub and many wikis can show.

Labels are in quotes, and characters with a meaning in Mermaid are written as entity codes (`#35;`). Source: "Special
characters that break syntax", https://mermaid.js.org/syntax/flowchart.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from provisioner.core.addresskind import (
    ASSISTANT_KIND,
    ENVIRONMENT_KIND,
    INSTRUCTIONS_KIND,
    TOOL_KIND,
    VECTOR_STORE_KIND,
)
from provisioner.planning.plan import Action
from provisioner.review.render.graph.drawing import Drawing, Node
from provisioner.review.render.graph.palette import COLOURS, DASHED, colour_classes
from provisioner.review.render.graph.words import action_words, caption, heading, sign, title
from provisioner.review.render.style import SYMBOLS

#: Mermaid's limits on edges and on characters. A page can change these limits.
MOST_EDGES = 500
MOST_LETTERS = 50_000

#: The characters before and after a label, by kind. They select the shape of the node.
SHAPES = {
    ASSISTANT_KIND.name: ('(["', '"])'),
    ENVIRONMENT_KIND.name: ('[["', '"]]'),
    VECTOR_STORE_KIND.name: ('[("', '")]'),
    TOOL_KIND.name: ('{{"', '"}}'),
    INSTRUCTIONS_KIND.name: ('("', '")'),
}
#: Characters that are written as entity codes. Punctuation between letters or digits is safe, because it begins no
#: markup; only `www.` would become a link.
UNSAFE = re.compile(r"(?<![^\W_])[-_./]|[-_./](?![^\W_])|(?<=www)\.|,(?! )|[!-+:-@\[-^`{-~]", re.IGNORECASE)
BLANKS = re.compile(r"^ | $|(?<= ) ")


def mermaid(drawing: Drawing) -> str:
    """Returns the drawing as the text of a Mermaid flowchart. The text does not contain the Markdown fence that a page
    needs around it.
    """
    ids = {node.address: f"n{number}" for number, node in enumerate(drawing.nodes, 1)}
    classes = colour_classes(drawing)
    lines = ["flowchart LR", f"  accTitle: {title(drawing)}"]
    if not drawing.nodes:
        lines.append("  %% nothing is declared")
    lines += [
        f"  {ids[node.address]}{_shape(node)}:::{_class(name)}"
        for node, name in zip(drawing.nodes, classes, strict=True)
    ]
    lines += [f"  {ids[edge.user]} {'-.->' if edge.former else '-->'} {ids[edge.needed]}" for edge in drawing.edges]
    lines += _legend(drawing.actions())
    used = {*classes, *(["kind"] if drawing.actions() else [])}
    lines += [_definition(name) for name in COLOURS if name in used]
    return "\n".join(lines)


def _shape(node: Node) -> str:
    before, behind = SHAPES.get(node.kind, ('["', '"]'))
    mark = f"{_sign(sign(node))} " if sign(node) else ""
    return f"{before}{mark}{_quoted(heading(node))}<br/>{_quoted(caption(node))}{behind}"


def _sign(mark: str) -> str:
    """Returns `mark`, the sign of an action, as entity codes. Without them, Mermaid would interpret `-` or `+` at the
    beginning of a line as a list.
    """
    return "".join(f"#{ord(character)};" for character in mark)


def _quoted(text: str) -> str:
    coded = UNSAFE.sub(lambda found: f"#{ord(found[0])};", text)
    # Two dollar signs begin mathematics even as entity codes, unless a word joiner is between them.
    return BLANKS.sub("#160;", coded).replace("#36;#36;", "#36;#8288;#36;")


def _legend(actions: list[Action]) -> Iterator[str]:
    """Yields the lines of a separate node that explains the signs of the actions."""
    if actions:
        signs = [f"{_sign(SYMBOLS[action][0].strip())} {action_words(action)}".strip() for action in actions]
        yield f'  legend["{"<br/>".join(signs)}"]:::kind'


def _class(name: str) -> str:
    """Returns the Mermaid class for `name`, a name in COLOURS. Mermaid's class names contain no `-` and `_`, so
    `action-create` becomes `actionCreate`.
    """
    return re.sub(r"[-_](\w)", lambda found: found[1].upper(), name)


def _definition(name: str) -> str:
    fill, line, *_ = COLOURS[name]
    dashed = ",stroke-dasharray:5 3" if name in DASHED else ""
    return f"  classDef {_class(name)} fill:{fill},stroke:{line},color:#1d2733{dashed}"
