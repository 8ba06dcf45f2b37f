"""What is recorded and no longer desired, and what an earlier change has left to be deleted."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from provisioner.address import Address
from provisioner.diagnostic import Diagnostic
from provisioner.diff.actual import Actual
from provisioner.diff.users import Users
from provisioner.plan import Action, Change
from provisioner.state import Record, State

#: The one type that lives in the state alone, so that it cannot vanish.
LOCAL_TYPE = "definition"
#: Users before what they use: the order of deleting.
DELETE_ORDER = ("assistant", "environment", "vector_store", "file")


def plan_deletions(
    leaving: Collection[Address], state: State, actual: Actual, reason: str
) -> Iterator[tuple[Change, Diagnostic | None]]:
    """A delete or forget for every leaving address, users before what they use. `reason` says why they leave."""
    for address in sorted(leaving, key=lambda address: (DELETE_ORDER.index(address.kind), address)):
        yield _plan_deletion(state.records[address], actual, reason)


def _plan_deletion(record: Record, actual: Actual, reason: str) -> tuple[Change, Diagnostic | None]:
    address = record.address

    def change(action: Action, why: str) -> Change:
        return Change(address, action, record.type, (why,), dict(record.inputs), id=record.id)

    if record.type in actual.gone:
        message = f"the server no longer knows objects of type {record.type}; {record.id} is forgotten"
        return change(Action.FORGET, message), Diagnostic("warning", message, address=str(address))
    if actual.refreshed and record.type != LOCAL_TYPE and address not in actual.live:
        return change(Action.FORGET, f"{reason}, and already deleted"), None
    if record.protect:
        return change(Action.DELETE, reason), protected(address, "deleted")
    if record.adopted:
        return change(Action.FORGET, f"{reason}; it was adopted, so it stays at OpenAI"), None
    return change(Action.DELETE, reason), None


def protected(address: Address, verb: str) -> Diagnostic:
    """The guard of `lifecycle.protect`."""
    return Diagnostic(
        "blocked",
        f"{address} is protected and would be {verb}; if that is meant, apply once with "
        "`lifecycle: {protect: false}`, then go on",
        address=str(address),
    )


def plan_leftovers(state: State, touched: Collection[Address], now: float) -> Iterator[Change]:
    """Deletes for objects that earlier changes replaced, once their time is up and only `touched` records name them."""
    if not state.retired:
        return
    users = Users(state.records.values())
    for entry in sorted(state.retired, key=lambda entry: (entry.address, entry.id)):
        if now >= entry.since + entry.retire_after and all(user in touched for user in users.of(entry.id)):
            reason = "was replaced earlier"
            yield Change(entry.address, Action.DELETE, entry.type, (reason,), id=entry.id, retired=True)
