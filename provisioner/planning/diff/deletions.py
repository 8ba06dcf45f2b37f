"""Plans the deletion of recorded objects that are no longer desired, and of objects that earlier changes replaced."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.addresschanges import NO_CHANGES, AddressChanges, Removal
from provisioner.core.addresskind import ASSISTANT_KIND, ENVIRONMENT_KIND
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.objecttype import DELETE_ORDER, TYPES, MarkPlace
from provisioner.core.resource import Resource
from provisioner.planning.diff.actual import Actual, ForeignObject
from provisioner.planning.diff.references import Users, strings
from provisioner.planning.plan import Action, Change
from provisioner.planning.reason import Reason, ReasonCode, reason
from provisioner.state.records import Record, State

#: The reasons for which an object is forgotten without keeping what it uses: the object does not exist, or it is not
#: ours. After any other reason the object stays at OpenAI, and so do the objects that it uses.
KEEPING_NOTHING = (
    *(ReasonCode.ALREADY_DELETED, ReasonCode.TYPE_GONE, ReasonCode.FORGOTTEN_LOCALLY),
    ReasonCode.NOT_OURS,
)


def plan_deletions(
    leaving: Collection[Address],
    state: State,
    actual: Actual,
    why: Reason,
    kept: Collection[str] = (),
    changes: AddressChanges = NO_CHANGES,
) -> Iterator[tuple[Change, Diagnostic | None]]:
    """Yields a change for each address in `leaving`, with a diagnostic or None. The change is a delete, or a forget,
    which removes only the record and keeps the object. An object is deleted before the objects that it uses.

    `leaving` are the recorded addresses that are no longer desired. `why` is the reason of these changes. `kept` are
    the ids of objects that replaced objects or releases still use. If an object to delete is one of these, or one of
    these uses it, a diagnostic says that it is kept for now. `changes` contains the entries of `removed:` in the
    manifests, which name objects to delete or forget. If an object is forgotten but stays at OpenAI, the objects in
    `leaving` that it uses are forgotten too, except those that an entry of `removed:` names. This does not apply to an
    object that this state did not create.
    """
    used = set(kept)
    users: dict[str, Address] = {}
    for address in sorted(leaving, key=lambda address: (DELETE_ORDER.index(address.kind), address)):
        record = state.records[address]
        removal = find_removal(address, changes)
        change, diagnostic = _plan_deletion(record, actual, why, removal)
        if change.action is Action.DELETE and removal is None and record.id in users:
            change, diagnostic = _forget_used(change, actual, why, users[record.id]), None
        if change.action is Action.FORGET and change.reasons[0].code not in KEEPING_NOTHING:
            users |= dict.fromkeys(strings(record.inputs), address)
        if record.id in used and change.action is Action.DELETE:
            used |= strings(record.inputs)
            message = f"{address}: {record.id} is kept as long as the replaced object or the release that uses it"
            diagnostic = diagnostic or Diagnostic("info", message, address=str(address))
        yield change, diagnostic


def find_kept(state: State, changes: Iterable[Change], desired: Mapping[Address, Resource], now: float) -> set[str]:
    """Returns the ids of the objects that replaced objects and former releases use. They must not be deleted yet,
    because a replaced object or a former release is kept until the time in `lifecycle.retire_after` is over.

    Replaced objects are those that earlier changes have replaced and that are still kept at the time `now`, and those
    that `changes` will replace. For assistants and environment templates, an update in `changes` counts too. Changes of
    resources without `lifecycle.retire_after` do not count. `desired` maps addresses to the desired resources. `now` is
    in seconds since 1970.
    """
    found = {id for entry in state.retired if not entry.is_due(now) for id in entry.uses}
    for change in changes:
        resource, record = desired.get(change.address), state.records.get(change.address)
        has_releases = change.address.kind in (ASSISTANT_KIND.name, ENVIRONMENT_KIND.name)
        if not (change.action is Action.REPLACE or (change.action is Action.UPDATE and has_releases)):
            continue
        if resource and record and resource.lifecycle.retire_after:
            found |= strings(record.inputs)
    return found


def find_removal(address: Address, changes: AddressChanges) -> Removal | None:
    """Returns the entry of `removed:` in the manifests for `address`, or None if there is no entry. For an environment
    template without an entry, returns the entry for its assistant.
    """
    removal = changes.removal_of(address)
    if removal is None and address.kind == ENVIRONMENT_KIND.name:
        return changes.removal_of(replace(address, kind=ASSISTANT_KIND.name))
    return removal


def _forget_used(change: Change, actual: Actual, leaving: Reason, user: Address) -> Change:
    """Returns a forget in place of the delete `change`: the record is removed, and the object stays at OpenAI. The
    reason is that another object, which also stays at OpenAI, uses it.

    `user` is the address of this other object, and `leaving` is the reason of the delete.
    """
    fields = _mark_place(change.type) if change.id not in actual.strangers else ()
    why = reason(ReasonCode.STILL_USED, leaving, str(user))
    return replace(change, action=Action.FORGET, reasons=(why,), fields=fields)


def _mark_place(type_: str) -> tuple[str, ...]:
    """Returns a tuple with the name of the field that contains the ownership mark of objects of type `type_`. The tuple
    is empty if these objects have no mark.
    """
    place = TYPES[type_].mark
    return () if place is MarkPlace.NOWHERE else (place.value,)


def _plan_deletion(
    record: Record, actual: Actual, leaving: Reason, removal: Removal | None
) -> tuple[Change, Diagnostic | None]:
    address = record.address

    def change(action: Action, why: Reason, fields: tuple[str, ...] = ()) -> Change:
        return Change(address, action, record.type, (why,), record.inputs, fields=fields, id=record.id)

    if record.type in actual.gone:
        why = reason(ReasonCode.TYPE_GONE, record.type, record.id)
        return change(Action.FORGET, why), Diagnostic("warning", str(why), address=str(address))
    if actual.refreshed and not TYPES[record.type].local and address not in actual.live:
        return change(Action.FORGET, reason(ReasonCode.ALREADY_DELETED, leaving)), None
    if removal is not None and not removal.destroy:
        fields = _mark_place(record.type) if record.id not in actual.strangers else ()
        code = ReasonCode.FORGOTTEN_UNMARKED if fields else ReasonCode.FORGOTTEN
        code = ReasonCode.FORGOTTEN_LOCALLY if TYPES[record.type].local else code
        return change(Action.FORGET, reason(code, leaving), fields), None
    if record.protect:
        return change(Action.DELETE, leaving), protected(address, "deleted")
    if record.adopted and (removal is None or not removal.destroy):
        fields = _mark_place(record.type) if record.id not in actual.strangers else ()
        code = ReasonCode.ADOPTED_UNMARKED if fields else ReasonCode.ADOPTED
        return change(Action.FORGET, reason(code, leaving), fields), None
    if (stranger := actual.strangers.get(record.id)) is not None:
        diagnostic = forgotten_diagnostic(address, record.id, stranger)
        return change(Action.FORGET, reason(ReasonCode.NOT_OURS, leaving, stranger.reason)), diagnostic
    return change(Action.DELETE, leaving), None


def explain_deletions(changes: Iterable[Change], unread: Mapping[Address, str]) -> tuple[Change, ...]:
    """Returns `changes`, in which some deletes and forgets have an additional reason. It says that a file seems to
    declare the resource, but that provision does not read this file as a manifest.

    `unread` maps the addresses of such resources to the texts of these reasons.
    """

    def explain(change: Change) -> Change:
        where = unread.get(change.address)
        if change.retired or change.action not in (Action.DELETE, Action.FORGET) or where is None:
            return change
        return replace(change, reasons=(*change.reasons, reason(ReasonCode.STILL_WRITTEN, where)))

    return tuple(explain(change) for change in changes)


def protected(address: Address, verb: str) -> Diagnostic:
    """Returns the diagnostic that blocks a plan, because the setting `lifecycle.protect` protects the object at
    `address`. `verb` says what the plan would do to this object: `deleted` or `replaced`.
    """
    return Diagnostic(
        "blocked",
        f"{address} is protected and would be {verb}; if you want that, apply once with "
        "`lifecycle: {protect: false}`, then go on",
        address=str(address),
    )


def forgotten_diagnostic(address: Address, id: str, stranger: ForeignObject) -> Diagnostic:
    """Returns a warning that the object at `address` is only removed from the state and not deleted, because this state
    did not create it. `id` is the id of the object.
    """
    message = (
        f"{address}: {id} is not deleted, but forgotten, because {stranger.reason}; if it is yours and nobody uses it, "
        "delete it yourself"
    )
    return Diagnostic("warning", message, address=str(address))


def check_stranger(record: Record, stranger: ForeignObject, change: Change | None) -> Iterator[Diagnostic]:
    """Yields at most one diagnostic about the object of a desired resource, which this state did not create. `stranger`
    says how this is known, and `change` is the planned change.

    If `stranger.marked` is true, the diagnostic blocks the plan, because the object must not be changed. Otherwise, a
    warning is yielded in two cases: the object is another upload than the recorded one, or `change` is a replace, which
    then does not delete the old object.
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
    state: State,
    touched: Collection[Address],
    now: float,
    strangers: Mapping[str, ForeignObject],
    held: Collection[str] = (),
) -> Iterator[tuple[Change, Diagnostic | None]]:
    """Yields the deletes of objects that earlier changes replaced, each with a diagnostic or None. An object is deleted
    if its waiting time is over at the time `now` and no record contains its id. Records at the addresses in `touched`
    do not count, because this plan changes them.

    An object is not deleted yet if another waiting object uses it, or if `held` contains its id. `held` are the ids of
    objects that a release of an assistant still needs. An object in `strangers`, which this state did not create, is
    removed from the state and stays at OpenAI.
    """
    if not state.retired:
        return
    users = Users(state.records.values())
    kept = {*held, *(id for entry in state.retired if not entry.is_due(now) for id in entry.uses)}
    for entry in sorted(state.retired, key=lambda entry: (entry.address, entry.id)):
        if entry.id not in kept and entry.is_due(now) and all(user in touched for user in users.of(entry.id)):
            why, action, diagnostic = Reason(ReasonCode.REPLACED_EARLIER), Action.DELETE, None
            if (stranger := strangers.get(entry.id)) is not None:
                action, diagnostic = Action.FORGET, forgotten_diagnostic(entry.address, entry.id, stranger)
                why = reason(ReasonCode.NOT_OURS, why, stranger.reason)
            yield Change(entry.address, action, entry.type, (why,), id=entry.id, retired=True), diagnostic
