"""Keeps the cost of a run of tests within a budget."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Permission(Enum):
    """Whether another sample may begin: now, after a running one has ended, or not at all."""

    NOW = "now"
    LATER = "later"
    NEVER = "never"


@dataclass(slots=True)
class Budget:
    """The USD that a run of tests may cost (`most`; None: no limit), and what was spent.

    Until the first cost is known, one sample runs alone. Then as many samples run at once as the largest cost so far
    allows. So a run exceeds its budget only if a sample costs more than every sample before it. Not for several threads
    at once.
    """

    most: float | None = None
    spent: float = 0.0
    largest: float | None = None
    running: int = 0
    is_unknown: bool = False

    def ask(self) -> Permission:
        """Returns whether another sample may begin."""
        if self.most is None:
            return Permission.NOW
        if self.is_unknown:
            return Permission.NEVER
        if self.largest is None:
            return Permission.LATER if self.running else Permission.NOW if self.spent < self.most else Permission.NEVER
        if self.spent + (self.running + 1) * self.largest <= self.most:
            return Permission.NOW
        return Permission.LATER if self.running else Permission.NEVER

    def begin(self) -> None:
        """Counts a sample that begins."""
        self.running += 1

    def end(self, cost: float | None) -> None:
        """Counts the cost of a sample that has ended. After an unknown cost, no further sample may begin, because the
        budget could not be kept.
        """
        self.running -= 1
        if cost is None:
            self.is_unknown = True
        else:
            self.spent += cost
            self.largest = max(cost, self.largest or 0.0)

    def explain(self) -> str:
        """Returns why no further sample may begin."""
        if self.is_unknown:
            return "not run: the cost of an earlier test is not known, so the budget cannot be kept"
        next_cost = "" if self.largest is None else f", and the next sample may cost {self.largest:.4f} USD"
        return f"not run: {self.spent:.4f} USD of the budget of {self.most:g} USD are spent{next_cost}"
