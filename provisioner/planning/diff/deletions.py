"""Plans the deletion of recorded objects that are no longer desired, and of objects that earlier changes replaced."""

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
    leaving: Collection[Address],
    state: State,
    actual: Actual,
    why: Reason,
    kept: Collection[str] = (),
    destroyed: Collection[Address] = (),
) -> Iterator[tuple[Change, Diagnostic | None]]:
    """Yields a delete or a forget, with an optional diagnostic, for each address in `leaving`: the recorded addresses
    that are no longer desired. An object is deleted before the objects that it uses.

    `why` is the reason of these changes. `kept` are the ids of objects that replaced objects still use until they are
    deleted themselves. If an object that would be deleted is in `kept`, a diagnostic says that it is kept for now, and
    so are the objects that it uses. Adopted objects are forgotten, except those with an address in `destroyed`.
    """
    used = set(kept)
    for address in sorted(leaving, key=lambda address: (DELETE_ORDER.index(address.kind), address)):
        record = state.records[address]
        change, diagnostic = _plan_deletion(record, actual, why, destroyed=address in destroyed)
        if record.id in used and change.action is Action.DELETE:
            used |= strings(record.inputs)
            message = f"{address}: {record.id} is kept as long as the replaced object that uses it"
            diagnostic = diagnostic or Diagnostic("info", message, address=str(address))
        yield change, diagnostic


def find_kept(state: State, changes: Iterable[Change], desired: Mapping[Address, Resource], now: float) -> set[str]:
    """Returns the ids of objects that are used by replaced objects whose deletion is delayed
    (`lifecycle.retire_after`), in earlier changes and in `changes`. `now` is in seconds since 1970.
    """
    found = {id for entry in state.retired if not entry.is_due(now) for id in entry.uses}
    for change in changes:
        resource, record = desired.get(change.address), state.records.get(change.address)
        if change.action is Action.REPLACE and resource and record and resource.lifecycle.retire_after:
            found |= strings(record.inputs)
    return found


def _plan_deletion(
    record: Record, actual: Actual, leaving: Reason, *, destroyed: bool
) -> tuple[Change, Diagnostic | None]:
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
    if record.adopted and not destroyed:
        return change(Action.FORGET, reason(_stays(record, actual), leaving)), None
    if (stranger := actual.strangers.get(record.id)) is not None:
        diagnostic = forgotten_diagnostic(address, record.id, stranger)
        return change(Action.FORGET, reason(ReasonCode.NOT_OURS, leaving, stranger.reason)), diagnostic
    return change(Action.DELETE, reason(ReasonCode.ADOPTED_DESTROYED, leaving) if record.adopted else leaving), None


def _stays(record: Record, actual: Actual) -> ReasonCode:
    """Returns the code of the reason why an adopted object stays. Where it carries our mark, the mark is removed."""
    unmarked = TYPES[record.type].mark is MarkPlace.NOWHERE or record.id in actual.strangers
    return ReasonCode.ADOPTED if unmarked else ReasonCode.ADOPTED_UNMARKED


def explain_deletions(changes: Iterable[Change], unread: Mapping[Address, str]) -> tuple[Change, ...]:
    """Returns the changes, with one more reason for each deletion of a resource that an unread file seems to declare.
    `unread` has these reasons by address.
    """

    def explain(change: Change) -> Change:
        where = unread.get(change.address)
        if change.retired or change.action not in (Action.DELETE, Action.FORGET) or where is None:
            return change
        return replace(change, reasons=(*change.reasons, reason(ReasonCode.STILL_WRITTEN, where)))

    return tuple(explain(change) for change in changes)


def protected(address: Address, verb: str) -> Diagnostic:
    """Returns the blocking diagnostic for a resource with `lifecycle.protect`. `verb` says what would happen to it:
    `deleted` or `replaced`.
    """
    return Diagnostic(
        "blocked",
        f"{address} is protected and would be {verb}; if you want that, apply once with "
        "`lifecycle: {protect: false}`, then go on",
        address=str(address),
    )


def forgotten_diagnostic(address: Address, id: str, stranger: Stranger) -> Diagnostic:
    """Returns the warning that an object is not deleted but only removed from the state, because this state did not
    create it.
    """
    message = (
        f"{address}: {id} is not deleted, but forgotten, because {stranger.reason}; if it is yours and nobody uses it, "
        "delete it yourself"
    )
    return Diagnostic("warning", message, address=str(address))


def check_stranger(record: Record, stranger: Stranger, change: Change | None) -> Iterator[Diagnostic]:
    """Yields at most one diagnostic about the object of a desired resource that this state did not create.

    It blocks the plan if `stranger.marked` is true, because the object must not be changed. Otherwise an update is
    allowed; for a replace, the diagnostic warns that the old object is not deleted.
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
    """Yields the deletes of objects that earlier changes replaced, each with an optional diagnostic. An object is
    deleted if its waiting time is over and only records in `touched`, which this plan changes, contain its id.

    An object that another waiting object uses is not deleted yet. An object that this state did not create is only
    removed from the state.
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
