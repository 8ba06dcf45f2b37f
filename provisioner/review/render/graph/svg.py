"""Renders a drawing as an SVG picture without scripts, external fonts or style attributes."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from provisioner.core.text.safetext import COMMAND
from provisioner.planning.plan import Action
from provisioner.review.render.graph.drawing import Drawing, Node
from provisioner.review.render.graph.layout import GAP, HEIGHT, Box, Layout, Line, lay_out
from provisioner.review.render.graph.palette import STYLE, action_class, colour_classes
from provisioner.review.render.graph.words import (
    action_words,
    caption,
    describe,
    heading,
    sentences,
    sign,
    title,
    tooltip,
)
from provisioner.review.render.style import SYMBOLS
from provisioner.review.render.units import columns

#: Widths in pixels of one character of a label (monospace, 12 px) and of a note (11 px), with some margin.
LABEL, NOTE = 7.4, 6.2
INSET = 13.0
#: The width in pixels of the sign to the left of the label.
SIGN = 20.0
LEGEND = 40.0
#: The largest number of nodes, and of edges, with which the description of the picture lists the edges.
FEW = 30


def svg(drawing: Drawing, *, standalone: bool) -> str:
    """Returns the drawing as an SVG picture. If `standalone` is True, the picture is for a file of its own, and
    contains the style sheet and a background. Otherwise, the page that embeds the picture must contain the style sheet
    `STYLE`.

    The picture contains no style attributes. So the page can have a content security policy that allows only the page's
    own style sheet (`style-src`).
    """
    indent = SIGN if drawing.actions() else 0.0
    layout = lay_out(drawing, [_width(node, indent) for node in drawing.nodes])
    legend = _legend(drawing.actions(), layout.height + 6)
    width = max(layout.width, legend[1], 240.0 if not drawing.nodes else 0.0)
    height = layout.height + (LEGEND if drawing.actions() else 0.0 if drawing.nodes else HEIGHT)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="provision-graph" role="img" '
        f'aria-labelledby="provision-graph-title provision-graph-desc" width="{_number(width)}" '
        f'height="{_number(height)}" viewBox="0 0 {_number(width)} {_number(height)}">',
        f'<title id="provision-graph-title">{_text(title(drawing))}</title>',
        f'<desc id="provision-graph-desc">{_text(_description(drawing))}</desc>',
        *([f"<style>\n{STYLE}</style>", '<rect class="paper" width="100%" height="100%"/>'] if standalone else []),
        *(_edge(line, drawing) for line in layout.lines),
        *_nodes(drawing, layout, indent),
        *legend[0],
    ]
    if not drawing.nodes:
        lines.append(f'<text class="note" x="{_number(GAP)}" y="{_number(HEIGHT)}">nothing is declared</text>')
    return "\n".join([*lines, "</svg>"])


def _width(node: Node, indent: float) -> float:
    label = indent + columns(heading(node)) * LABEL
    return round(max(label, indent + columns(caption(node)) * NOTE) + 2 * INSET)


def _description(drawing: Drawing) -> str:
    texts = [describe(drawing)]
    return "\n".join([*texts, *sentences(drawing)] if len(drawing.nodes) <= FEW >= len(drawing.edges) else texts)


def _nodes(drawing: Drawing, layout: Layout, indent: float) -> Iterator[str]:
    for node, box, name in zip(drawing.nodes, layout.boxes, colour_classes(drawing), strict=True):
        yield _node(node, box, name, indent)


def _node(node: Node, box: Box, name: str, indent: float) -> str:
    left = box.x + INSET
    mark = _label("sign", left + SIGN / 2 - 5, box.y + 19, sign(node)) if sign(node) else ""
    return (
        f'<g class="{name}"><title>{_text(tooltip(node))}</title>'
        f"{_box(box)}{mark}{_label('label', left + indent, box.y + 18.5, heading(node))}"
        f"{_label('note', left + indent, box.y + 34, caption(node))}</g>"
    )


def _box(box: Box) -> str:
    x, y, width, height = map(_number, (box.x, box.y, box.width, box.height))
    return f'<rect class="box" x="{x}" y="{y}" width="{width}" height="{height}" rx="7"/>'


def _label(name: str, x: float, y: float, text: str) -> str:
    return f'<text class="{name}" x="{_number(x)}" y="{_number(y)}">{_text(text)}</text>'


def _edge(line: Line, drawing: Drawing) -> str:
    """Returns the SVG path of a line. The line is horizontal at both ends and curved in the middle. If there is a node
    at its right end, the line has an arrow head.
    """
    former = " former" if all(drawing.edges[number].former for number in line.edges) else ""
    (x, y), (to_x, to_y) = line.start, line.end
    end = to_x - 5 if line.ends else to_x
    middle = (x + end) / 2
    if y == to_y:
        path = f"M{_number(x)} {_number(y)}H{_number(end)}"
    else:
        path = f"M{_point(x, y)}C{_point(middle, y)} {_point(middle, to_y)} {_point(end, to_y)}"
    drawn = f'<path class="edge{former}" d="{path}"/>'
    if not line.ends:
        return drawn
    head = f"M{_point(to_x, to_y)}L{_point(to_x - 7, to_y - 3.5)}V{_number(to_y + 3.5)}Z"
    return f'{drawn}<path class="head" d="{head}"/>'


def _legend(actions: list[Action], y: float) -> tuple[list[str], float]:
    """Returns two values: the SVG elements of the legend, and the horizontal position of its right end. The legend is a
    row that explains the signs of the actions. `y` is its vertical position.
    """
    lines, x = [], GAP
    for action in actions:
        words = action_words(action)
        mark = SYMBOLS[action][0].strip()
        lines.append(
            f'<g class="{action_class(action)}">{_box(Box(x, y, 22, 20))}'
            f"{_label('sign', x + 11, y + 15, mark) if mark else ''}{_label('note', x + 29, y + 14, words)}</g>"
        )
        x += 29 + columns(words) * NOTE + 18
    return lines, x


def _point(x: float, y: float) -> str:
    return f"{_number(x)} {_number(y)}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _text(text: str) -> str:
    return COMMAND.sub(lambda found: f"{found[1] or ''}&#{ord(found[0][-1])};", escape(text, quote=True))
