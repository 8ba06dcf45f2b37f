"""Reads the prices in USD with which costs are estimated. The prices come from a dated list that is part of provision;
prices in the settings replace them.

The source of the list is OpenAI's pricing page on the date of the list. A price that this page does not give is null in
the list and counts as unknown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files

from msgspec import Struct, field

LIST = "prices.json"
STORAGE, FREE_STORAGE = "storage", "free_storage"
#: The number of bytes for which the storage price is given: the source says GB, not GiB.
GIGABYTE = 10**9
#: The number of days in a month. A monthly cost is the daily cost, multiplied by this number.
DAYS = 30


class Prices(Struct, frozen=True):
    """The prices in USD.

    `usd` maps the name of each price to its value, or to None if the value is not known. The price `storage` is for one
    GB of vector storage and one day. `free_storage` is the number of GB that cost nothing. A price such as
    `code_interpreter_4g` is for one container with this memory and 20 minutes. Every other price is for 1,000 calls of
    the tool with the same name. `as_of` is the date of the list. `own` contains the names of the prices that come from
    the settings.
    """

    as_of: str
    usd: Mapping[str, float | None]
    own: frozenset[str] = field(default_factory=frozenset)

    def per_gb_day(self) -> float:
        """Returns the price in USD of one gigabyte of vector storage for one day."""
        return self.usd[STORAGE] or 0.0

    def free_gb(self) -> float:
        """Returns the number of gigabytes of vector storage that cost nothing."""
        return self.usd[FREE_STORAGE] or 0.0

    def per_month(self, count: int) -> float:
        """Returns the price in USD, rounded to cents, of storing `count` bytes in vector stores for 30 days. The free
        gigabytes are subtracted.
        """
        return price_storage(count, self.per_gb_day(), self.free_gb())

    def per_1000_calls(self, tool: str) -> float | None:
        """Returns the price in USD of 1,000 calls of a tool, or None if the price is not known."""
        return self.usd.get(tool)

    def per_container(self, memory: str | None) -> float | None:
        """Returns the price in USD of one container of the code interpreter for 20 minutes. `memory` is the memory of
        the container, such as `4g`. Returns None if `memory` is None or the price is not known.
        """
        return None if memory is None else self.usd.get(container_price(memory))


def price_storage(count: int, usd_per_gb_day: float, free_gb: float) -> float:
    """Returns the price in USD, rounded to cents, of storing `count` bytes in vector stores for 30 days. `free_gb`
    gigabytes cost nothing. `usd_per_gb_day` is the price of each other gigabyte for one day.
    """
    paid = max(0.0, count - free_gb * GIGABYTE)
    return round(paid / GIGABYTE * usd_per_gb_day * DAYS, 2)


def container_price(memory: str) -> str:
    """Returns the name of the price for a container of the code interpreter. `memory` is the memory of the container:
    for `4g`, the name is `code_interpreter_4g`.
    """
    return f"code_interpreter_{memory}"


def read_prices(own: Mapping[str, float]) -> Prices:
    """Returns the prices that come with provision, after some of them are replaced by the prices in `own`. `own` maps
    the names of prices to values, and comes from the settings.
    """
    body = json.loads(files("provisioner.review.cost").joinpath(LIST).read_text(encoding="utf-8"))
    return Prices(body["as_of"], {**body["prices"], **own}, frozenset(own))
