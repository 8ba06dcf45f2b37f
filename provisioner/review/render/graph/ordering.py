"""Orders the points in their columns so that few edges cross, with a few sweeps of the barycentre method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

Neighbours = Sequence[Sequence[int]]

SWEEPS = 6


def order(columns: Sequence[Sequence[int]], left: Neighbours, right: Neighbours) -> list[list[int]]:
    """Returns the best order of the columns that was found, with each point near the middle of its neighbours."""
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
    """Returns how many pairs of edges between adjacent columns cross."""
    return sum(_crossings(one, _places(two), right) for one, two in pairwise(columns))


def _crossings(column: Sequence[int], places: Mapping[int, int], right: Neighbours) -> int:
    """Counts with a Fenwick tree how many earlier edges end below each edge."""
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
    """Returns the columns in a new order: each is sorted by the positions of its `neighbours` in the column before it.

    The first column stays as it is.
    """
    done = [list(columns[0])]
    for column in columns[1:]:
        done.append(_sorted(column, _places(done[-1]), neighbours))
    return done


def _sorted(column: Sequence[int], places: Mapping[int, int], neighbours: Neighbours) -> list[int]:
    """Returns a column sorted by the mean position of its points' neighbours; points without neighbours stay."""
    means = {
        point: sum(places[other] for other in neighbours[point]) / len(neighbours[point])
        for point in column
        if neighbours[point]
    }
    moved = iter(sorted(means, key=lambda point: means[point]))
    return [next(moved) if point in means else point for point in column]


def _places(column: Sequence[int]) -> dict[int, int]:
    return {point: place for place, point in enumerate(column)}
