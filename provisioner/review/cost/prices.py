"""The prices: one dated list, and the prices in the settings, which replace single ones.

Facts: OpenAI's pricing as of the list's date. A price that no source gives is null in the list, and stays unknown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files

LIST = "prices.json"
STORAGE, FREE_STORAGE = "storage", "free_storage"
#: The unit of the storage price: the source says GB, not GiB.
GIGABYTE = 10**9
#: Days in a month, for prices by the day.
DAYS = 30


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices in USD by name (None: not known), as of a date, and the names of those that the settings give.

    `storage` is for a GB and a day above `free_storage` GB, `code_interpreter_4g` for a container of that memory and
    20 minutes, any other for 1,000 calls of the tool of its name.
    """

    as_of: str
    usd: Mapping[str, float | None]
    own: frozenset[str] = field(default_factory=frozenset)

    def per_gb_day(self) -> float:
        """USD for a gigabyte of vector storage and a day."""
        return self.usd[STORAGE] or 0.0

    def free_gb(self) -> float:
        """The gigabytes of vector storage that cost nothing."""
        return self.usd[FREE_STORAGE] or 0.0

    def per_month(self, count: int) -> float:
        """Returns USD for bytes of vector storage for 30 days, to the cent. The free gigabytes are subtracted once."""
        return price_storage(count, self.per_gb_day(), self.free_gb())

    def per_1000_calls(self, tool: str) -> float | None:
        """USD for 1,000 calls of a tool."""
        return self.usd.get(tool)

    def per_container(self, memory: str | None) -> float | None:
        """USD for a code interpreter's container of this memory and 20 minutes."""
        return None if memory is None else self.usd.get(container_price(memory))


def price_storage(count: int, usd_per_gb_day: float, free_gb: float) -> float:
    """Returns USD for bytes of vector storage for 30 days, to the cent, at a price for a GB and a day."""
    paid = max(0.0, count - free_gb * GIGABYTE)
    return round(paid / GIGABYTE * usd_per_gb_day * DAYS, 2)


def container_price(memory: str) -> str:
    """Returns the name of a container's price."""
    return f"code_interpreter_{memory}"


def read_prices(own: Mapping[str, float]) -> Prices:
    """Returns the list, with the prices in `own` instead of its own."""
    body = json.loads(files("provisioner.review.cost").joinpath(LIST).read_text(encoding="utf-8"))
    return Prices(body["as_of"], {**body["prices"], **own}, frozenset(own))
