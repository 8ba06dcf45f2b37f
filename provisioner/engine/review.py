"""Whether a reviewed plan still allows what would be done now."""

from __future__ import annotations

from provisioner.engine.engine import Identity, Planned
from provisioner.errors import Blocked
from provisioner.plan import Action, Change
from provisioner.planfile import Reviewed, fingerprint, fingerprints
from provisioner.resource import Resource

AGAIN = "make a new plan and have it reviewed: provision plan --out FILE"


def review(planned: Planned, identity: Identity, *, only: tuple[str, ...], now: float) -> Reviewed:
    """The plan as it is written down for review. `now` is in seconds since 1970."""
    return Reviewed(
        created=now,
        project=identity.project,
        environment=identity.environment,
        account=identity.account,
        lineage=None if planned.snapshot.fresh else planned.snapshot.base.lineage,
        only=only,
        plan=planned.plan,
        fingerprints=fingerprints(planned.plan, planned.resources),
    )


def check_origin(reviewed: Reviewed, identity: Identity, *, max_age: float | None, now: float) -> None:
    """Raises Blocked where the plan is another project's, environment's or account's, too old, or has errors."""
    ours = (identity.project, identity.environment, identity.account)
    theirs = (reviewed.project, reviewed.environment, reviewed.account)
    for what, here, there in zip(("project", "environment", "account"), ours, theirs, strict=True):
        if here != there:
            raise Blocked(f"the plan was made for {what} {there}, and this is {here}; nothing was changed", hint=AGAIN)
    if max_age is not None and now - reviewed.created > max_age:
        age = (now - reviewed.created) / 60
        raise Blocked(f"the plan is {age:.0f} minutes old, and --max-age allows {max_age / 60:.0f}", hint=AGAIN)
    if reviewed.plan.errors() or reviewed.plan.blockers():
        raise Blocked("the plan could not be applied when it was made; `provision show FILE` says why", hint=AGAIN)


def check_reviewed(reviewed: Reviewed, planned: Planned) -> None:
    """Raises Blocked where something would be done that the plan does not hold, saying what."""
    lineage = planned.snapshot.base.lineage
    if reviewed.lineage is not None and reviewed.lineage != lineage:
        raise Blocked("the plan was made from another state (its lineage differs); nothing was changed", hint=AGAIN)
    known = {resource.address: resource for resource in planned.resources}
    unreviewed = [
        change for change in planned.plan.changes if not _is_reviewed(change, known.get(change.address), reviewed)
    ]
    if unreviewed:
        raise Blocked(f"this would do what was not reviewed: {_name(unreviewed)}; nothing was changed", hint=AGAIN)


def _is_reviewed(change: Change, resource: Resource | None, reviewed: Reviewed) -> bool:
    """Whether a change is in the plan, or is what an interrupted apply of it has left to do.

    That is an update of what the plan creates or replaces, to the very same end.
    """
    address, action, before, after = fingerprint(change, resource)
    if (address, action, before, after) in reviewed.fingerprints:
        return True
    making = (Action.CREATE.value, Action.REPLACE.value)
    ends = {(each, end) for each, kind, _, end in reviewed.fingerprints if kind in making}
    return change.action is Action.UPDATE and (address, after) in ends


def _name(changes: list[Change]) -> str:
    named = [f"{change.address} ({change.action})" for change in changes[:10]]
    return ", ".join(named) + (f" and {len(changes) - 10} more" if len(changes) > 10 else "")
