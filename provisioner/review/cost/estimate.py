"""Estimates the costs of a plan from the sizes of its vector stores, the tools of its assistants, and the prices."""

from __future__ import annotations

from collections.abc import Sequence

from provisioner.core.estimate import ContainerCost, Estimate, Storage, StoreCost, ToolCost
from provisioner.core.objecttype import VECTOR_STORE
from provisioner.core.resource import Resource
from provisioner.planning.plan import Plan
from provisioner.review.cost.inventory import Inventory, planned_objects
from provisioner.review.cost.prices import FREE_STORAGE, STORAGE, Prices, container_price
from provisioner.review.cost.storage import store_costs
from provisioner.review.cost.tools import container_costs, tool_costs


def estimate(plan: Plan, resources: Sequence[Resource], inventory: Inventory, prices: Prices) -> Estimate | None:
    """Returns the estimated costs before and after the plan. The costs before the plan are computed from the objects in
    `inventory`, and the costs after the plan from `resources`, the resources of the manifests. Returns None if there
    are no vector stores, no containers, and no tools with a price.
    """
    found = planned_objects(plan, inventory)
    stores = tuple(store_costs(found, plan, resources, inventory))
    # Vector stores have no tools, and their records may be large.
    others = [each for each in found if each.address.kind != VECTOR_STORE.kind.name]
    containers = tuple(container_costs(others, prices))
    tools = tuple(tool_costs(others, prices))
    if not (stores or containers or tools):
        return None
    used = _used(stores, containers, tools)
    return Estimate(prices.as_of, _storage(stores, prices), stores, containers, tools, tuple(sorted(used & prices.own)))


def _storage(stores: tuple[StoreCost, ...], prices: Prices) -> Storage:
    """Returns the cost of all vector stores together. It is computed from the sum of their sizes, so that the free
    gigabytes are subtracted only once.
    """
    before, after = sum(store.bytes_before for store in stores), sum(store.bytes_after for store in stores)
    cost = prices.per_month(before), prices.per_month(after)
    return Storage(before, after, *cost, usd_per_gb_day=prices.per_gb_day(), free_gb=prices.free_gb())


def _used(
    stores: tuple[StoreCost, ...], containers: tuple[ContainerCost, ...], tools: tuple[ToolCost, ...]
) -> set[str]:
    """Returns the names of the prices from which the costs of these vector stores, containers and tools are
    computed.
    """
    names = {tool.tool for tool in tools}
    for each in containers:
        names |= {container_price(memory) for memory in (each.memory_before, each.memory_after) if memory}
    return names | ({STORAGE, FREE_STORAGE} if stores else set())
