"""Sorts the points of each column so that few edges cross. A point is a node, or the place in a column where an edge
crosses it. The columns are sorted in a few passes of the barycentre method.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

Neighbours = Sequence[Sequence[int]]

SWEEPS = 6


def order(columns: Sequence[Sequence[int]], left: Neighbours, right: Neighbours) -> list[list[int]]:
    """Returns the points of each column, sorted in the best order that was found: the one with the fewest crossing
    edges. `left` and `right` have, for each point, the points in the adjacent columns to which it is connected.
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
    """Returns the number of pairs of edges between adjacent columns that cross each other. `right` has, for each point,
    the points in the next column to which it is connected.
    """
    return sum(_crossings(one, _places(two), right) for one, two in pairwise(columns))


def _crossings(column: Sequence[int], places: Mapping[int, int], right: Neighbours) -> int:
    """Returns the number of crossing pairs among the edges from `column` to the next column. `places` has the positions
    of the next column's points. The pairs are counted with a Fenwick tree.
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
    """Returns the columns with their points in a new order. Each column is sorted by the mean position that the
    neighbours of each point have in the previous column. The first column keeps its order.
    """
    done = [list(columns[0])]
    for column in columns[1:]:
        done.append(_sorted(column, _places(done[-1]), neighbours))
    return done


def _sorted(column: Sequence[int], places: Mapping[int, int], neighbours: Neighbours) -> list[int]:
    """Returns the points of a column, sorted by the mean position of their neighbours in the adjacent column. `places`
    has the positions of these neighbours. Points without neighbours keep their positions.
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
