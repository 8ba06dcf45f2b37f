"""Shutdown dates of models, from the API's list of models or from the dated list that comes with provision."""

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
    """Shutdown dates by model, their source and age, and a remark.

    A model without an entry, or with None, has no announced date.
    """

    by_model: Mapping[str, date | None]
    as_of: date
    source: str = PACKAGED
    remark: str = ""

    def find(self, model: str) -> tuple[str, date] | None:
        """Returns the date of a model and the name that it belongs to. If the model itself is not listed, that is the
        model of which it is a snapshot (`gpt-4o-2024-08-06`) or a fine-tuned version (`ft:gpt-4o-mini:…`).
        """
        for name in _names(model):
            if name in self.by_model:
                day = self.by_model[name]
                return (name, day) if day is not None else None
        return None

    def describe(self, today: date) -> str:
        """Returns which list this is, and its age."""
        days = (today - self.as_of).days
        age = "of today" if days <= 0 else "of yesterday" if days == 1 else f"{days} days old"
        remark = f"; {self.remark}" if self.remark else ""
        return f"models' shutdown dates are from {self.source}, {self.as_of}, {age}{remark}"


def packaged() -> Dates:
    """Returns the list in the package."""
    return Dates(SHUTDOWN_DATES, AS_OF)


def over_packaged(listed: Mapping[str, date | None]) -> dict[str, date | None]:
    """Returns the API's list over our own, because the API no longer lists models that are shut down."""
    return {**packaged().by_model, **listed}


def _names(model: str) -> Iterator[str]:
    """Yields a model's name and the names of the models that it was made from."""
    yield model
    tuned = FINE_TUNED.match(model)
    if tuned:
        yield tuned[1]
    yield SNAPSHOT.sub("", tuned[1] if tuned else model)
