"""In which column each node stands, and the lanes of edges that pass columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

#: An edge that passes more columns than this goes straight. People's resources stand in three.
LONGEST = 6


@dataclass(slots=True)
class Layers:
    """Points by column. A point is a node, by its number, or a lane, numbered after the nodes.

    `left` and `right` are each point's neighbours in the columns beside it. `links` are the lines to draw, from
    point to point; edges to one node share their lane. `paths` are the links of each edge.
    """

    columns: list[list[int]] = field(default_factory=list)
    column: list[int] = field(default_factory=list)
    left: list[list[int]] = field(default_factory=list)
    right: list[list[int]] = field(default_factory=list)
    links: dict[tuple[int, int], None] = field(default_factory=dict)
    paths: list[list[tuple[int, int]]] = field(default_factory=list)


def make_layers(floors: Sequence[int], edges: Sequence[tuple[int, int]]) -> Layers:
    """The columns of nodes whose column is at least its floor, and to the right of all that need it."""
    layers = Layers(column=_squeeze(_rank(floors, edges)))
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


def _rank(floors: Sequence[int], edges: Sequence[tuple[int, int]]) -> list[int]:
    """The length of the longest path to each node, at least its floor. Manifests have no circles; a plan file that
    somebody edited may have, and an edge that closes one does not count.
    """
    ranks, open_, needs = list(floors), [0] * len(floors), [list[int]() for _ in floors]
    for user, needed in edges:
        needs[user].append(needed)
        open_[needed] += 1
    done = [False] * len(floors)
    roots = [node for node, count in enumerate(open_) if not count]
    for start in (*roots, *range(len(floors))):
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
    """The ranks without gaps."""
    column_of = {rank: column for column, rank in enumerate(sorted(set(ranks)))}
    return [column_of[rank] for rank in ranks]


def _lanes(layers: Layers, lanes: dict[tuple[int, int], int], user: int, needed: int) -> list[int]:
    """The points between both ends of an edge, made where they are new."""
    first, last = layers.column[user] + 1, layers.column[needed]
    if last - first > LONGEST:
        return []
    for column in range(first, last):
        if (needed, column) not in lanes:
            lanes[needed, column] = len(layers.column)
            layers.column.append(column)
    return [lanes[needed, column] for column in range(first, last)]
