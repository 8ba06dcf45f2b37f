"""Determines the size of each vector store before and after the plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from msgspec import Struct

from provisioner.core.address import Address
from provisioner.core.estimate import StoreCost
from provisioner.core.objecttype import VECTOR_STORE
from provisioner.core.resource import Lifecycle, Resource
from provisioner.planning.plan import Action, Plan
from provisioner.review.cost.inventory import Inventory, PlannedObject
from provisioner.review.cost.sizes import Amount, File, Sizes, members
from provisioner.state.record_columns import recorded_members


class StoreData(Struct, frozen=True, dict=True):
    """The data from which the sizes of vector stores are computed: the desired resources and the existing objects."""

    resources: Sequence[Resource]
    inventory: Inventory

    @cached_property
    def sizes(self) -> Sizes:
        """The sizes of files. They are not needed if the API reports the size of each store and no store changes."""
        return Sizes.of(self.resources, self.inventory)

    @cached_property
    def lifecycles(self) -> Mapping[Address, Lifecycle]:
        """The settings `lifecycle` of the resources, by address."""
        return {resource.address: resource.lifecycle for resource in self.resources}


def store_costs(
    found: Iterable[PlannedObject], plan: Plan, resources: Sequence[Resource], inventory: Inventory
) -> Iterator[StoreCost]:
    """Yields the size before and after the plan for each vector store. Vector stores that earlier changes replaced, and
    that still have to be deleted, come last.
    """
    data = StoreData(resources, inventory)
    for planned in found:
        if planned.address.kind == VECTOR_STORE.kind.name:
            yield from _of_address(planned, data)
    deleted = {change.id for change in plan.changes if change.retired and change.action is Action.DELETE}
    for entry in inventory.retired:
        if entry.type == VECTOR_STORE.name:
            live = inventory.retired_live.get(entry.id)
            count = live.usage_bytes if live is not None else None
            after = 0 if entry.id in deleted else count or 0
            yield StoreCost(str(entry.address), count or 0, after, count is not None, int(count is None), retired=True)


def _of_address(planned: PlannedObject, data: StoreData) -> Iterator[StoreCost]:
    before = _before(planned, data)
    after = _after(planned, before, data)
    measured = planned.live is not None and planned.live.usage_bytes is not None
    unsized = max(0 if planned.action is Action.DELETE else before.unsized, after.unsized)
    address = str(planned.address)
    yield StoreCost(address, round(before.count), round(after.count), measured, unsized)
    is_replaced = planned.action is Action.REPLACE and bool(before.count)
    if is_replaced and data.lifecycles.get(planned.address, Lifecycle()).retire_after > 0:
        yield StoreCost(address, 0, round(before.count), measured, before.unsized, retired=True)


def _before(planned: PlannedObject, data: StoreData) -> Amount:
    """Returns the number of bytes that a vector store takes before the plan. `planned` is the vector store with its
    planned change.
    """
    if planned.live is not None:
        if planned.live.usage_bytes is not None:
            return Amount(planned.live.usage_bytes)
        return data.sizes.measured(planned.live.fields.get("files") or (), planned.live)
    if planned.recorded is None or data.inventory.refreshed:
        return Amount()  # The store does not exist yet, or it was deleted outside of provision.
    return data.sizes.amount(recorded_members(planned.records, planned.recorded))


def _after(planned: PlannedObject, before: Amount, data: StoreData) -> Amount:
    """Returns the number of bytes that a vector store takes after the plan. `planned` is the vector store with its
    planned change, and `before` is its size before the plan. If the plan only removes the store from the state, the
    size stays the same, because the store still exists at OpenAI.
    """
    if planned.change is None or planned.action is Action.FORGET:
        return before
    if planned.action is Action.DELETE:
        return Amount()
    if planned.action in (Action.CREATE, Action.REPLACE):
        return data.sizes.amount(members((planned.change.after or {}).get("files")), planned.live)
    return _updated(planned, before, data) if "files" in planned.change.fields else before


def _updated(planned: PlannedObject, before: Amount, data: StoreData) -> Amount:
    """Returns the number of bytes that a vector store takes after an update: its size `before` the update, minus the
    size of the detached files, plus the size of the attached files. `planned` is the vector store with its planned
    change.
    """
    sent: set[File] = set(recorded_members(planned.records, planned.recorded)) if planned.recorded else set()
    live = planned.live.fields.get("files") if planned.live else None
    present = sent if live is None else set(live)
    wanted = set(members((planned.change.after or {}).get("files") if planned.change else None))
    exclusive = data.lifecycles.get(planned.address, Lifecycle()).exclusive
    leaving = sorted(str(file) for file in (present if exclusive else present & sent) - wanted)
    attached = data.sizes.amount(sorted(wanted - present, key=str), planned.live)
    detached = data.sizes.measured(leaving, planned.live) if planned.live else data.sizes.amount(leaving)
    count = max(0.0, before.count - detached.count + attached.count)
    return Amount(count, max(0, before.unsized - detached.unsized) + attached.unsized)
