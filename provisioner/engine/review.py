"""Checks whether a reviewed plan allows the changes of a new plan that is made before the apply.

A change is allowed if the reviewed plan displays exactly this change. If an apply of the reviewed plan was interrupted,
the remaining work is allowed too. In this case, ids that were unknown at the review may be known now, and files may be
missing in an object that was created.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.errors import Blocked
from provisioner.core.objecttype import TYPES
from provisioner.core.resource import Resource
from provisioner.engine.displayed_changes import find_undone, hides_state, is_older
from provisioner.engine.id_resolution import fill
from provisioner.engine.past_renames import PastRenames
from provisioner.engine.planned import Planned
from provisioner.engine.snapshot import Identity
from provisioner.planning.pins import symbolic
from provisioner.planning.plan import Action, Change, Plan
from provisioner.planning.planbody import change_body, drift_body
from provisioner.planning.planfile import MAKING, Reviewed
from provisioner.state.folding import fold
from provisioner.state.journal import deltas
from provisioner.state.records import digest

AGAIN = "make a new plan and have it reviewed: provision plan --out FILE"
UNCHANGED = "; nothing was changed"
#: The number of seconds by which the clock of the machine that made a plan may be ahead of the clock of this machine.
CLOCK_SKEW = 300.0


def review(
    planned: Planned, identity: Identity, *, only: tuple[str, ...], now: float, mass_delete: bool = False
) -> Reviewed:
    """Returns the new plan `planned` in the form in which people review it: as the content of a plan file. `now` is in
    seconds since 1970.

    `only` are the addresses to which the plan was limited. `mass_delete` says whether the user has allowed a large
    number of deletions.
    """
    return Reviewed(
        created=now,
        project=identity.project,
        environment=identity.environment,
        account=identity.account,
        lineage=None if planned.snapshot.fresh else planned.snapshot.base.lineage,
        only=only,
        plan=planned.plan,
        tree=digest_tree(planned.resources),
        mass_delete=mass_delete,
    )


def digest_tree(resources: Iterable[Resource]) -> str:
    """Returns the SHA-256 of `resources`, the resources that the manifests declare, including the contents of the
    files. Line numbers have no influence on the digest.
    """
    bodies = {
        str(resource.address): {
            "type": resource.type,
            "inputs": symbolic(resource.inputs),
            "sources": dict(resource.sources),
            "protect": resource.lifecycle.protect,
            "retire_after": resource.lifecycle.retire_after,
            "exclusive": resource.lifecycle.exclusive,
            **({"import": resource.imported.id} if resource.imported else {}),
        }
        for resource in resources
    }
    return digest(bodies)


def check_origin(reviewed: Reviewed, identity: Identity, *, max_age: float | None, now: float) -> None:
    """Raises Blocked if the reviewed plan belongs to another project, environment of the project or account, is too
    old, is from the future, or contains errors.

    `identity` contains the present project, environment and account. `max_age` is the largest age of the plan in
    seconds (None: no limit), and `now` is in seconds since 1970.
    """
    ours = (identity.project, identity.environment, identity.account)
    theirs = (reviewed.project, reviewed.environment, reviewed.account)
    for what, here, there in zip(("project", "environment", "account"), ours, theirs, strict=True):
        if here != there:
            raise Blocked(f"the plan was made for {what} {there}, and this is {here}; nothing was changed", hint=AGAIN)
    age = now - reviewed.created
    if age < -CLOCK_SKEW:
        raise Blocked(
            f"the plan says that it was made {-age / 60:.0f} minutes from now; nothing was changed",
            hint=f"check the clock of this machine, or {AGAIN}",
        )
    if max_age is not None and age > max_age:
        raise Blocked(f"the plan is {age / 60:.0f} minutes old, and --max-age allows {max_age / 60:.0f}", hint=AGAIN)
    if reviewed.plan.errors() or reviewed.plan.blockers():
        raise Blocked("the plan could not be applied when it was made; `provision show FILE` says why", hint=AGAIN)


def without_housekeeping(reviewed: Reviewed, planned: Planned) -> Planned:
    """Returns the new plan `planned` without those deletions of replaced objects that the reviewed plan does not allow.

    A replaced object can be kept for a time, which may have ended after the review. Then only the new plan contains the
    deletion of the object, and the deletion must not block this apply. The next apply without a plan file deletes the
    object.
    """
    if not any(change.retired for change in planned.plan.changes):
        return planned
    allowed = _Allowed.by(reviewed, planned)
    changes: list[Change] = []
    later: list[Change] = []
    for change in planned.plan.changes:
        (later if change.retired and not allowed.holds(change) else changes).append(change)
    if not later:
        return planned
    message = (
        f"replaced earlier, and not deleted by this plan: {_name(later)}; the next `provision apply` without a file "
        "deletes what is due"
    )
    diagnostics = (*planned.plan.diagnostics, Diagnostic("info", message))
    return replace(planned, plan=replace(planned.plan, changes=tuple(changes), diagnostics=diagnostics))


def check_reviewed(reviewed: Reviewed, planned: Planned, *, overwrite_drift: bool = False) -> None:
    """Raises Blocked if the new plan `planned` contains a change that the reviewed plan does not allow. The message
    names the changes. Also raises Blocked if the reviewed plan was made from another state, or says that there was no
    state although there was one.

    If `overwrite_drift` is False, also raises Blocked if the new plan overwrites a change by others (drift) that the
    reviewed plan does not display.
    """
    lineage = planned.snapshot.base.lineage
    if reviewed.lineage is not None and reviewed.lineage != lineage:
        raise Blocked("the plan was made from another state (its lineage differs); nothing was changed", hint=AGAIN)
    if hides_state(reviewed, planned):
        raise Blocked(f"the plan says that there was no state, and there was one{UNCHANGED}", hint=AGAIN)
    allowed = _Allowed.by(reviewed, planned)
    unreviewed = [change for change in planned.plan.changes if not allowed.holds(change)]
    if unreviewed:
        raise Blocked(f"this change was not reviewed: {_name(unreviewed)}; nothing was changed", hint=AGAIN)
    seen = {digest(drift_body(drift)) for drift in reviewed.plan.drift}
    undone = [each for each in planned.plan.drift if each.overwritten and digest(drift_body(each)) not in seen]
    if undone and not overwrite_drift:
        names = ", ".join(sorted({f"{each.address} ({each.field})" for each in undone}))
        raise Blocked(f"this would undo what others changed, unreviewed: {names}; nothing was changed", hint=AGAIN)


def check_tree(reviewed: Reviewed, planned: Planned, of_manifests: Sequence[Diagnostic]) -> None:
    """Raises Blocked if the reviewed plan does not match the present manifests: it was made from other manifests,
    displays something that these manifests do not cause, or lacks a warning about them.

    `planned` is the new plan. `of_manifests` are the diagnostics of the manifests themselves.
    """
    if reviewed.tree != digest_tree(planned.resources):
        raise Blocked(
            f"the plan was made from other manifests than these{UNCHANGED}",
            hint=f"a branch has to be up to date before it is merged; {AGAIN}",
        )
    if _count_wanted(reviewed.plan) != _count_wanted(planned.plan):
        raise Blocked(f"the plan counts other resources than there are here{UNCHANGED}", hint=AGAIN)
    if undone := find_undone(reviewed, planned):
        raise Blocked(f"the plan displays a change that would not be made: {_name(undone)}{UNCHANGED}", hint=AGAIN)
    wanted = {resource.address for resource in planned.resources}
    for address in sorted(wanted & planned.plan.needs.keys()):
        if not _is_needed(reviewed.plan, address, planned.plan.needs[address]):
            raise Blocked(f"the plan shows other needs of {address}{UNCHANGED}", hint=AGAIN)
    warned = {(each.message, each.address) for each in reviewed.plan.diagnostics if each.severity == "warning"}
    for each in of_manifests:
        if each.severity == "warning" and (each.message, each.address) not in warned:
            raise Blocked(f"the plan leaves a warning out: {each.message}{UNCHANGED}", hint=AGAIN)


class _Allowed(Struct, frozen=True):
    """The changes that a reviewed plan allows.

    `exactly` are the digests of the changes in the reviewed plan. `by_address` maps addresses to the changes of the
    reviewed plan that an interrupted apply may have begun. `ids` maps addresses to the ids that the state records now.
    `idle` is True if nothing was applied after the plan was written, so that no rename can have been interrupted.
    `was_renamed` returns whether the object of a reviewed rename once had its former address.
    """

    exactly: frozenset[str]
    by_address: Mapping[Address, Change]
    ids: Mapping[Address, str]
    idle: bool
    was_renamed: Callable[[Change], bool]

    @classmethod
    def by(cls, reviewed: Reviewed, planned: Planned) -> _Allowed:
        """Returns the changes that the reviewed plan allows. `planned` is the new plan, from which the present ids are
        taken.
        """
        plan = reviewed.plan
        state = fold(planned.snapshot.state, deltas(planned.recovery.ends))
        return cls(
            frozenset(digest(change_body(change)) for change in plan.changes),
            {change.address: change for change in plan.changes if not change.retired},
            {address: record.id for address, record in state.records.items()},
            is_older(reviewed, planned),
            PastRenames(planned).was_renamed,
        )

    def holds(self, change: Change) -> bool:
        """Returns whether the reviewed plan allows `change`."""
        if digest(change_body(change)) in self.exactly:
            return True
        reviewed = self.by_address.get(change.address)
        if change.retired:
            # A replace ends with the deletion of the old object. After a failed apply, this may still be to do.
            return reviewed is not None and reviewed.action is Action.REPLACE and reviewed.id == change.id
        if reviewed is None or reviewed.type != change.type:
            return False
        return (
            self._continues(change, reviewed)
            or self._completes(change, reviewed)
            or self._finishes_rename(change, reviewed)
        )

    def _continues(self, change: Change, reviewed: Change) -> bool:
        """Returns whether `change` is the change `reviewed`, in which ids that were unknown at the review are known
        now. Two other differences are allowed: other reasons, and missing fields, because an interrupted apply has sent
        them already.
        """
        return (
            reviewed.after != change.after
            and self._same_end(change, reviewed)
            and set(change.fields) <= set(reviewed.fields)
            and (change.action, change.id, change.before, change.moved_from, change.former_type)
            == (reviewed.action, reviewed.id, reviewed.before, reviewed.moved_from, reviewed.former_type)
        )

    def _completes(self, change: Change, reviewed: Change) -> bool:
        """Returns whether `change` only completes the object that the reviewed change `reviewed` has created or
        adopted. The change may add missing files to the object, or send fields of an interrupted adoption, such as a
        new version.
        """
        is_rest = reviewed.action is Action.ADOPT and change.before == reviewed.before
        is_rest = is_rest and set(change.fields) <= set(reviewed.fields)
        return (
            change.action is Action.UPDATE
            and (reviewed.action in MAKING or reviewed.action is Action.ADOPT)
            and (change.id == reviewed.id) is (reviewed.action is Action.ADOPT)
            and self._same_end(change, reviewed)
            and (is_rest or _is_part(change.before, change.after))
        )

    def _finishes_rename(self, change: Change, reviewed: Change) -> bool:
        """Returns whether `change` finishes the rename `reviewed`, whose record has its new address already. Then
        `change` updates only fields that `reviewed` updates. If the other fields were sent already, only the ownership
        mark is left, which contains the address.
        """
        is_same = change.id == reviewed.id or TYPES[change.type].local  # the id of a definition contains its name
        return (
            reviewed.moved_from is not None
            and reviewed.moved_from not in self.ids
            and not self.idle
            and change.moved_from is None
            and is_same
            and self._same_end(change, reviewed)
            and set(change.fields) <= set(reviewed.fields)
            and (change.before == reviewed.before or not change.fields)
            and (change.action, change.former_type) == (reviewed.action, reviewed.former_type)
            and self.was_renamed(reviewed)
        )

    def _same_end(self, change: Change, reviewed: Change) -> bool:
        return bool(fill(reviewed.after, self.ids) == fill(change.after, self.ids))


def _is_part(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> bool:
    """Returns whether `before` and `after` differ only by files that are missing in `before`. Both map field names to
    values.
    """
    before, after = dict(before or {}), dict(after or {})
    there, wanted = before.pop("files", None) or {}, after.pop("files", None) or {}
    return before == after and all(key in wanted and wanted[key] == member for key, member in there.items())


def _is_needed(plan: Plan, address: Address, needs: Sequence[Address]) -> bool:
    """Returns whether the resource at `address` needs exactly the resources at the addresses `needs`, according to
    `plan`. Resources that the plan deletes may be missing in `needs`, because they may be deleted already.
    """
    said = set(plan.needs.get(address, ()))
    leaving = {change.address for change in plan.changes if change.after is None}
    return said.issuperset(needs) and leaving.issuperset(said.difference(needs))


def _count_wanted(plan: Plan) -> int:
    """Returns the number of resources that exist after `plan` is applied. If a part of the plan was already applied, a
    new plan gives the same number.
    """
    return plan.unchanged + sum(change.after is not None for change in plan.changes)


def _name(changes: list[Change]) -> str:
    named = [f"{change.address} ({change.action})" for change in changes[:10]]
    return ", ".join(named) + (f" and {len(changes) - 10} more" if len(changes) > 10 else "")
