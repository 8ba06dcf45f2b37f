"""Renders a drawing in the DOT language of Graphviz, for example as input of `dot -Tsvg`."""

from __future__ import annotations

from provisioner.core.text.safetext import COMMAND
from provisioner.review.render.graph.drawing import Drawing, Node
from provisioner.review.render.graph.palette import COLOURS, DASHED, INKS, colour_classes
from provisioner.review.render.graph.words import action_words, caption, heading, sign, title, tooltip
from provisioner.review.render.style import SYMBOLS

FONT = {"fontname": "sans-serif", "fontsize": "11", "fontcolor": INKS["ink"][0]}
GRAPH = {"rankdir": "LR", "ranksep": "0.9", "nodesep": "0.2", **FONT}
NODE = {"shape": "box", "style": "rounded,filled", **FONT}
EDGE = {"color": INKS["edge"][0], "arrowsize": "0.6"}


def dot(drawing: Drawing) -> str:
    """Returns the drawing in the DOT language. Each node is placed on the left of the nodes that it needs."""
    ids = {node.address: f"n{number}" for number, node in enumerate(drawing.nodes, 1)}
    lines = [
        "digraph provision {",
        f"  graph [{_attributes(tooltip=title(drawing), **GRAPH, **_legend(drawing))}];",
        f"  node [{_attributes(**NODE)}];",
        f"  edge [{_attributes(**EDGE)}];",
        *(
            f"  {ids[node.address]} [{_node(node, name)}];"
            for node, name in zip(drawing.nodes, colour_classes(drawing), strict=True)
        ),
        *(
            f"  {ids[edge.user]} -> {ids[edge.needed]}{' [style=dashed]' if edge.former else ''};"
            for edge in drawing.edges
        ),
        "}",
    ]
    return "\n".join(lines)


def _node(node: Node, name: str) -> str:
    fill, line, *_ = COLOURS[name]
    head = f"{sign(node)} {heading(node)}" if sign(node) else heading(node)
    style = {"style": "rounded,filled,dashed"} if name in DASHED else {}
    attributes = {"label": f"{head}\n{caption(node)}", "tooltip": tooltip(node), "fillcolor": fill, "color": line}
    return _attributes(**attributes, **style)


def _legend(drawing: Drawing) -> dict[str, str]:
    """Returns the attributes of the graph that show its legend. The legend is a line below the graph that explains the
    signs of the actions.
    """
    words = [f"{SYMBOLS[action][0]} {action_words(action)}".strip() for action in drawing.actions()]
    return {"label": "     ".join(words), "labelloc": "b"} if words else {}


def _attributes(**values: str) -> str:
    return ", ".join(f"{name}={_quoted(value)}" for name, value in values.items())


def _quoted(text: str) -> str:
    r"""Returns the text as a quoted string of the DOT language. Backslashes and ampersands are escaped, because
    Graphviz would interpret texts such as `\N` and `&amp;`.
    """
    plain = COMMAND.sub(lambda found: f"{found[1] or ''}&#{ord(found[0][-1])};", text.replace("&", "&amp;"))
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
