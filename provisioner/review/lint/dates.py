"""When models are shut down: as the API's list of models says, or the dated list that comes with provision."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from provisioner.core.catalog import AS_OF, SHUTDOWN_DATES

PACKAGED = "provision's own list"
FINE_TUNED = re.compile(r"ft:([^:]+):")
SNAPSHOT = re.compile(r"-[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


@dataclass(frozen=True, slots=True)
class Dates:
    """Shutdown dates by model, who says so, since when, and what else there is to say about it.

    A model without an entry, or with none for a date, has no date that is announced.
    """

    by_model: Mapping[str, date | None]
    as_of: date
    source: str = PACKAGED
    remark: str = ""

    def find(self, model: str) -> tuple[str, date] | None:
        """The date of a model and whose it is: its own or, where its own name is not listed, that of what it is a
        snapshot (`gpt-4o-2024-08-06`) or a fine-tuned one (`ft:gpt-4o-mini:…`) of.
        """
        for name in _names(model):
            if name in self.by_model:
                day = self.by_model[name]
                return (name, day) if day is not None else None
        return None

    def describe(self, today: date) -> str:
        """Which list this is, and how old."""
        days = (today - self.as_of).days
        age = "of today" if days <= 0 else "of yesterday" if days == 1 else f"{days} days old"
        remark = f"; {self.remark}" if self.remark else ""
        return f"models' shutdown dates are from {self.source}, {self.as_of}, {age}{remark}"


def packaged() -> Dates:
    """The list in the package."""
    return Dates(SHUTDOWN_DATES, AS_OF)


def over_packaged(listed: Mapping[str, date | None]) -> dict[str, date | None]:
    """What the API lists, over our own list: a model that is shut down is no longer listed there."""
    return {**packaged().by_model, **listed}


def _names(model: str) -> Iterator[str]:
    """A model's name and, after it, the names that it is made of."""
    yield model
    tuned = FINE_TUNED.match(model)
    if tuned:
        yield tuned[1]
    yield SNAPSHOT.sub("", tuned[1] if tuned else model)
