"""The estimated costs of a plan: sizes in bytes and prices in USD, before and after. `review.cost` computes them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Storage:
    """The size of all vector stores of this environment in bytes, and their price in USD for 30 days.

    `usd_per_gb_day` is the price above `free_gb`, which each project has once.
    """

    bytes_before: int
    bytes_after: int
    usd_before: float
    usd_after: float
    usd_per_gb_day: float
    free_gb: float


@dataclass(frozen=True, slots=True)
class StoreCost:
    """The size of one vector store. `address` is its resource's; a `retired` store is no longer that resource's object.

    `measured` is true if the size before comes from the API and is not estimated from the files' sizes. `unsized`
    counts the files (or the retired store itself) whose size is not known and is missing from the bytes.
    """

    address: str
    bytes_before: int
    bytes_after: int
    measured: bool = False
    unsized: int = 0
    retired: bool = False

    @property
    def changes(self) -> bool:
        """Whether the size before and after differs."""
        return self.bytes_before != self.bytes_after


@dataclass(frozen=True, slots=True)
class ContainerCost:
    """The container in which an assistant's code runs; prices in USD for a container and 20 minutes (None: not known).

    `memory` is `1g`, `4g`, `16g`, `64g`, or `unknown` if OpenAI chooses it; None means no container.
    """

    address: str
    memory_before: str | None
    memory_after: str | None
    usd_before: float | None
    usd_after: float | None

    @property
    def changes(self) -> bool:
        """Whether the container's memory before and after differs."""
        return self.memory_before != self.memory_after


@dataclass(frozen=True, slots=True)
class ToolCost:
    """A tool that runs at OpenAI, its price for 1,000 calls (None: not known), and the assistants that have it."""

    tool: str
    usd_per_1000_calls: float | None
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def changes(self) -> bool:
        """Whether other assistants have it afterwards."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Estimate:
    """The estimated costs of a plan's vector stores and tools before and after it, with the prices of `as_of`.

    `own_prices` names the prices that come from the settings.
    """

    as_of: str
    storage: Storage
    stores: tuple[StoreCost, ...] = ()
    containers: tuple[ContainerCost, ...] = ()
    tools: tuple[ToolCost, ...] = ()
    own_prices: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether the plan changes any of these costs."""
        lines: tuple[StoreCost | ContainerCost | ToolCost, ...] = (*self.stores, *self.containers, *self.tools)
        return any(line.changes for line in lines)
