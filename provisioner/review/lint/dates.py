"""Reads the shutdown dates of models. They come from the API's list of models, or from the dated list that comes with
provision.
"""

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
    """The shutdown dates of models.

    `by_model` gives the date of each model. A model that is missing, or whose date is None, has no announced date.
    `as_of` is the date on which this list was made, and `source` names its origin for people. `remark` is an additional
    note about the list for people.
    """

    by_model: Mapping[str, date | None]
    as_of: date
    source: str = PACKAGED
    remark: str = ""

    def find(self, model: str) -> tuple[str, date] | None:
        """Returns the shutdown date of a model, with the name of the listed model that has this date. Returns None if
        no date is known.

        A model that is not listed has the date of its base model. For a snapshot, this is the model without the date
        (`gpt-4o` for `gpt-4o-2024-08-06`). For a fine-tuned model, it is the model that was tuned (`gpt-4o-mini` for
        `ft:gpt-4o-mini:…`).
        """
        for name in _names(model):
            if name in self.by_model:
                day = self.by_model[name]
                return (name, day) if day is not None else None
        return None

    def describe(self, today: date) -> str:
        """Returns a text for people about the origin, the date and the age of this list of shutdown dates."""
        days = (today - self.as_of).days
        age = "of today" if days <= 0 else "of yesterday" if days == 1 else f"{days} days old"
        remark = f"; {self.remark}" if self.remark else ""
        return f"models' shutdown dates are from {self.source}, {self.as_of}, {age}{remark}"


def packaged() -> Dates:
    """Returns the list of shutdown dates that comes with provision."""
    return Dates(SHUTDOWN_DATES, AS_OF)


def over_packaged(listed: Mapping[str, date | None]) -> dict[str, date | None]:
    """Returns the shutdown dates of the list that comes with provision, updated with the dates in `listed`, the API's
    list. Both lists are needed, because the API does not list models that are already shut down.
    """
    return {**packaged().by_model, **listed}


def _names(model: str) -> Iterator[str]:
    """Yields names under which the list may have the model: first the model's own name. Then follow the name of the
    model of which it is a fine-tuned version, and the name without the date of a snapshot.
    """
    yield model
    tuned = FINE_TUNED.match(model)
    if tuned:
        yield tuned[1]
    yield SNAPSHOT.sub("", tuned[1] if tuned else model)
