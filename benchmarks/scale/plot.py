"""Draws curves over the size of a project as an SVG, with logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

#: The size of one chart and the space around it, in pixels.
WIDTH, HEIGHT, LEFT, TOP, GAP = 330, 260, 55, 40, 40
#: Colours that people with colour vision deficiency can tell apart (Okabe and Ito), and dash patterns for more curves.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
DASHES = ("", "5 3", "1 3")


@dataclass(frozen=True, slots=True)
class Curve:
    """The values of one metric and one operation. Each point is the number of resources and the value."""

    metric: str
    operation: str
    points: tuple[tuple[int, float], ...]


def draw(curves: Sequence[Curve]) -> str:
    """Returns an SVG with one chart for each metric, side by side, and the names of the operations below."""
    metrics = list(dict.fromkeys(each.metric for each in curves))
    operations = list(dict.fromkeys(each.operation for each in curves))
    width = len(metrics) * (LEFT + WIDTH + GAP)
    height = TOP + HEIGHT + 50 + 18 * math.ceil(len(operations) / 3)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for position, metric in enumerate(metrics):
        own = [each for each in curves if each.metric == metric]
        parts += _chart(own, position * (LEFT + WIDTH + GAP) + LEFT, metric, operations)
    parts += _legend(operations)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _chart(curves: Sequence[Curve], left: int, metric: str, operations: Sequence[str]) -> Iterator[str]:
    points = [point for each in curves for point in each.points if point[1] > 0]
    across = _Axis.over([at for at, _ in points], left, left + WIDTH)
    up = _Axis.over([value for _, value in points], TOP + HEIGHT, TOP)
    yield f'<text x="{left}" y="{TOP - 12}" font-weight="bold">{escape(metric)}</text>'
    for value in across.ticks():
        x = across.place(value)
        yield f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{TOP + HEIGHT}" stroke="#dddddd"/>'
        yield f'<text x="{x:.1f}" y="{TOP + HEIGHT + 15}" text-anchor="middle">{value:,.0f}</text>'
    for value in up.ticks():
        y = up.place(value)
        yield f'<line x1="{left}" y1="{y:.1f}" x2="{left + WIDTH}" y2="{y:.1f}" stroke="#dddddd"/>'
        yield f'<text x="{left - 5}" y="{y + 4:.1f}" text-anchor="end">{value:,.9g}</text>'
    for each in curves:
        placed = [f"{across.place(at):.1f},{up.place(value):.1f}" for at, value in each.points if value > 0]
        yield f'<polyline fill="none" {_stroke(operations.index(each.operation))} points="{" ".join(placed)}"/>'


def _legend(operations: Sequence[str]) -> Iterator[str]:
    yield f'<text x="{LEFT}" y="{TOP + HEIGHT + 32}">resources in the project</text>'
    for number, operation in enumerate(operations):
        x, y = LEFT + number % 3 * (WIDTH + GAP), TOP + HEIGHT + 52 + number // 3 * 18
        yield f'<line x1="{x}" y1="{y - 4}" x2="{x + 24}" y2="{y - 4}" {_stroke(number)}/>'
        yield f'<text x="{x + 30}" y="{y}">{escape(operation)}</text>'


def _stroke(number: int) -> str:
    dash = DASHES[number // len(COLOURS) % len(DASHES)]
    return f'stroke="{COLOURS[number % len(COLOURS)]}" stroke-width="2"' + (
        f' stroke-dasharray="{dash}"' if dash else ""
    )


@dataclass(frozen=True, slots=True)
class _Axis:
    """A logarithmic axis. `low` and `high` are powers of ten; `begin` and `end` are their places in pixels."""

    low: int
    high: int
    begin: float
    end: float

    @classmethod
    def over(cls, values: Sequence[float], begin: float, end: float) -> _Axis:
        """Returns an axis on which all values have a place."""
        if not values:
            return cls(0, 1, begin, end)
        low = math.floor(math.log10(min(values)))
        return cls(low, max(low + 1, math.ceil(math.log10(max(values)))), begin, end)

    def place(self, value: float) -> float:
        """Returns the place of a value in pixels."""
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.begin + share * (self.end - self.begin)

    def ticks(self) -> Iterator[float]:
        """Yields the powers of ten on the axis."""
        return (10.0**power for power in range(self.low, self.high + 1))
