"""What is recorded and no longer desired, and what an earlier change has left to be deleted."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from provisioner.address import Address
from provisioner.diagnostic import Diagnostic
from provisioner.diff.actual import Actual
from provisioner.diff.users import Users
from provisioner.graph import in_order
from provisioner.plan import Action, Change
from provisioner.state import Record, State

REMOTE_ONLY = "definition"


def plan_deletions(
    leaving: Collection[Address], state: State, actual: Actual
) -> Iterator[tuple[Change, Diagnostic | None]]:
    """A delete or forget for every leaving address, those that need others first."""
    needs = {address: [Address.parse(need) for need in state.records[address].needs] for address in leaving}
    for address in reversed(in_order(needs)):
        yield _plan_deletion(state.records[address], actual)


def _plan_deletion(record: Record, actual: Actual) -> tuple[Change, Diagnostic | None]:
    address, before = record.address, dict(record.inputs)
    if record.type in actual.gone:
        message = f"the server no longer knows objects of type {record.type}; {record.id} is forgotten"
        change = Change(address, Action.FORGET, record.type, (message,), before, id=record.id)
        return change, Diagnostic("warning", message, address=str(address))
    if actual.refreshed and record.type != REMOTE_ONLY and address not in actual.live:
        reason = "no longer in the manifests, and already deleted"
        return Change(address, Action.FORGET, record.type, (reason,), before, id=record.id), None
    if record.protect:
        change = Change(address, Action.DELETE, record.type, ("no longer in the manifests",), before, id=record.id)
        return change, protected(address, "deleted")
    if record.adopted:
        reason = "no longer in the manifests; it was adopted, so it stays at OpenAI"
        return Change(address, Action.FORGET, record.type, (reason,), before, id=record.id), None
    return Change(address, Action.DELETE, record.type, ("no longer in the manifests",), before, id=record.id), None


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
