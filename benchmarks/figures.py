"""A row of the table that is printed."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number, or why there is none. `target` is the most (`at_least`: the least) that is good enough."""

    name: str
    value: float = math.nan
    unit: str = ""
    target: float | None = None
    at_least: bool = False

    @property
    def verdict(self) -> str:
        """Whether the target is met."""
        if self.target is None:
            return ""
        met = self.value >= self.target if self.at_least else self.value <= self.target
        return f"{'at least' if self.at_least else 'at most'} {self.target:g}: {'yes' if met else 'NO'}"

    def __str__(self) -> str:
        value = "not measured" if math.isnan(self.value) else f"{self.value:.2f}"
        return f"{self.name:72} {value:>12} {self.unit:9}  {self.verdict}".rstrip()
