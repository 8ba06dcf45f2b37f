"""Defines the estimated costs of a plan: sizes in bytes and prices in USD, before and after the apply. The package
`review.cost` computes these values.
"""

from __future__ import annotations

from msgspec import Struct


class Storage(Struct, frozen=True):
    """The size of vector stores in bytes and their price in USD for 30 days, before and after a change.

    `usd_per_gb_day` is the price of one GB for one day. The first `free_gb` GB of each project cost nothing.
    """

    bytes_before: int
    bytes_after: int
    usd_before: float
    usd_after: float
    usd_per_gb_day: float
    free_gb: float


class StoreCost(Struct, frozen=True):
    """The size of one vector store, before and after the apply. `address` is the address of the store's resource.

    If `retired` is True, the resource no longer uses this store, and the store is deleted later. If `measured` is True,
    the size before the apply comes from the API; otherwise this size is estimated from the sizes of the files.
    `unsized` is the number of files of unknown size, which are not included in the bytes. For a retired store of
    unknown size, `unsized` is 1, although the number of its files is not known.
    """

    address: str
    bytes_before: int
    bytes_after: int
    measured: bool = False
    unsized: int = 0
    retired: bool = False

    @property
    def changes(self) -> bool:
        """Whether the size after the apply differs from the size before."""
        return self.bytes_before != self.bytes_after


class ContainerCost(Struct, frozen=True):
    """The container in which an assistant's code runs, before and after the apply. The prices are in USD for one
    container and 20 minutes (None: not known).

    `memory` is `1g`, `4g`, `16g`, `64g`, or `unknown` if OpenAI chooses the memory. None means that there is no
    container.
    """

    address: str
    memory_before: str | None
    memory_after: str | None
    usd_before: float | None
    usd_after: float | None

    @property
    def changes(self) -> bool:
        """Whether the container's memory after the apply differs from the memory before."""
        return self.memory_before != self.memory_after


class ToolCost(Struct, frozen=True):
    """The price of a hosted tool in USD for 1,000 calls (None: not known), and the assistants that use the tool before
    and after the apply.
    """

    tool: str
    usd_per_1000_calls: float | None
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def changes(self) -> bool:
        """Whether the apply changes which assistants use the tool."""
        return self.before != self.after


class Estimate(Struct, frozen=True):
    """The estimated costs of a plan's vector stores, containers and tools, before and after the apply.

    `as_of` is the date of the prices. `own_prices` names the prices that are set in the settings file.
    """

    as_of: str
    storage: Storage
    stores: tuple[StoreCost, ...] = ()
    containers: tuple[ContainerCost, ...] = ()
    tools: tuple[ToolCost, ...] = ()
    own_prices: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether the plan changes the cost of a vector store, a container or a tool."""
        lines: tuple[StoreCost | ContainerCost | ToolCost, ...] = (*self.stores, *self.containers, *self.tools)
        return any(line.changes for line in lines)
