"""Assigns each node to a column of the picture. If an edge crosses a column, a free place in the column is reserved for
the edge. The free place is called a lane. So no edge is drawn through a node.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct, field

#: The largest number of columns that an edge crosses in lanes. A longer edge is a straight line. Usual projects have
#: three columns.
LONGEST = 6


class Layers(Struct):
    """The points in each column of the picture. A point is a node or a lane. A lane is the place that is kept free in a
    column for an edge that crosses the column. Points are numbered: a node has the same number as in the drawing, and
    the numbers of the lanes follow.

    `columns` contains the points of each column, and `column` contains the column of each point. `left` and `right`
    contain, for each point, the connected points in the column on that side. `links` are the lines to draw, each from
    one point to another; edges to the same node use the same lanes. `paths` contains, for each edge, its links.
    """

    columns: list[list[int]] = field(default_factory=list)
    column: list[int] = field(default_factory=list)
    left: list[list[int]] = field(default_factory=list)
    right: list[list[int]] = field(default_factory=list)
    links: dict[tuple[int, int], None] = field(default_factory=dict)
    paths: list[list[tuple[int, int]]] = field(default_factory=list)


def make_layers(minimums: Sequence[int], edges: Sequence[tuple[int, int]]) -> Layers:
    """Returns the columns of all nodes, and of the lanes: the places that are kept free where an edge crosses a column.
    Each node is on the right of all nodes that need it. `minimums` contains, for each node, the lowest number that its
    column may have. `edges` are pairs of node numbers: the user, and the node that the user needs.
    """
    layers = Layers(column=_squeeze(_rank(minimums, edges)))
    lanes: dict[tuple[int, int], int] = {}
    for user, needed in edges:
        points = [user, *_lanes(layers, lanes, user, needed), needed]
        path = list(pairwise(points))
        layers.paths.append(path)
        layers.links |= dict.fromkeys(path)
    layers.columns = [[] for _ in range(max(layers.column, default=-1) + 1)]
    layers.left, layers.right = [[] for _ in layers.column], [[] for _ in layers.column]
    for point, column in enumerate(layers.column):
        layers.columns[column].append(point)
    for start, end in layers.links:
        if layers.column[end] == layers.column[start] + 1:
            layers.right[start].append(end)
            layers.left[end].append(start)
    return layers


def _rank(minimums: Sequence[int], edges: Sequence[tuple[int, int]]) -> list[int]:
    """Returns a column number for each node: the length of the longest path of edges that ends at the node, or the
    number in `minimums` for this node if that is larger. `edges` are pairs of node numbers: user and needed node.

    Manifests have no cycles, but a plan file that somebody edited may have cycles. An edge that closes a cycle is
    ignored.
    """
    ranks, open_, needs = list(minimums), [0] * len(minimums), [list[int]() for _ in minimums]
    for user, needed in edges:
        needs[user].append(needed)
        open_[needed] += 1
    done = [False] * len(minimums)
    roots = [node for node, count in enumerate(open_) if not count]
    for start in (*roots, *range(len(minimums))):
        waiting = [] if done[start] else [start]
        done[start] = True
        while waiting:
            user = waiting.pop()
            for needed in needs[user]:
                if done[needed]:
                    continue
                ranks[needed] = max(ranks[needed], ranks[user] + 1)
                open_[needed] -= 1
                if not open_[needed]:
                    done[needed] = True
                    waiting.append(needed)
    return ranks


def _squeeze(ranks: Sequence[int]) -> list[int]:
    """Returns new column numbers for the nodes, without gaps and starting at 0. `ranks` contains the old column number
    of each node. The order of the columns stays the same.
    """
    column_of = {rank: column for column, rank in enumerate(sorted(set(ranks)))}
    return [column_of[rank] for rank in ranks]


def _lanes(layers: Layers, lanes: dict[tuple[int, int], int], user: int, needed: int) -> list[int]:
    """Returns the lanes of an edge, one for each column that the edge crosses. A lane is a place in a column that is
    kept free for an edge. If the edge crosses more than LONGEST columns, the list is empty, and the edge is a straight
    line.

    `user` and `needed` are the numbers of the nodes at the two ends of the edge. Lanes that do not exist yet are added
    to `layers` and `lanes`.
    """
    first, last = layers.column[user] + 1, layers.column[needed]
    if last - first > LONGEST:
        return []
    for column in range(first, last):
        if (needed, column) not in lanes:
            lanes[needed, column] = len(layers.column)
            layers.column.append(column)
    return [lanes[needed, column] for column in range(first, last)]
