"""Assigns each node to a column of the picture. An edge that crosses columns gets a place in each of them, a lane, so
that it does not run through nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

#: An edge that crosses more columns than this is a straight line. Usual projects have three columns.
LONGEST = 6


@dataclass(slots=True)
class Layers:
    """The points of each column. A point is a node (then its number is that of the node) or a lane for an edge that
    crosses the column (these have the numbers after the nodes).

    `columns` has the points by column, and `column` the column of each point. `left` and `right` are the points in the
    adjacent columns to which each point is connected. `links` are the lines to draw, each from one point to another;
    edges to the same node share their lanes. `paths` has the links of which each edge consists.
    """

    columns: list[list[int]] = field(default_factory=list)
    column: list[int] = field(default_factory=list)
    left: list[list[int]] = field(default_factory=list)
    right: list[list[int]] = field(default_factory=list)
    links: dict[tuple[int, int], None] = field(default_factory=dict)
    paths: list[list[tuple[int, int]]] = field(default_factory=list)


def make_layers(minimums: Sequence[int], edges: Sequence[tuple[int, int]]) -> Layers:
    """Returns the columns of all nodes and lanes. A node's column is at least the number in `minimums`, and on the
    right of all nodes that need it. `edges` are pairs of node numbers: the user, and the node that it needs.
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
    """Returns for each node the length of the longest path that leads to it, or the number in `minimums` if that is
    larger.

    Manifests have no cycles, but a plan file that somebody edited may have some. An edge that closes a cycle is
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
    """Returns the number of each node's column. `ranks` gives the columns from left to right, but with unused numbers;
    the result uses every number from 0 on.
    """
    column_of = {rank: column for column, rank in enumerate(sorted(set(ranks)))}
    return [column_of[rank] for rank in ranks]


def _lanes(layers: Layers, lanes: dict[tuple[int, int], int], user: int, needed: int) -> list[int]:
    """Returns the lanes of an edge, one for each column that the edge crosses between its two ends. A lane is the place
    in a column that is kept free for the edge. Lanes that do not exist yet are created.
    """
    first, last = layers.column[user] + 1, layers.column[needed]
    if last - first > LONGEST:
        return []
    for column in range(first, last):
        if (needed, column) not in lanes:
            lanes[needed, column] = len(layers.column)
            layers.column.append(column)
    return [lanes[needed, column] for column in range(first, last)]
