"""Determines the vertical position of each point. A point is a node, or a place where an edge crosses a column. Each
point is as near to its connected points as the order of its column allows.
"""

from __future__ import annotations

from collections.abc import Sequence

Neighbours = Sequence[Sequence[int]]

SWEEPS = 16


def place(
    columns: Sequence[Sequence[int]], heights: Sequence[float], gap: float, left: Neighbours, right: Neighbours
) -> dict[int, float]:
    """Returns a mapping from each point to the vertical position of its middle, in pixels. A point is a node, or a
    place where an edge crosses a column. 0 is the top, and values grow downwards.

    The points of each column keep their order, and there are at least `gap` pixels between two points. `heights`
    contains the height of each point. `left` and `right` contain, for each point, the connected points in the column on
    that side.
    """
    middles: dict[int, float] = {}
    for column in columns:
        middles |= dict(zip(column, _offsets(column, heights, gap), strict=True))
    for sweep in range(SWEEPS):
        for column in columns if sweep % 2 else reversed(columns):
            beside = [[*left[point], *right[point]] for point in column]
            wanted = [
                sum(middles[other] for other in others) / len(others) if others else middles[point]
                for point, others in zip(column, beside, strict=True)
            ]
            weights = [len(others) or 1 for others in beside]
            middles |= dict(zip(column, _settle(wanted, weights, _offsets(column, heights, gap)), strict=True))
    top = min((middles[point] - heights[point] / 2 for column in columns for point in column), default=0.0)
    return {point: middle - top for point, middle in middles.items()}


def _offsets(column: Sequence[int], heights: Sequence[float], gap: float) -> list[float]:
    """Places the points of `column` below each other, as closely as possible. Returns the vertical position of the
    middle of each point. The first point begins at 0, and there are `gap` pixels between two points. `heights` contains
    the height of each point.
    """
    offsets, bottom = [], -gap
    for point in column:
        offsets.append(bottom + gap + heights[point] / 2)
        bottom += gap + heights[point]
    return offsets


def _settle(wanted: Sequence[float], weights: Sequence[int], offsets: Sequence[float]) -> list[float]:
    """Returns the vertical positions of the points of a column. They are as near as possible to the positions in
    `wanted`: the sum of the squared distances, multiplied by `weights`, is as small as possible. The distance between
    two points is at least their distance in `offsets`.

    If all offsets are equal, this is isotonic regression: neighbouring points in the wrong order are joined, and get
    the mean of their wanted positions.
    """
    pools: list[tuple[float, int, int]] = []
    for want, weight, offset in zip(wanted, weights, offsets, strict=True):
        mean, heavy, count = want - offset, weight, 1
        while pools and pools[-1][0] > mean:
            other, load, more = pools.pop()
            mean, heavy, count = (mean * heavy + other * load) / (heavy + load), heavy + load, count + more
        pools.append((mean, heavy, count))
    means = [mean for mean, _, count in pools for _ in range(count)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]
