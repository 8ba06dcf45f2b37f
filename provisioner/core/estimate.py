"""What a plan costs: its objects before and after it, in bytes and USD. `provisioner/review/cost` fills it in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Storage:
    """What all vector stores of this environment take up, in bytes, and cost, in USD for 30 days.

    `usd_per_gb_day` is the price above `free_gb`, which a project has once.
    """

    bytes_before: int
    bytes_after: int
    usd_before: float
    usd_after: float
    usd_per_gb_day: float
    free_gb: float


@dataclass(frozen=True, slots=True)
class StoreCost:
    """What one vector store takes up. `address` is its resource's; that of a `retired` one has moved on.

    `measured`: before is what the API says, not a guess from the files' sizes. `unsized` counts what nobody knows the
    size of (files, or the retired store itself) and what is therefore missing in the bytes.
    """

    address: str
    bytes_before: int
    bytes_after: int
    measured: bool = False
    unsized: int = 0
    retired: bool = False

    @property
    def changes(self) -> bool:
        """Whether it takes up more or less afterwards."""
        return self.bytes_before != self.bytes_after


@dataclass(frozen=True, slots=True)
class ContainerCost:
    """The container in which an assistant's code runs; prices in USD for a container and 20 minutes (None: not known).

    `memory` is `1g`, `4g`, `16g`, `64g`, or `unknown` where others choose it; None: there is no container.
    """

    address: str
    memory_before: str | None
    memory_after: str | None
    usd_before: float | None
    usd_after: float | None

    @property
    def changes(self) -> bool:
        """Whether it is a container of another size afterwards, or none."""
        return self.memory_before != self.memory_after


@dataclass(frozen=True, slots=True)
class ToolCost:
    """A tool that OpenAI carries out, its price for 1,000 calls (None: not known), and the assistants that have it."""

    tool: str
    usd_per_1000_calls: float | None
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def changes(self) -> bool:
        """Whether others have it afterwards."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the plan's vector stores and tools cost before and after it: an estimate, at the prices of `as_of`.

    `own_prices` names the prices used that the settings give instead.
    """

    as_of: str
    storage: Storage
    stores: tuple[StoreCost, ...] = ()
    containers: tuple[ContainerCost, ...] = ()
    tools: tuple[ToolCost, ...] = ()
    own_prices: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether the plan changes anything of it."""
        lines: tuple[StoreCost | ContainerCost | ToolCost, ...] = (*self.stores, *self.containers, *self.tools)
        return any(line.changes for line in lines)
