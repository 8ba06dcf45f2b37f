"""The objects that exist before a plan, and the change that the plan makes to each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from provisioner.core.address import Address
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.plan import Action, Change, Plan
from provisioner.state.records import Record, Retired


@dataclass(frozen=True, slots=True)
class Inventory:
    """The objects that exist before a plan.

    `records` has the records of the state by address, and `live` the live objects by address. `retired` are objects
    that earlier changes replaced. They still wait for their deletion. `retired_live` has the live objects of `retired`
    by id. `imports` has the live objects that the plan adopts, by address. If `refreshed` is false, no live objects
    were read, and the records are assumed to be right.
    """

    records: Mapping[Address, Record] = field(default_factory=dict)
    live: Mapping[Address, Live] = field(default_factory=dict)
    refreshed: bool = True
    retired: Sequence[Retired] = ()
    retired_live: Mapping[str, Live] = field(default_factory=dict)
    imports: Mapping[Address, Live] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fate:
    """What happens to the object at one address: the planned change, the record and the live object before the plan.
    Each of these three values is None if it does not exist.
    """

    address: Address
    record: Record | None
    live: Live | None
    change: Change | None

    @property
    def action(self) -> Action:
        """The planned action for this address, or `no-op` if the plan does not change it."""
        return Action.NO_OP if self.change is None else self.change.action


def fates(plan: Plan, inventory: Inventory) -> list[Fate]:
    """Returns a Fate (record, live object and planned change) for every address that is recorded or changed, sorted by
    address. A moved resource is listed under its new address.
    """
    changes = {change.address: change for change in plan.changes if not change.retired}
    former = {change.moved_from: change.address for change in changes.values() if change.moved_from is not None}
    records = {former.get(address, address): record for address, record in inventory.records.items()}
    return [
        Fate(
            address,
            record := records.get(address),
            inventory.imports.get(address) if record is None else inventory.live.get(record.address),
            changes.get(address),
        )
        for address in sorted({*records, *changes})
    ]
