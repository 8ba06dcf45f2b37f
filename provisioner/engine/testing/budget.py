"""Keeps the cost of a run of tests within a budget."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct


class Permission(Enum):
    """The decision about the next sample (one run of a test): it may begin now, after a running sample has ended, or
    never.
    """

    NOW = "now"
    LATER = "later"
    NEVER = "never"


class Budget(Struct):
    """The amount in USD that a run of tests may cost (`most`; None means no limit), and the amount that was spent. A
    test is run several times; each run is a sample.

    Until the first cost is known, only one sample runs at a time. Afterwards, the number of parallel samples depends on
    the largest cost of an earlier sample. So the budget is exceeded only if a sample costs more than every sample
    before it. Only one thread may use the object at a time.
    """

    most: float | None = None
    spent: float = 0.0
    largest: float | None = None
    running: int = 0
    is_unknown: bool = False

    def ask(self) -> Permission:
        """Returns the permission for the next sample: it may begin now, after a running sample has ended, or never."""
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
        """Records that a sample begins."""
        self.running += 1

    def end(self, cost: float | None) -> None:
        """Records that a sample has ended and what it cost, in USD. If the cost is unknown (None) and there is a
        budget, no further sample may begin, because the samples could exceed the budget.
        """
        self.running -= 1
        if cost is None:
            self.is_unknown = True
        else:
            self.spent += cost
            self.largest = max(cost, self.largest or 0.0)

    def explain(self) -> str:
        """Returns the reason why no further sample may begin, as a text."""
        if self.is_unknown:
            return "not run: the cost of an earlier test is not known, so the budget cannot be kept"
        next_cost = "" if self.largest is None else f", and the next sample may cost {self.largest:.4f} USD"
        return f"not run: {self.spent:.4f} USD of the budget of {self.most:g} USD are spent{next_cost}"
