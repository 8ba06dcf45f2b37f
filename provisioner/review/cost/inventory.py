"""The recorded and live objects that cost something before a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from provisioner.core.address import Address
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.plan import Action, Change, Plan
from provisioner.state.records import Record, Retired


@dataclass(frozen=True, slots=True)
class Inventory:
    """Records with their live objects, by address, and retired objects with those that lists contained, by id.

    If nothing was `refreshed`, the records are assumed to be right.
    """

    records: Mapping[Address, Record] = field(default_factory=dict)
    live: Mapping[Address, Live] = field(default_factory=dict)
    refreshed: bool = True
    retired: Sequence[Retired] = ()
    retired_live: Mapping[str, Live] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fate:
    """One address: its record, its live object, and the plan's change (None: no change)."""

    address: Address
    record: Record | None
    live: Live | None
    change: Change | None

    @property
    def action(self) -> Action:
        """The plan's action for the address."""
        return Action.NO_OP if self.change is None else self.change.action


def fates(plan: Plan, inventory: Inventory) -> list[Fate]:
    """Returns every recorded or changed address, in order; a moved one has its new name."""
    changes = {change.address: change for change in plan.changes if not change.retired}
    former = {change.moved_from: change.address for change in changes.values() if change.moved_from is not None}
    records = {former.get(address, address): record for address, record in inventory.records.items()}
    return [
        Fate(
            address,
            record := records.get(address),
            None if record is None else inventory.live.get(record.address),
            changes.get(address),
        )
        for address in sorted({*records, *changes})
    ]
