"""Makes the whole plan: finds moved files, compares resources in the order of their dependencies, plans deletions, and
adds the diagnostics that block dangerous plans.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.objecttype import TYPES
from provisioner.core.resource import Resource
from provisioner.openai_api.collections import FIELDS
from provisioner.openai_api.collections.collection import field_of
from provisioner.planning.dependency_graph import closure, in_order
from provisioner.planning.diff.actual import Actual
from provisioner.planning.diff.adoption import compare_imported
from provisioner.planning.diff.comparison import Subject, Verdict, compare
from provisioner.planning.diff.deletions import (
    check_stranger,
    find_kept,
    plan_deletions,
    plan_leftovers,
    protected,
)
from provisioner.planning.diff.dependencies import find_needs
from provisioner.planning.diff.fields import find_drift
from provisioner.planning.diff.mass_delete import check_threshold
from provisioner.planning.diff.moves import apply_moves, find_moves
from provisioner.planning.diff.scope import Scope
from provisioner.planning.plan import Action, Change, Drift, Plan, Unknown
from provisioner.planning.reason import ReasonCode, reason
from provisioner.state.records import Record, State

EVERYTHING = Scope()


@dataclass(slots=True)
class _Draft:
    """A plan that is not finished yet."""

    changes: list[Change] = field(default_factory=list)
    drift: list[Drift] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    unchanged: int = 0


def make_plan(
    resources: Iterable[Resource],
    state: State,
    actual: Actual,
    scope: Scope = EVERYTHING,
    *,
    now: float = 0.0,
) -> Plan:
    """Returns the plan of all changes that lead from the live objects (`actual`) to the desired `resources`.

    `state` has the records of earlier applies. `scope` limits what may be changed. `now` is in seconds since 1970.
    """
    desired = {resource.address: resource for resource in resources}
    needs = {address: resource.needs() for address, resource in desired.items()}
    chosen = closure(scope.only, needs) if scope.only else {*desired, *state.records}
    there = actual.live if actual.refreshed else state.records
    moves = {new: old for new, old in find_moves(desired.values(), state, there).items() if new in chosen}
    state = apply_moves(state, moves)
    actual = _moved(actual, moves)
    draft = _Draft()
    _plan_desired(draft, [desired[address] for address in in_order(needs)], state, actual, chosen, moves)
    leaving = [address for address in state.records if address not in desired and address in chosen]
    until = math.inf if scope.early else now
    kept = find_kept(state, draft.changes, desired, until)
    _plan_leaving(draft, leaving, state, actual, scope, kept)
    touched = {change.address for change in draft.changes}
    # A replaced object may still exist although its address has no record, so it is excluded only if `only` is set.
    within = chosen if scope.only else None
    for change, diagnostic in plan_leftovers(state, touched, until, actual.strangers):
        if within is None or change.address in within:
            draft.changes.append(change)
            draft.diagnostics += [diagnostic] if diagnostic else []
    draft.diagnostics += _still_used(leaving, desired, state, chosen)
    if scope.delete_threshold is not None:
        draft.diagnostics += check_threshold(draft.changes, draft.drift, state, scope.delete_threshold)
    drawn = find_needs([desired[address] for address in desired if address in chosen], state, leaving)
    diagnostics = tuple(draft.diagnostics)
    return Plan(tuple(draft.changes), tuple(draft.drift), diagnostics, draft.unchanged, needs=drawn)


def _plan_desired(
    draft: _Draft,
    resources: Sequence[Resource],
    state: State,
    actual: Actual,
    chosen: Collection[Address],
    moves: Mapping[Address, Address],
) -> None:
    ids: dict[Address, str | Unknown] = {}
    for resource in resources:
        address, record = resource.address, state.records.get(resource.address)
        if address not in chosen:
            if record is not None:
                ids[address] = record.id
            continue
        if resource.type in actual.gone:
            draft.diagnostics.append(_gone(resource))
        found = record is not None and (not actual.refreshed or TYPES[record.type].local or address in actual.live)
        found = found or (record is not None and record.type in actual.gone)
        if record is None and (resource.imported is not None or address in actual.imports):
            _plan_import(draft, resource, actual, ids)
            continue
        live = actual.live.get(address)
        former = FIELDS.get(record.type, {}) if record is not None else {}
        verdict = compare(Subject(resource, record, live, found, FIELDS.get(resource.type, {}), ids, former))
        change = _with_move(verdict.change, resource, state, moves.get(address))
        _take(draft, replace(verdict, change=change), resource)
        stranger = actual.strangers.get(record.id) if record is not None else None
        if record is not None and stranger is not None:
            draft.diagnostics += check_stranger(record, stranger, change)
        if change is not None and change.action in (Action.CREATE, Action.REPLACE):
            ids[address] = Unknown(address)
        elif record is not None:
            ids[address] = record.id


def _plan_import(draft: _Draft, resource: Resource, actual: Actual, ids: dict[Address, str | Unknown]) -> None:
    """Adds the adoption of an object. If the object was refused, a diagnostic says so, and nothing is added."""
    live, fields = actual.imports.get(resource.address), FIELDS.get(resource.type, {})
    if live is not None:
        subject = Subject(resource, None, live, True, fields, ids)
        _take(draft, compare_imported(subject, live, actual.matches.get(resource.address)), resource)
        ids[resource.address] = live.id
    elif resource.imported is not None:
        ids[resource.address] = resource.imported.id


def _take(draft: _Draft, verdict: Verdict, resource: Resource) -> None:
    """Adds the change, the drift and the diagnostics of one compared resource to the draft."""
    draft.drift += verdict.drift
    if verdict.unmanaged:
        draft.diagnostics.append(_unmanaged(resource, verdict.unmanaged))
    if verdict.change is None:
        draft.unchanged += 1
        return
    draft.changes.append(verdict.change)


def _with_move(change: Change | None, resource: Resource, state: State, old: Address | None) -> Change | None:
    """Returns the change with the old address of a moved file (`old`; None: not moved). If the moved file has no other
    change, it returns an update that sends nothing.
    """
    if old is None:
        return change
    why = reason(ReasonCode.MOVED, str(old))
    called = state.records[resource.address].echo.get("filename")
    if called and called != resource.inputs.get("filename"):
        why = reason(ReasonCode.MOVED_UNDER_OLD_NAME, str(old), str(called))
    if change is None:
        record = state.records[resource.address]
        before = dict(record.inputs)
        local = {name for name in before if field_of(FIELDS[resource.type], name).mode == "local"}
        after = {**resource.inputs, **{name: before[name] for name in local}}
        change = Change(resource.address, Action.UPDATE, resource.type, (), before, after, id=record.id)
    return replace(change, reasons=(why, *change.reasons), moved_from=old)


def _plan_leaving(
    draft: _Draft, leaving: Collection[Address], state: State, actual: Actual, scope: Scope, kept: Collection[str]
) -> None:
    why, destroyed = scope.leaving_reason, scope.destroyed
    for change, diagnostic in plan_deletions(leaving, state, actual, why, kept, destroyed):
        draft.changes.append(change)
        draft.drift += _drift_of_leaving(state.records[change.address], actual)
        if diagnostic is not None:
            draft.diagnostics.append(diagnostic)
    for change in draft.changes:
        record = state.records.get(change.address)
        if change.action is Action.REPLACE and record is not None and record.protect:
            draft.diagnostics.append(protected(change.address, "replaced"))


def _drift_of_leaving(record: Record, actual: Actual) -> list[Drift]:
    """Returns the drift of an object that is to be deleted. This drift is reported, and does not block the plan."""
    live = actual.live.get(record.address)
    if live is None:
        return []
    found = find_drift(record.inputs, record, live, FIELDS.get(record.type, {}))
    return [replace(each, overwritten=False) for each in found]


def _moved(actual: Actual, moves: Mapping[Address, Address]) -> Actual:
    live = dict(actual.live)
    for new, old in moves.items():
        if old in live:
            live[new] = live.pop(old)
    return replace(actual, live=live)


def _still_used(
    leaving: Collection[Address], desired: Mapping[Address, Resource], state: State, chosen: Collection[Address]
) -> list[Diagnostic]:
    """Returns a blocking diagnostic for each address in `leaving` that is to be deleted, but that a record which is not
    in `chosen` still needs. That is possible with `--only`.
    """
    found = []
    for address in leaving:
        users = [
            record.address
            for record in state.records.values()
            if str(address) in record.needs and record.address not in chosen
        ]
        if users:
            names = ", ".join(map(str, sorted(users)))
            message = f"{address} is still used by {names}; leave it, or add `--only` for each of them"
            found.append(Diagnostic("blocked", message, address=str(address)))
    return found


def _unmanaged(resource: Resource, ids: Sequence[str]) -> Diagnostic:
    shown = ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")
    what = "a file that nobody declared" if len(ids) == 1 else f"{len(ids)} files that nobody declared"
    message = f"{resource.address} holds {what} ({shown}): left alone; `exclusive: true` would take them out"
    return Diagnostic("info", message, resource.place, str(resource.address))


def _gone(resource: Resource) -> Diagnostic:
    declared = TYPES[resource.type]
    message = declared.missing
    if not message:
        nowhere = f"the server has no API for objects of type {resource.type} (404)"
        advice = "use `target: responses` for it"
        if declared.needed_everywhere:
            advice = "check OPENAI_BASE_URL and `base_url:`: every target needs this API"
        message = f"{nowhere}, so {resource.address} cannot live there; {advice}"
    return Diagnostic("error", message, resource.place, str(resource.address))
