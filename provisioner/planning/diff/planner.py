"""Makes the whole plan: finds renamed resources, compares resources in the order of their dependencies, plans
deletions, and adds the diagnostics that block dangerous plans.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.addresschanges import NO_CHANGES, AddressChanges
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.objecttype import TYPES, MarkPlace
from provisioner.core.resource import Resource
from provisioner.openai_api.collections import FIELDS
from provisioner.openai_api.collections.collection import Field, field_of
from provisioner.planning.dependency_graph import in_order
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
from provisioner.planning.diff.moves import find_moves
from provisioner.planning.diff.scope import Scope
from provisioner.planning.diff.unchanged_stores import is_unchanged_store
from provisioner.planning.diff.unchanged_uploads import find_unchanged_uploads
from provisioner.planning.diff.values import recordable, resolve
from provisioner.planning.plan import Action, Change, Drift, Plan, Unknown
from provisioner.planning.reason import Reason, ReasonCode, reason
from provisioner.state.record_columns import body_of
from provisioner.state.record_texts import RecordText
from provisioner.state.records import Record, State
from provisioner.state.renaming import rename_records

EVERYTHING = Scope()


class _Draft(Struct):
    """A plan that is not finished yet: the changes, drift and diagnostics that were found so far."""

    changes: list[Change] = field(default_factory=list)
    drift: list[Drift] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    unchanged: int = 0
    settled: list[Record] = field(default_factory=list)


NO_FIELDS: Mapping[str, Field] = {}


def make_plan(
    resources: Iterable[Resource],
    state: State,
    actual: Actual,
    scope: Scope = EVERYTHING,
    *,
    changes: AddressChanges = NO_CHANGES,
    held: Collection[str] = (),
    now: float = 0.0,
) -> Plan:
    """Returns the plan of all changes that lead from the live objects (`actual`) to the desired `resources`.

    `state` contains the records of earlier applies. `scope` limits the changes. `changes` are the renames and removals
    that the manifests declare in `moved:` and `removed:`. `held` are the ids of objects that a release of an assistant
    still needs; they are not deleted yet. `now` is in seconds since 1970.
    """
    desired = {resource.address: resource for resource in resources}
    found = find_moves(desired, state, actual, changes)
    present = {old: new for new, old in found.by_target.items()}
    only = [present.get(address, address) for address in scope.only]
    chosen: Collection[Address] = {*desired, *state.records}
    if only:
        chosen = scope.choose({address: resource.needs for address, resource in desired.items()}, only)
    moves = found.within(chosen)
    state = rename_records(state, moves)
    actual = actual.renamed(moves)
    draft = _Draft(diagnostics=list(found.diagnostics))
    _plan_desired(draft, desired, state, actual, chosen, moves)
    staying = {old for new, old in found.by_target.items() if new not in chosen}
    leaving = [each for each in state.records if each not in desired and each in chosen and each not in staying]
    until = math.inf if scope.early else now
    kept = find_kept(state, draft.changes, desired, until) | set(held)
    _plan_leaving(draft, leaving, state, actual, scope.leaving_reason, kept, changes)
    touched = {change.address for change in draft.changes}
    # A replaced object may still exist although its address has no record, so it is excluded only if `only` is set.
    within = chosen if scope.only else None
    for change, diagnostic in plan_leftovers(state, touched, until, actual.strangers, held):
        if within is None or change.address in within:
            draft.changes.append(change)
            draft.diagnostics += [diagnostic] if diagnostic else []
    draft.diagnostics += _still_used(leaving, desired, state, chosen)
    if scope.delete_threshold is not None:
        draft.diagnostics += check_threshold(draft.changes, draft.drift, state, scope.delete_threshold)
    drawn = find_needs([desired[address] for address in desired if address in chosen], state, leaving)
    diagnostics = tuple(draft.diagnostics)
    changed = tuple(draft.changes)
    return Plan(changed, tuple(draft.drift), diagnostics, draft.unchanged, needs=drawn, settled=tuple(draft.settled))


def _plan_desired(
    draft: _Draft,
    desired: Mapping[Address, Resource],
    state: State,
    actual: Actual,
    chosen: Collection[Address],
    moves: Mapping[Address, Address],
) -> None:
    """Adds the changes, the drift and the diagnostics of the `desired` resources to the draft of the plan. Resources
    that are not in `chosen` are not changed. `moves` maps the new addresses of renamed resources to their old
    addresses.
    """
    settled = find_unchanged_uploads(desired.values(), state, actual, moves)
    draft.unchanged += sum(address in chosen for address in settled)
    ids: dict[Address, str | Unknown] = {**settled}
    needs = {address: resource.needs for address, resource in desired.items() if address not in settled}
    for resource in [desired[address] for address in in_order(needs, settled)]:
        address = resource.address
        body = body_of(state.records, address)
        if address not in chosen:
            if body is not None:
                ids[address] = body.id
            continue
        if isinstance(body, RecordText) and is_unchanged_store(resource, body, actual, moves, ids):
            draft.unchanged += 1
            ids[address] = body.id
            continue
        record = state.records.get(address)
        if resource.type in actual.gone:
            draft.diagnostics.append(_gone(resource))
        found = record is not None and (not actual.refreshed or TYPES[record.type].local or address in actual.live)
        found = found or (record is not None and record.type in actual.gone)
        if record is None and (resource.imported is not None or address in actual.imports):
            _plan_import(draft, resource, actual, ids)
            continue
        live = actual.live.get(address)
        is_renamed = record is not None and (address in moves or record.marked is not None)
        stranger = actual.strangers.get(record.id) if record is not None else None
        former = FIELDS.get(record.type, NO_FIELDS) if record is not None else NO_FIELDS
        verdict = compare(Subject(resource, record, live, found, FIELDS.get(resource.type, NO_FIELDS), ids, former))
        change = verdict.change
        if record is not None and is_renamed:
            change = _with_address(change, resource, record, moves.get(address), ids)
        _take(draft, verdict if change is verdict.change else replace(verdict, change=change), resource)
        if record is not None and stranger is not None:
            draft.diagnostics += check_stranger(record, stranger, change)
        if change is not None and _gets_id(change):
            ids[address] = Unknown(address)
        elif record is not None:
            ids[address] = record.id


def _gets_id(change: Change) -> bool:
    """Returns whether `change` gives the object another id. For a definition, every change of its fields does so: a
    definition is an assistant for the Responses API, which exists only in the state, and its id contains its release
    number.
    """
    return change.action in (Action.CREATE, Action.REPLACE) or (TYPES[change.type].local and bool(change.fields))


def _plan_import(draft: _Draft, resource: Resource, actual: Actual, ids: dict[Address, str | Unknown]) -> None:
    """Adds the adoption of an existing object at OpenAI to the draft of the plan, and the id of this object to `ids`.
    If the object was not found or must not be adopted, nothing is added to the draft, and `ids` gets the id that the
    manifest names.
    """
    live, fields = actual.imports.get(resource.address), FIELDS.get(resource.type, {})
    if live is not None:
        subject = Subject(resource, None, live, True, fields, ids)
        _take(draft, compare_imported(subject, live, actual.matches.get(resource.address)), resource)
        ids[resource.address] = live.id
    elif resource.imported is not None:
        ids[resource.address] = resource.imported.id


def _take(draft: _Draft, verdict: Verdict, resource: Resource) -> None:
    """Adds the result of comparing `resource` to the draft of the plan: the change, the drift and the diagnostics. If
    there is no change, counts the resource as unchanged.
    """
    draft.drift += verdict.drift
    if verdict.unmanaged:
        draft.diagnostics.append(_unmanaged(resource, verdict.unmanaged))
    if verdict.change is None:
        draft.unchanged += 1
        draft.settled += [verdict.settled] if verdict.settled is not None else []
        return
    draft.changes.append(verdict.change)


def _with_address(
    change: Change | None, resource: Resource, record: Record, old: Address | None, ids: Mapping[Address, str | Unknown]
) -> Change:
    """Returns the change of a renamed resource, with the old address `old` and the reason for the rename added.

    If `change` is None, nothing else changes. The result is then an update that sends at most a new ownership mark,
    because the mark contains the address. `ids` maps addresses to ids for this update. If `old` is None, the record
    already has its new address, and only the mark still contains the old address.
    """
    if change is None:
        before, fields = dict(record.inputs), FIELDS.get(resource.type, {})
        local = {name: before[name] for name in before if field_of(fields, name).mode == "local"}
        after = {**recordable(resolve(resource.inputs, ids), fields), **local}
        change = Change(resource.address, Action.UPDATE, resource.type, (), before, after, id=record.id)
    why = _rename_reason(change, resource, record, old)
    reasons = change.reasons if why is None else (why, *change.reasons)
    return replace(change, reasons=reasons, moved_from=old)


def _rename_reason(change: Change, resource: Resource, record: Record, old: Address | None) -> Reason | None:
    """Returns the reason for a rename, which says what the rename changes in the object.

    If `old` is None, the record already has its new address. The reason then says that the ownership mark still
    contains the old address; it is None if the mark is correct, or if `change` creates the object.
    """
    declared = TYPES[record.type]
    if old is None:
        is_new = change.action is Action.CREATE
        return None if is_new or record.marked is None else reason(ReasonCode.MARK_OUTDATED, record.marked)
    if declared.local:
        return reason(ReasonCode.RENAMED_LOCALLY, str(old))
    if declared.mark is not MarkPlace.NOWHERE:
        return reason(ReasonCode.RENAMED, str(old), record.id)
    called = record.echo.get("filename")
    if called and called != resource.inputs.get("filename"):
        return reason(ReasonCode.MOVED_UNDER_OLD_NAME, str(old), str(called))
    return reason(ReasonCode.MOVED, str(old))


def _plan_leaving(
    draft: _Draft,
    leaving: Collection[Address],
    state: State,
    actual: Actual,
    why: Reason,
    kept: Collection[str],
    changes: AddressChanges,
) -> None:
    for change, diagnostic in plan_deletions(leaving, state, actual, why, kept, changes):
        draft.changes.append(change)
        draft.drift += _drift_of_leaving(state.records[change.address], actual)
        if diagnostic is not None:
            draft.diagnostics.append(diagnostic)
    for change in draft.changes:
        record = state.records.get(change.address)
        if change.action is Action.REPLACE and record is not None and record.protect:
            draft.diagnostics.append(protected(change.address, "replaced"))


def _drift_of_leaving(record: Record, actual: Actual) -> list[Drift]:
    """Returns the drift of an object that the plan deletes or forgets: the changes that others made to it. They are
    shown in the plan, but do not block it.
    """
    live = actual.live.get(record.address)
    if live is None:
        return []
    found = find_drift(record.inputs, record, live, FIELDS.get(record.type, {}))
    return [replace(each, overwritten=False) for each in found]


def _still_used(
    leaving: Collection[Address], desired: Mapping[Address, Resource], state: State, chosen: Collection[Address]
) -> list[Diagnostic]:
    """Returns a blocking diagnostic for each address in `leaving` that is still needed by a record outside of `chosen`.
    `chosen` are the addresses that the plan may change; with `--only`, they are not all addresses.
    """
    found: list[Diagnostic] = []
    if not leaving:
        return found
    users_of: dict[str, list[Address]] = {}
    for address in state.records:
        for need in {*state.records[address].needs} if address not in chosen else ():
            users_of.setdefault(need, []).append(address)
    for address in leaving:
        if users := users_of.get(str(address)):
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
