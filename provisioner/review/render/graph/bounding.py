"""Limits the number of edges in a drawing, because people cannot follow very many edges. Counts the edges that are left
out.
"""

from __future__ import annotations

from provisioner.review.render.graph.drawing import Drawing, Node

#: The largest number of edges that are drawn. With more edges, programs take too long, and people see only a dark area.
MOST_DRAWN = 4_000


def bound(drawing: Drawing) -> Drawing:
    """Returns the drawing with at most MOST_DRAWN edges. If edges are left out, an additional node says how many."""
    missing = count_missing(drawing)
    if not missing:
        return drawing
    label = f"{missing:,} {'edge is' if missing == 1 else 'edges are'} not drawn"
    note = Node(f"{label}: --format json has all of them", "note", label, "JSON has all of them")
    return Drawing((note, *drawing.nodes), drawing.edges[:MOST_DRAWN])


def count_missing(drawing: Drawing) -> int:
    """Returns the number of edges that exceed MOST_DRAWN and are therefore not drawn."""
    return max(0, len(drawing.edges) - MOST_DRAWN)
