"""Assigns a position to each node and each line in the picture of a graph. A line leads from a resource to a resource
that it needs. The needed resource is on the right. All lengths are in pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from provisioner.core.objecttype import ADDRESS_KINDS
from provisioner.review.render.graph.drawing import Drawing, Node
from provisioner.review.render.graph.layers import Layers, make_layers
from provisioner.review.render.graph.ordering import order
from provisioner.review.render.graph.placing import place

HEIGHT = 44.0
#: The vertical gap between the nodes of a column, and the margin of the picture.
GAP = 14.0
#: The vertical gap between parts of the drawing that are not connected.
APART = 26.0
#: The height of the place in which an edge crosses a column.
LANE = 4.0
#: The smallest and the largest gap between two columns. The gap is larger if more edges pass through it.
LEAST, MOST = 64.0, 240.0


class Box(Struct, frozen=True):
    """The position and the size of a node in pixels: its upper left corner, its width and its height."""

    x: float
    y: float
    width: float
    height: float = HEIGHT


class Line(Struct, frozen=True):
    """A line between two points of the picture. Each point is given by its horizontal and vertical position in pixels.
    `ends` is True if a node is at the right end. `edges` are the numbers of the edges that use this line.
    """

    start: tuple[float, float]
    end: tuple[float, float]
    ends: bool
    edges: tuple[int, ...]


class Layout(Struct, frozen=True):
    """The positions in the picture: its size in pixels, the box of each node (in the order of the nodes), and the
    lines.
    """

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def lay_out(drawing: Drawing, widths: Sequence[float]) -> Layout:
    """Returns the positions of all nodes and lines. `widths` contains the width of each node in pixels."""
    numbers = {node.address: number for number, node in enumerate(drawing.nodes)}
    edges = [(numbers[edge.user], numbers[edge.needed]) for edge in drawing.edges]
    layers = make_layers([_lowest_layer(node) for node in drawing.nodes], edges)
    count = len(drawing.nodes)
    heights = [HEIGHT if point < count else LANE for point in range(len(layers.column))]
    middles = _stack(layers, heights)
    spans = _spans(layers, widths)
    boxes = tuple(
        Box(spans[layers.column[node]][0], middles[node] - HEIGHT / 2, spans[layers.column[node]][1])
        for node in range(count)
    )
    width = spans[-1][0] + spans[-1][1] + GAP if spans else 2 * GAP
    height = max((middles[point] + heights[point] / 2 for point in middles), default=GAP) + GAP
    return Layout(width, height, boxes, tuple(_lines(layers, middles, spans, count)))


def _lowest_layer(node: Node) -> int:
    """Returns the number of the first column of the picture in which the node may be. It depends on the kind of the
    node.
    """
    kind = ADDRESS_KINDS.get(node.kind)
    return kind.column if kind else 0


def _stack(layers: Layers, heights: Sequence[float]) -> dict[int, float]:
    """Returns a mapping from each point to the vertical position of its middle. A point is a node, or a place where an
    edge crosses a column. `heights` contains the height of each point.

    Points that are connected form a group. The groups are placed one below the other. Points without a connection come
    last.
    """
    bands = _bands(layers)
    alone = [band[0] for band in bands if len(band) == 1]
    middles: dict[int, float] = {}
    bottom = GAP
    for band in [*(band for band in bands if len(band) > 1), *([alone] if alone else [])]:
        columns = order(_columns(layers, band), layers.left, layers.right)
        found = place(columns, heights, GAP, layers.left, layers.right)
        middles |= {point: middle + bottom for point, middle in found.items()}
        bottom += max(found[point] + heights[point] / 2 for point in band) + APART
    return middles


def _columns(layers: Layers, band: Sequence[int]) -> list[list[int]]:
    columns: list[list[int]] = [[] for _ in layers.columns]
    for point in sorted(band):
        columns[layers.column[point]].append(point)
    return columns


def _bands(layers: Layers) -> list[list[int]]:
    """Returns the groups of connected points. A point is a node, or a place where an edge crosses a column. All points
    of a group are connected with each other, directly or through other points.
    """
    beside: list[list[int]] = [[] for _ in layers.column]
    for start, end in layers.links:
        beside[start].append(end)
        beside[end].append(start)
    seen = [False] * len(beside)
    bands = []
    for first in range(len(beside)):
        band, waiting = [], [] if seen[first] else [first]
        seen[first] = True
        while waiting:
            point = waiting.pop()
            band.append(point)
            new = [other for other in dict.fromkeys(beside[point]) if not seen[other]]
            for other in new:
                seen[other] = True
            waiting += new
        if band:
            bands.append(band)
    return bands


def _spans(layers: Layers, widths: Sequence[float]) -> list[tuple[float, float]]:
    """Returns a pair for each column: the horizontal position of its left side, and its width. `widths` contains the
    width of each node.
    """
    links = [0] * len(layers.columns)
    for start, _ in layers.links:
        links[layers.column[start]] += 1
    spans, x = [], GAP
    for column, points in enumerate(layers.columns):
        width = max((widths[point] for point in points if point < len(widths)), default=0.0)
        spans.append((x, width))
        x += width + min(MOST, LEAST + 2 * links[column])
    return spans


def _lines(
    layers: Layers, middles: dict[int, float], spans: Sequence[tuple[float, float]], count: int
) -> Iterator[Line]:
    """Yields the lines of the picture. If several lines begin or end at the same node, they do so at different heights.
    `middles` maps points to vertical positions, `spans` contains the position and width of each column, and `count` is
    the number of nodes.
    """
    edges: dict[tuple[int, int], list[int]] = {link: [] for link in layers.links}
    for number, path in enumerate(layers.paths):
        for link in path:
            edges[link].append(number)
    leaving = _ports(layers, middles, count, side=0)
    coming = _ports(layers, middles, count, side=1)
    along: dict[int, list[int]] = {}
    for (start, end), parts in edges.items():
        x, width = spans[layers.column[start]]
        to = (spans[layers.column[end]][0], coming[start, end])
        yield Line((x + width, leaving[start, end]), to, ends=end < count, edges=tuple(parts))
        if end >= count:
            along.setdefault(end, []).extend(parts)
    for lane, parts in along.items():
        x, width = spans[layers.column[lane]]
        yield Line((x, middles[lane]), (x + width, middles[lane]), ends=False, edges=tuple(parts))


def _ports(layers: Layers, middles: dict[int, float], count: int, *, side: int) -> dict[tuple[int, int], float]:
    """Returns a mapping from each line to the vertical position of one of its ends: the start if `side` is 0, the end
    if `side` is 1. A line is a pair of points. Lines at the same node are sorted by the vertical position of their
    other ends.
    """
    by_point: dict[int, list[tuple[int, int]]] = {}
    for link in layers.links:
        by_point.setdefault(link[side], []).append(link)
    found = {}
    for point, links in by_point.items():
        step = min(7.0, (HEIGHT - 16) / max(1, len(links) - 1)) if point < count else 0.0
        links.sort(key=lambda link: middles[link[1 - side]])
        for number, link in enumerate(links):
            found[link] = middles[point] + (number - (len(links) - 1) / 2) * step
    return found
