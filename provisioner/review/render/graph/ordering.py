"""Sorts the points of each column of the picture so that few edges cross. A point is a node, or a place where an edge
crosses a column. The columns are sorted in a few passes of the barycentre method.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

Neighbours = Sequence[Sequence[int]]

SWEEPS = 6


def order(columns: Sequence[Sequence[int]], left: Neighbours, right: Neighbours) -> list[list[int]]:
    """Returns the points of each column in the order with the fewest crossing edges that was found. `left` and `right`
    contain, for each point, the connected points in the column on that side.
    """
    now = [list(column) for column in columns]
    best, fewest = now, crossings(now, right)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        now = _sweep(now, left) if sweep % 2 == 0 else _sweep(now[::-1], right)[::-1]
        count = crossings(now, right)
        if count < fewest:
            best, fewest = now, count
    return best


def crossings(columns: Sequence[Sequence[int]], right: Neighbours) -> int:
    """Returns the number of pairs of edges that cross each other between two adjacent columns. `right` contains, for
    each point, the connected points in the next column.
    """
    return sum(_crossings(one, _places(two), right) for one, two in pairwise(columns))


def _crossings(column: Sequence[int], places: Mapping[int, int], right: Neighbours) -> int:
    """Returns the number of pairs of edges that cross each other between `column` and the next column. `places` maps
    the points of the next column to their positions. The pairs are counted with a Fenwick tree.
    """
    tree, total, seen = [0] * (len(places) + 1), 0, 0
    for point in column:
        ends = sorted(places[other] + 1 for other in right[point])
        for end in ends:
            above, at = 0, end
            while at:
                above += tree[at]
                at &= at - 1
            total += seen - above
        for end in ends:
            at = end
            while at < len(tree):
                tree[at] += 1
                at += at & -at
        seen += len(ends)
    return total


def _sweep(columns: Sequence[Sequence[int]], neighbours: Neighbours) -> list[list[int]]:
    """Returns the columns with their points in a new order. The points of each column are sorted by the mean position
    of their connected points in the previous column. The first column keeps its order.
    """
    done = [list(columns[0])]
    for column in columns[1:]:
        done.append(_sorted(column, _places(done[-1]), neighbours))
    return done


def _sorted(column: Sequence[int], places: Mapping[int, int], neighbours: Neighbours) -> list[int]:
    """Returns the points of a column, sorted by the mean position of their connected points in the adjacent column.
    `places` maps these connected points to their positions. Points without a connection keep their positions.
    """
    means = {
        point: sum(places[other] for other in neighbours[point]) / len(neighbours[point])
        for point in column
        if neighbours[point]
    }
    moved = iter(sorted(means, key=lambda point: means[point]))
    return [next(moved) if point in means else point for point in column]


def _places(column: Sequence[int]) -> dict[int, int]:
    return {point: place for place, point in enumerate(column)}
