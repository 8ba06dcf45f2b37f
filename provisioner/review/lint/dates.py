"""Reads the shutdown dates of models. They come from the API's list of models, or from a dated list that is part of
provision.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from msgspec import Struct

from provisioner.core.catalog import AS_OF, SHUTDOWN_DATES

PACKAGED = "provision's own list"
FINE_TUNED = re.compile(r"ft:([^:]+):")
SNAPSHOT = re.compile(r"-[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


class Dates(Struct, frozen=True):
    """The shutdown dates of models.

    `by_model` maps the names of models to dates. A model that is missing, or that is mapped to None, has no announced
    date. `as_of` is the date on which the list was made. `source` says where the list comes from, and `remark` is a
    note about the list; both are texts for people.
    """

    by_model: Mapping[str, date | None]
    as_of: date
    source: str = PACKAGED
    remark: str = ""

    def find(self, model: str) -> tuple[str, date] | None:
        """Returns the shutdown date of a model, and the name in the list under which the date was found. Returns None
        if no date is known.

        If the model is not listed, the date of its base model is used. For a snapshot, this is the model without the
        date (`gpt-4o` for `gpt-4o-2024-08-06`). For a fine-tuned model, it is the model that was tuned (`gpt-4o-mini`
        for `ft:gpt-4o-mini:…`).
        """
        for name in _names(model):
            if name in self.by_model:
                day = self.by_model[name]
                return (name, day) if day is not None else None
        return None

    def describe(self, today: date) -> str:
        """Returns a text for people with the origin, the date and the age of this list of shutdown dates. `today` is
        the date with which the age is computed.
        """
        days = (today - self.as_of).days
        age = "of today" if days <= 0 else "of yesterday" if days == 1 else f"{days} days old"
        remark = f"; {self.remark}" if self.remark else ""
        return f"models' shutdown dates are from {self.source}, {self.as_of}, {age}{remark}"


def packaged() -> Dates:
    """Returns the list of shutdown dates that is part of provision."""
    return Dates(SHUTDOWN_DATES, AS_OF)


def over_packaged(listed: Mapping[str, date | None]) -> dict[str, date | None]:
    """Returns all known shutdown dates: the dates in `listed`, the list of the API, and for other models the dates in
    the list that is part of provision. Both lists are needed, because the API does not list models that are already
    shut down.
    """
    return {**packaged().by_model, **listed}


def _names(model: str) -> Iterator[str]:
    """Yields the names with which a model is looked up in the list of dates. The first is the name of the model. The
    next, for a fine-tuned model, is the name of its base model. The last is the name without the date of a snapshot.
    """
    yield model
    tuned = FINE_TUNED.match(model)
    if tuned:
        yield tuned[1]
    yield SNAPSHOT.sub("", tuned[1] if tuned else model)
