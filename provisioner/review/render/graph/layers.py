"""Assigns each node to a column of the picture. If an edge crosses a column, it gets a place in this column, called a
lane. So the edge does not run through nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

#: The largest number of columns that an edge crosses in lanes. A longer edge is a straight line. Usual projects have
#: three columns.
LONGEST = 6


@dataclass(slots=True)
class Layers:
    """The points of each column. A point is a node, or a lane: the place that is kept free in a column for an edge that
    crosses the column. A node keeps its number from the drawing; lanes have the numbers after those of the nodes.

    `columns` has the points by column, and `column` the column of each point. `left` and `right` have, for each point,
    the points in the adjacent columns to which it is connected. `links` are the lines to draw, each from one point to
    another; edges to the same node share their lanes. `paths` has, for each edge, the links of which the edge consists.
    """

    columns: list[list[int]] = field(default_factory=list)
    column: list[int] = field(default_factory=list)
    left: list[list[int]] = field(default_factory=list)
    right: list[list[int]] = field(default_factory=list)
    links: dict[tuple[int, int], None] = field(default_factory=dict)
    paths: list[list[tuple[int, int]]] = field(default_factory=list)


def make_layers(minimums: Sequence[int], edges: Sequence[tuple[int, int]]) -> Layers:
    """Returns the columns of all nodes and lanes. A node's column has at least the number in `minimums`, and is on the
    right of all nodes that need the node. `edges` are pairs of node numbers: the user, and the node that the user
    needs.
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
    """Returns a column number for each node: the length of the longest path to the node, but at least the node's number
    in `minimums`.

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
    """Returns the columns of the nodes with new numbers. `ranks` has a column number for each node, and may skip
    numbers. In the result, the columns keep their order, and are numbered from 0 without gaps.
    """
    column_of = {rank: column for column, rank in enumerate(sorted(set(ranks)))}
    return [column_of[rank] for rank in ranks]


def _lanes(layers: Layers, lanes: dict[tuple[int, int], int], user: int, needed: int) -> list[int]:
    """Returns the lanes of an edge, one for each column that the edge crosses between its two ends. A lane is a place
    in a column that is kept free for the edge. Missing lanes are added to `layers` and `lanes`.
    """
    first, last = layers.column[user] + 1, layers.column[needed]
    if last - first > LONGEST:
        return []
    for column in range(first, last):
        if (needed, column) not in lanes:
            lanes[needed, column] = len(layers.column)
            layers.column.append(column)
    return [lanes[needed, column] for column in range(first, last)]
