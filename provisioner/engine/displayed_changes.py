"""Whether a reviewed plan displays only what happens: now, or in an earlier apply of it that was interrupted.

That nothing else is done than what a plan displays is what `provisioner/engine/review.py` decides.
"""

from __future__ import annotations

from provisioner.core.equality import same
from provisioner.engine.engine import Planned
from provisioner.engine.id_resolution import fill
from provisioner.planning.plan import Action, Change
from provisioner.planning.planbody import change_body
from provisioner.planning.planfile import MAKING, Reviewed
from provisioner.state.journal import deltas, fold
from provisioner.state.records import State, digest


def find_undone(reviewed: Reviewed, planned: Planned) -> list[Change]:
    """The reviewed changes that would not be made now, and were not made since the plan was written either."""
    exactly = {digest(change_body(change)) for change in planned.plan.changes}
    begun = {change.address for change in planned.plan.changes if not change.retired}
    drifted = {drift.address for drift in reviewed.plan.drift}
    state = fold(planned.snapshot.state, deltas(planned.recovery.ends))
    idle = is_older(reviewed, planned)
    undone = []
    for change in reviewed.plan.changes:
        if digest(change_body(change)) in exactly:
            continue
        # Where nothing was applied since, only people who undid their own changes can have left less to be done.
        if idle and change.address not in drifted:
            undone.append(change)
        elif change.retired or change.address not in begun:
            undone += [] if _is_done(change, state) else [change]
    return undone


def hides_state(reviewed: Reviewed, planned: Planned) -> bool:
    """Whether a plan names no state though there was one when it was made.

    Without a state, a plan only creates and adopts. What an interrupted apply of it has recorded is among that.
    """
    if reviewed.lineage is not None or planned.snapshot.fresh:
        return False
    made = {each.address for each in reviewed.plan.changes if each.action in (Action.CREATE, Action.ADOPT)}
    return is_older(reviewed, planned) or not made.issuperset(planned.snapshot.state.records)


def is_older(reviewed: Reviewed, planned: Planned) -> bool:
    """Whether the state was written last before the plan was, so that nothing was applied since.

    False where nobody knows. The time of a state is in whole seconds, rounded down.
    """
    written = planned.snapshot.base.written
    unchanged = not planned.snapshot.fresh and not planned.snapshot.journalled
    return unchanged and written is not None and written.time + 1 <= reviewed.created


def _is_done(change: Change, state: State) -> bool:
    """Whether the state is as the change leaves it."""
    record = state.records.get(change.address)
    if change.retired:
        kept = {each.id for each in state.retired} | {each.id for each in state.records.values()}
        return change.id not in kept
    if change.after is None:
        return record is None
    if record is None or record.type != change.type or (record.id == change.id) is (change.action in MAKING):
        return False
    ids = {address: each.id for address, each in state.records.items()}
    return same(fill(change.after, ids), fill(record.inputs, ids))
