"""What became of the operations that a killed run left open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from provisioner.address import Address
from provisioner.diagnostic import Diagnostic
from provisioner.errors import NotFound
from provisioner.journal import Begin, Delta, End
from provisioner.objects import Collection
from provisioner.objects.collection import LINEAGE_KEY, Live
from provisioner.state import Record, Retired, State

#: Clocks differ: an upload may seem to be this many seconds older than its own beginning.
CLOCK_SKEW = 300.0


@dataclass(slots=True)
class Recovery:
    """What is known now of open operations.

    `ends` close those that are settled; `unsettled` are addresses whose last update may have arrived: what is
    live there is our own doing, not drift. `diagnostics` tell what was found, and block where nobody can tell.
    """

    ends: list[End] = field(default_factory=list)
    unsettled: set[Address] = field(default_factory=set)
    diagnostics: list[Diagnostic] = field(default_factory=list)


def recover(operations: Sequence[Begin], state: State, collections: Mapping[str, Collection]) -> Recovery:
    """Looks for every open operation's object. Only reads; raises ApiError."""
    recovery = Recovery()
    known = {record.id for record in state.records.values()} | {entry.id for entry in state.retired}
    for begin in operations:
        if begin.verb != "create":
            recovery.unsettled.add(begin.address)
            recovery.ends.append(End(begin.operation))
            continue
        found = [live for live in _candidates(begin, state, collections[begin.type]) if live.id not in known]
        if len(found) > 1:
            recovery.diagnostics.append(_undecided(begin, found))
            continue
        recovery.ends.append(End(begin.operation, _delta(begin, found[0]) if found else None))
        if found:
            known.add(found[0].id)
            message = f"{begin.address}: an earlier run was interrupted after it made {found[0].id}; it is taken over"
            recovery.diagnostics.append(Diagnostic("info", message, address=str(begin.address)))
    return recovery


def reconcile(state: State, live: Mapping[Address, Live], unsettled: Iterable[Address]) -> State:
    """The state with what is live as the echo of those whose last write may have arrived."""
    records = dict(state.records)
    for address in unsettled:
        if address in records and address in live:
            records[address] = replace(records[address], echo=dict(live[address].fields))
    return replace(state, records=records)


def _candidates(begin: Begin, state: State, collection: Collection) -> list[Live]:
    """The objects that the operation can have made."""
    if not collection.remote:
        return []
    try:
        return [live for page in collection.pages() for live in page if _is_its(begin, state, live)]
    except NotFound:
        return []


def _is_its(begin: Begin, state: State, live: Live) -> bool:
    if begin.type == "file":
        inputs = begin.details["record"]["inputs"]
        alike = all(live.fields.get(name) == inputs.get(name) for name in ("filename", "bytes", "purpose"))
        return alike and live.created_at >= begin.time - CLOCK_SKEW
    if LINEAGE_KEY in live.metadata:
        return live.metadata[LINEAGE_KEY] == f"{state.lineage}/{begin.operation}"
    return str(live.fields.get("name") or "").endswith(f" {begin.operation}")


def _delta(begin: Begin, live: Live) -> Delta:
    """What the operation would have recorded, had it heard the answer."""
    details = begin.details
    record = Record.from_json(str(begin.address), details["record"])
    record = replace(record, id=live.id, echo=dict(live.fields), operation=begin.operation)
    retire = details.get("retire")
    return Delta(record=record, retire=Retired.from_json(retire) if retire else None)


def _undecided(begin: Begin, found: Sequence[Live]) -> Diagnostic:
    ids = ", ".join(live.id for live in found)
    message = (
        f"{begin.address}: an earlier run was interrupted during an upload, and {len(found)} files may be it ({ids}); "
        "delete those that nothing uses, then run the command again"
    )
    return Diagnostic("blocked", message, address=str(begin.address))
