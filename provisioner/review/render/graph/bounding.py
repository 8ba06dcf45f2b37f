"""A picture of so many edges that nobody can follow one shows only a part of them, and says how many are missing."""

from __future__ import annotations

from provisioner.review.render.graph.drawing import Drawing, Node

#: More edges than these are not drawn. Programs take too long for them, and people see only a dark area.
MOST_DRAWN = 4_000


def bound(drawing: Drawing) -> Drawing:
    """The drawing with its first MOST_DRAWN edges, and a node that says how many are not drawn where there are more."""
    missing = count_missing(drawing)
    if not missing:
        return drawing
    label = f"{missing:,} {'edge is' if missing == 1 else 'edges are'} not drawn"
    note = Node(f"{label}: --format json has all of them", "note", label, "JSON has all of them")
    return Drawing((note, *drawing.nodes), drawing.edges[:MOST_DRAWN])


def count_missing(drawing: Drawing) -> int:
    """How many edges are not drawn."""
    return max(0, len(drawing.edges) - MOST_DRAWN)
