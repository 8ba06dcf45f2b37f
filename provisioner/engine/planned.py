"""Defines `Planned`: a plan together with the data from which it was made."""

from __future__ import annotations

from msgspec import Struct

from provisioner.core.resource import Resource
from provisioner.engine.recovery import Recovery
from provisioner.engine.restoring import Restored
from provisioner.engine.snapshot import Snapshot
from provisioner.planning.diff import Actual
from provisioner.planning.plan import Plan
from provisioner.state.release_storage import Releases


class Planned(Struct, frozen=True):
    """A plan, together with the data from which it was made: the resources, the state, the results of interrupted
    operations (`recovery`), the live objects and the releases of assistants.
    """

    plan: Plan
    resources: tuple[Resource, ...]
    snapshot: Snapshot
    recovery: Recovery
    actual: Actual
    releases: Releases
    restored: Restored
    early: bool = False

    @property
    def has_work(self) -> bool:
        """Whether an apply of the plan must write anything: a change in the plan, the record of a change by others, a
        state that the user has accepted, or entries of an earlier run in the journal.
        """
        return bool(self.plan.changes or self.plan.settled or self.snapshot.journalled or self.snapshot.accepted)
