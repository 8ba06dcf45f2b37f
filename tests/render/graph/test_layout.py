"""Places: nothing overlaps, what is needed stands to the right, and lines go between nodes."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.manifest import load
from provisioner.review.render.graph import Drawing, Edge, Node, draw_manifests, draw_plan, fold
from provisioner.review.render.graph.layers import make_layers
from provisioner.review.render.graph.layout import Box, Layout, Line, lay_out
from provisioner.review.render.graph.ordering import crossings, order
from tests.conftest import CHECKOUT
from tests.render.graph.samples import plan_of_everything, university

KINDS = ("assistant", "environment", "vector_store", "tool", "file")
PAIRS = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=30, unique=True)


@st.composite
def drawings(draw: st.DrawFn) -> Drawing:
    """Any graph, with circles too."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=12, max_size=12))
    nodes = tuple(Node(f"n{number}", kind, "") for number, kind in enumerate(kinds))
    return Drawing(nodes, tuple(Edge(f"n{one}", f"n{two}") for one, two in draw(PAIRS) if one != two))


def laid_out(drawing: Drawing) -> Layout:
    return lay_out(drawing, [100.0 + number % 7 for number in range(len(drawing.nodes))])


def overlap(one: Box, other: Box) -> bool:
    across = one.x < other.x + other.width and other.x < one.x + one.width
    return across and one.y < other.y + other.height and other.y < one.y + one.height


def crosses(line: Line, box: Box) -> bool:
    """Whether a line's rectangle meets a node's inside. Lines turn between columns, and go level along them."""
    (x, y), (to_x, to_y) = line.start, line.end
    top, bottom = min(y, to_y), max(y, to_y)
    return x < box.x + box.width and box.x < to_x and top < box.y + box.height and box.y < bottom + 0.01


@pytest.mark.thorough
@given(drawings())
def test_nothing_overlaps_and_all_is_inside(drawing: Drawing) -> None:
    layout = laid_out(drawing)
    assert not [pair for pair in combinations(layout.boxes, 2) if overlap(*pair)]
    for box in layout.boxes:
        assert min(box.x, box.y) >= 0
        assert box.x + box.width <= layout.width
        assert box.y + box.height <= layout.height


@given(PAIRS)
def test_what_is_needed_stands_to_the_right_of_who_needs_it(pairs: list[tuple[int, int]]) -> None:
    edges = [(one, two) for one, two in pairs if one < two]
    layers = make_layers([0] * 12, edges)
    assert all(layers.column[user] < layers.column[needed] for user, needed in edges)


def test_lines_go_between_the_nodes() -> None:
    for drawing in (
        draw_manifests(load(CHECKOUT / "manifests").resources),
        fold(draw_plan(plan_of_everything())),
        fold(draw_manifests(university())),
    ):
        layout = laid_out(drawing)
        assert not [(line, box) for line in layout.lines for box in layout.boxes if crosses(line, box)]


def test_columns_are_aligned_by_kind() -> None:
    drawing = draw_manifests(load(CHECKOUT / "manifests").resources)
    lefts: dict[str, set[float]] = {}
    for node, box in zip(drawing.nodes, laid_out(drawing).boxes, strict=True):
        lefts.setdefault(node.kind, set()).add(box.x)
    assert {kind: len(found) for kind, found in lefts.items()} == dict.fromkeys(lefts, 1)
    assert lefts["vector_store"] == lefts["instructions"] == lefts["tool"]
    assert max(lefts["assistant"]) < max(lefts["vector_store"]) < max(lefts["file"])


def test_a_circle_of_an_edited_plan_is_drawn() -> None:
    nodes = tuple(Node(f"n{number}", "vector_store", "") for number in range(3))
    edges = tuple(Edge(f"n{number}", f"n{(number + 1) % 3}") for number in range(3))
    assert len(laid_out(Drawing(nodes, edges)).lines) >= 3


def test_edges_to_one_node_share_a_lane() -> None:
    layers = make_layers([0, 0, 0, 1, 2], [(0, 4), (1, 4), (2, 4), (2, 3)])
    assert len(layers.column) == 6


def test_a_knot_is_untied() -> None:
    right = [[5], [4], [3], [], [], []]
    left = [[], [], [], [2], [1], [0]]
    columns = [[0, 1, 2], [3, 4, 5]]
    assert crossings(columns, right) == 3
    assert crossings(order(columns, left, right), right) == 0


@pytest.mark.thorough
def test_thousands_are_laid_out() -> None:
    drawing = draw_manifests(university())
    layout = laid_out(drawing)
    assert len(layout.boxes) == len(drawing.nodes) == 2053
    assert len(layout.lines) == len(drawing.edges)
