"""Plans the deletion of recorded objects that are no longer desired, and of objects that were replaced."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.objecttype import DELETE_ORDER, TYPES, MarkPlace
from provisioner.core.resource import Resource
from provisioner.planning.diff.actual import Actual, Stranger
from provisioner.planning.diff.references import Users, strings
from provisioner.planning.plan import Action, Change
from provisioner.planning.reason import Reason, ReasonCode, reason
from provisioner.state.records import Record, State


def plan_deletions(
    leaving: Collection[Address], state: State, actual: Actual, why: Reason, kept: Collection[str] = ()
) -> Iterator[tuple[Change, Diagnostic | None]]:
    """Yields a delete or forget for every recorded address that is not desired, users before what they use.

    `why` is the reason. `kept` are the ids that replaced objects use while they are kept for a time. An object among
    them is kept too, with everything that it uses.
    """
    used = set(kept)
    for address in sorted(leaving, key=lambda address: (DELETE_ORDER.index(address.kind), address)):
        record = state.records[address]
        change, diagnostic = _plan_deletion(record, actual, why)
        if record.id in used and change.action is Action.DELETE:
            used |= strings(record.inputs)
            message = f"{address}: {record.id} is kept as long as the replaced object that uses it"
            diagnostic = diagnostic or Diagnostic("info", message, address=str(address))
        yield change, diagnostic


def find_kept(state: State, changes: Iterable[Change], desired: Mapping[Address, Resource], now: float) -> set[str]:
    """Returns the ids that are used by objects that are replaced and kept for a time. `now` is as in `Retired`."""
    found = {id for entry in state.retired if not entry.is_due(now) for id in entry.uses}
    for change in changes:
        resource, record = desired.get(change.address), state.records.get(change.address)
        if change.action is Action.REPLACE and resource and record and resource.lifecycle.retire_after:
            found |= strings(record.inputs)
    return found


def _plan_deletion(record: Record, actual: Actual, leaving: Reason) -> tuple[Change, Diagnostic | None]:
    address = record.address

    def change(action: Action, why: Reason) -> Change:
        return Change(address, action, record.type, (why,), dict(record.inputs), id=record.id)

    if record.type in actual.gone:
        why = reason(ReasonCode.TYPE_GONE, record.type, record.id)
        return change(Action.FORGET, why), Diagnostic("warning", str(why), address=str(address))
    if actual.refreshed and not TYPES[record.type].local and address not in actual.live:
        return change(Action.FORGET, reason(ReasonCode.ALREADY_DELETED, leaving)), None
    if record.protect:
        return change(Action.DELETE, leaving), protected(address, "deleted")
    if record.adopted:
        return change(Action.FORGET, reason(ReasonCode.ADOPTED, leaving)), None
    if (stranger := actual.strangers.get(record.id)) is not None:
        diagnostic = forgotten_diagnostic(address, record.id, stranger)
        return change(Action.FORGET, reason(ReasonCode.NOT_OURS, leaving, stranger.reason)), diagnostic
    return change(Action.DELETE, leaving), None


def explain_deletions(changes: Iterable[Change], unread: Mapping[Address, str]) -> tuple[Change, ...]:
    """Returns the changes. A deletion gets a note if its resource seems to be declared in an unread file (`unread`)."""

    def explain(change: Change) -> Change:
        where = unread.get(change.address)
        if change.retired or change.action not in (Action.DELETE, Action.FORGET) or where is None:
            return change
        return replace(change, reasons=(*change.reasons, reason(ReasonCode.STILL_WRITTEN, where)))

    return tuple(explain(change) for change in changes)


def protected(address: Address, verb: str) -> Diagnostic:
    """Returns the diagnostic of the guard `lifecycle.protect`."""
    return Diagnostic(
        "blocked",
        f"{address} is protected and would be {verb}; if you want that, apply once with "
        "`lifecycle: {protect: false}`, then go on",
        address=str(address),
    )


def forgotten_diagnostic(address: Address, id: str, stranger: Stranger) -> Diagnostic:
    """Returns the diagnostic for an object that is forgotten instead of deleted, because the state did not make it."""
    message = (
        f"{address}: {id} is not deleted, but forgotten, because {stranger.reason}; if it is yours and nobody uses it, "
        "delete it yourself"
    )
    return Diagnostic("warning", message, address=str(address))


def check_stranger(record: Record, stranger: Stranger, change: Change | None) -> Iterator[Diagnostic]:
    """Returns the diagnostic for a desired object that the state did not make.

    If it carries a mark of another owner, it must not be written to. If it carries no mark, an update is allowed, and a
    replace does not delete the old object.
    """
    address = str(record.address)
    if stranger.marked:
        message = (
            f"{address}: {record.id} is not what this state made: {stranger.reason}; put the right state back "
            "(`provision state restore SERIAL`, or version control), or take the resource out of the manifests, which "
            "forgets the record and leaves the object alone"
        )
        yield Diagnostic("blocked", message, address=address)
    elif TYPES[record.type].mark is MarkPlace.NOWHERE:
        yield Diagnostic(
            "warning", f"{address}: {record.id} is not the upload that is recorded: {stranger.reason}", address=address
        )
    elif change is not None and change.action is Action.REPLACE:
        yield forgotten_diagnostic(record.address, record.id, stranger)


def plan_leftovers(
    state: State, touched: Collection[Address], now: float, strangers: Mapping[str, Stranger]
) -> Iterator[tuple[Change, Diagnostic | None]]:
    """Yields deletes for objects that earlier changes replaced, if their time is over and only `touched` records name
    them.

    An object that another kept object uses is kept too. An object that the state did not make is forgotten instead.
    """
    if not state.retired:
        return
    users = Users(state.records.values())
    kept = {id for entry in state.retired if not entry.is_due(now) for id in entry.uses}
    for entry in sorted(state.retired, key=lambda entry: (entry.address, entry.id)):
        if entry.id not in kept and entry.is_due(now) and all(user in touched for user in users.of(entry.id)):
            why, action, diagnostic = Reason(ReasonCode.REPLACED_EARLIER), Action.DELETE, None
            if (stranger := strangers.get(entry.id)) is not None:
                action, diagnostic = Action.FORGET, forgotten_diagnostic(entry.address, entry.id, stranger)
                why = reason(ReasonCode.NOT_OURS, why, stranger.reason)
            yield Change(entry.address, action, entry.type, (why,), id=entry.id, retired=True), diagnostic
