"""Describes the objects that exist before a plan, and the change that the plan makes to each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from provisioner.core.address import Address
from provisioner.core.objecttype import FILE
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.plan import Action, Change, Plan
from provisioner.state.records import Record, Retired


class Inventory(Struct, frozen=True):
    """The objects that exist before a plan.

    `records` maps addresses to the records of the state, and `live` maps addresses to live objects. `retired` are
    objects that earlier changes replaced and that still have to be deleted. `retired_live` maps the ids of these
    objects to their live objects. `imports` maps addresses to the live objects that the plan adopts, which means that
    provision takes them over. If `refreshed` is False, no live objects were read, and the records are assumed to be
    correct.
    """

    records: Mapping[Address, Record] = field(default_factory=dict)
    live: Mapping[Address, Live] = field(default_factory=dict)
    refreshed: bool = True
    retired: Sequence[Retired] = ()
    retired_live: Mapping[str, Live] = field(default_factory=dict)
    imports: Mapping[Address, Live] = field(default_factory=dict)


class PlannedObject(Struct, frozen=True):
    """The object at one address, and the change that the plan makes to it. `live` is the object at OpenAI before the
    plan. Each of `live` and `change` is None if it does not exist. `recorded` is the address of its record in
    `records`, the records of the state (None: it has no record).
    """

    address: Address
    recorded: Address | None
    records: Mapping[Address, Record]
    live: Live | None
    change: Change | None

    @property
    def record(self) -> Record | None:
        """The entry of the state before the plan. None if it does not exist."""
        return None if self.recorded is None else self.records[self.recorded]

    @property
    def action(self) -> Action:
        """Returns the planned action for this address. It is `no-op` if the plan does not change the object."""
        return Action.NO_OP if self.change is None else self.change.action


def planned_objects(plan: Plan, inventory: Inventory) -> list[PlannedObject]:
    """Returns an entry for each address that the state records or the plan changes, sorted by address. Files are left
    out, because they cost nothing outside of vector stores. An entry contains the record, the live object and the
    planned change. The entry of a renamed resource has its new address.
    """
    file = FILE.kind.name
    changes = {each.address: each for each in plan.changes if not each.retired and each.address.kind != file}
    former = {change.moved_from: change.address for change in changes.values() if change.moved_from is not None}
    recorded = {former.get(address, address): address for address in inventory.records if address.kind != file}
    return [
        PlannedObject(
            address,
            before := recorded.get(address),
            inventory.records,
            inventory.imports.get(address) if before is None else inventory.live.get(before),
            changes.get(address),
        )
        for address in sorted({*recorded, *changes})
    ]
