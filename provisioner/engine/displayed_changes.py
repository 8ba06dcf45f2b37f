"""Checks that every change in a reviewed plan is in the new plan, or that an interrupted apply of the reviewed plan has
already made it.

`provisioner/engine/review.py` checks the opposite: that every change in the new plan is in the reviewed plan.
"""

from __future__ import annotations

from provisioner.core.equality import same
from provisioner.core.objecttype import TYPES
from provisioner.engine.id_resolution import fill
from provisioner.engine.past_renames import PastRenames
from provisioner.engine.planned import Planned
from provisioner.planning.plan import Action, Change
from provisioner.planning.planbody import change_body
from provisioner.planning.planfile import MAKING, Reviewed
from provisioner.state.folding import fold
from provisioner.state.journal import deltas
from provisioner.state.records import State, digest


def find_undone(reviewed: Reviewed, planned: Planned) -> list[Change]:
    """Returns the changes in the reviewed plan that are neither planned nor made: the new plan `planned` does not
    contain them, and no apply has made them since the reviewed plan was written. A change is left out if the new plan
    contains another change of its address and something was applied since, because `review.py` compares these two.
    """
    exactly = {digest(change_body(change)) for change in planned.plan.changes}
    begun = {change.address for change in planned.plan.changes if not change.retired}
    drifted = {drift.address for drift in reviewed.plan.drift}
    state = fold(planned.snapshot.state, deltas(planned.recovery.ends))
    idle, past = is_older(reviewed, planned), PastRenames(planned)
    undone = []
    for change in reviewed.plan.changes:
        if digest(change_body(change)) in exactly:
            continue
        # If nothing was applied since, fewer changes are left only because people have undone their own changes.
        if idle and change.address not in drifted:
            undone.append(change)
        elif change.retired or change.address not in begun:
            is_done = _is_done(change, state) and (change.moved_from is None or past.was_renamed(change))
            undone += [] if is_done else [change]
    return undone


def hides_state(reviewed: Reviewed, planned: Planned) -> bool:
    """Returns whether the reviewed plan wrongly says that there was no state. That is the case if a state existed when
    the plan was made.

    A state that was written after the plan is no contradiction if it contains only objects that the plan creates or
    adopts. An interrupted apply of this plan may have written such a state.
    """
    if reviewed.lineage is not None or planned.snapshot.fresh:
        return False
    made = {each.address for each in reviewed.plan.changes if each.action in (Action.CREATE, Action.ADOPT)}
    return is_older(reviewed, planned) or not made.issuperset(planned.snapshot.state.records)


def is_older(reviewed: Reviewed, planned: Planned) -> bool:
    """Returns whether the present state is older than the reviewed plan. If so, nothing was applied after the plan was
    written.

    Returns False if there is no state, if there is a journal, or if the time of the state is not known. The time of a
    state is in whole seconds, rounded down.
    """
    written = planned.snapshot.base.written
    unchanged = not planned.snapshot.fresh and not planned.snapshot.journalled
    return unchanged and written is not None and written.time + 1 <= reviewed.created


def _is_done(change: Change, state: State) -> bool:
    """Returns whether `state` shows that `change` was already made."""
    record = state.records.get(change.address)
    if change.retired:
        kept = {each.id for each in state.retired} | {each.id for each in state.records.values()}
        return change.id not in kept
    if change.after is None:
        return record is None
    if record is None or record.type != change.type:
        return False
    is_renamed = change.moved_from is not None and TYPES[change.type].local  # then the id changes with the name
    if not is_renamed and (record.id == change.id) is (change.action in MAKING):
        return False
    ids = {address: each.id for address, each in state.records.items()}
    return same(fill(change.after, ids), fill(record.inputs, ids))
