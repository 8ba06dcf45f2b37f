"""When models are shut down: as the API's list of models says, or the dated list that comes with provision."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

PACKAGED = "provision's own list"


@dataclass(frozen=True, slots=True)
class Dates:
    """Shutdown dates by model, who says so, since when, and what else there is to say about it.

    A model without an entry has no date that is announced.
    """

    by_model: Mapping[str, date]
    as_of: date
    source: str = PACKAGED
    remark: str = ""

    def describe(self, today: date) -> str:
        """Which list this is, and how old."""
        days = (today - self.as_of).days
        age = "of today" if days <= 0 else "of yesterday" if days == 1 else f"{days} days old"
        remark = f"; {self.remark}" if self.remark else ""
        return f"models' shutdown dates are from {self.source}, {self.as_of}, {age}{remark}"


@cache
def packaged() -> Dates:
    """The list in the package."""
    body = json.loads(files("provisioner.lint").joinpath("models.json").read_text(encoding="utf-8"))
    models = {name: date.fromisoformat(day) for name, day in body["models"].items()}
    return Dates(models, date.fromisoformat(body["as_of"]))


def over_packaged(listed: Mapping[str, date | None]) -> dict[str, date]:
    """What the API lists, over our own list: a model that is shut down is no longer listed there."""
    merged: dict[str, date | None] = {**packaged().by_model, **listed}
    return {name: day for name, day in merged.items() if day is not None}
