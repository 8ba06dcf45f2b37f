"""Adds the estimated costs to a plan."""

from __future__ import annotations

from msgspec.structs import replace

from provisioner.engine.planned import Planned
from provisioner.manifest import Settings
from provisioner.review.cost import Inventory, estimate, read_prices
from provisioner.state.folding import fold
from provisioner.state.journal import deltas


def with_costs(planned: Planned, settings: Settings) -> Planned:
    """Returns the plan with its estimated costs added. If the plan has errors, returns the plan unchanged. No API is
    called.
    """
    if planned.plan.errors():
        return planned
    state = fold(planned.snapshot.state, deltas(planned.recovery.ends))
    actual = planned.actual
    inventory = Inventory(
        state.records, actual.live, actual.refreshed, state.retired, actual.retired, imports=actual.imports
    )
    cost = estimate(planned.plan, planned.resources, inventory, read_prices(settings.prices))
    return replace(planned, plan=replace(planned.plan, cost=cost))
