"""What became of the operations that a killed run left open."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.errors import ListCut, NotFound
from provisioner.engine.ownership import echo_of
from provisioner.openai_api.collections import Collection
from provisioner.openai_api.collections.collection import LINEAGE_KEY, Live
from provisioner.state.journal import Begin, Delta, End
from provisioner.state.records import Origin, Record, Retired, State

#: Clocks differ: an upload may seem to be this many seconds older than its own beginning.
CLOCK_SKEW = 300.0
#: How many recorded objects are retrieved before a list that is not found is believed.
PROBES = 3
#: What tells an upload from others: all that a file's object shows of it.
ALIKE = ("filename", "bytes", "purpose")


@dataclass(slots=True)
class Recovery:
    """What is known now of open operations.

    `ends` close those that are settled. `unsettled` are the fields, by address, whose last update may have
    arrived, with what was sent: what is live there is our own doing, not drift. `leaving` are addresses whose
    object may have been deleted. `diagnostics` tell what was found, and block where nobody can tell.
    """

    ends: list[End] = field(default_factory=list)
    unsettled: dict[Address, dict[str, Any]] = field(default_factory=dict)
    leaving: set[Address] = field(default_factory=set)
    diagnostics: list[Diagnostic] = field(default_factory=list)


def recover(operations: Sequence[Begin], state: State, collections: Mapping[str, Collection]) -> Recovery:
    """Looks for every open operation's object. Only reads; raises ApiError."""
    recovery = Recovery()
    known = {record.id for record in state.records.values()} | {entry.id for entry in state.retired}
    recorded = {type_: [each.id for each in state.records.values() if each.type == type_] for type_ in collections}
    listed = cache(lambda type_: _list(collections[type_], recorded[type_]))
    for begin in operations:
        if begin.verb != "create":
            if begin.verb == "delete":
                recovery.leaving.add(begin.address)
            recovery.unsettled.setdefault(begin.address, {}).update(begin.details.get("sent", {}))
            recovery.ends.append(End(begin.operation))
            continue
        found = _matching(begin, state.lineage, listed(begin.type), known)
        if len(found) > 1 or (found and not _is_superseded(begin, state) and rivals(begin, operations)):
            recovery.diagnostics.append(_undecided(begin, found))
            continue
        known |= {live.id for live in found}
        recovery.ends.append(End(begin.operation, _delta(begin, found[0], state) if found else None))
        recovery.diagnostics += [_told(begin, live) for live in found]
    return recovery


def candidates(begin: Begin, lineage: str, collection: Collection, known: Container[str]) -> list[Live]:
    """The objects that a create can have made, without those that are known already. Raises ApiError.

    Marked ones are recognised by their operation; of uploads, all of the same name, size and purpose since it began.
    """
    return _matching(begin, lineage, _list(collection, ()), known)


def _list(collection: Collection, recorded: Sequence[str]) -> list[Live]:
    """All live objects. Raises ListCut where the list is not found although one of the `recorded` ids is."""
    if not collection.remote:
        return []
    try:
        return [live for page in collection.pages() for live in page]
    except NotFound as error:
        if any(collection.retrieve(id) for id in recorded[:PROBES]):
            message = f"the list is not found, and what it should show is there: {error.message}"
            raise ListCut(message, status=404, hint="run the command again") from error
        return []


def _matching(begin: Begin, lineage: str, lives: Iterable[Live], known: Container[str]) -> list[Live]:
    return [live for live in lives if live.id not in known and _is_its(begin, lineage, live)]


def _is_its(begin: Begin, lineage: str, live: Live) -> bool:
    if begin.type == "file":
        inputs = begin.details["record"]["inputs"]
        alike = all(live.fields.get(name) == inputs.get(name) for name in ALIKE)
        return alike and live.created_at >= begin.time - CLOCK_SKEW
    if LINEAGE_KEY in live.metadata:
        return live.metadata[LINEAGE_KEY] == f"{lineage}/{begin.operation}"
    return str(live.fields.get("name") or "").endswith(f" {begin.operation}")


def rivals(begin: Begin, operations: Iterable[Begin]) -> list[Begin]:
    """The open uploads that only their content tells from this one: what is found may be theirs."""
    if begin.type != "file":
        return []
    ours = begin.details["record"]["inputs"]
    return [
        other
        for other in operations
        if other.type == "file"
        and other.verb == "create"
        and all(other.details["record"]["inputs"].get(name) == ours.get(name) for name in ALIKE)
        and other.details["record"]["inputs"].get("sha256") != ours.get("sha256")
    ]


def _is_superseded(begin: Begin, state: State) -> bool:
    """Whether the create was sent again, and the second one is recorded."""
    current = state.records.get(begin.address)
    return current is not None and current.id != begin.details.get("before")


def _delta(begin: Begin, live: Live, state: State) -> Delta:
    """What the operation would have recorded, had it heard the answer.

    Where the create was sent again and the second one is recorded, the first is left to be deleted.
    """
    details = begin.details
    if _is_superseded(begin, state):
        blank = Record(begin.address, begin.type, live.id, {}, echo_of(live), operation=begin.operation)
        return Delta(retire=Retired(begin.address, begin.type, live.id), origin=Origin.of(blank))
    record = Record.from_json(str(begin.address), {**details["record"], "id": live.id})
    record = replace(record, echo=echo_of(live), operation=begin.operation)
    retire = details.get("retire")
    return Delta(record=record, retire=Retired.from_json(retire) if retire else None)


def _told(begin: Begin, live: Live) -> Diagnostic:
    message = f"{begin.address}: an earlier run was interrupted after it made {live.id}; it is taken over"
    return Diagnostic("info", message, address=str(begin.address))


def _undecided(begin: Begin, found: Sequence[Live]) -> Diagnostic:
    ids = ", ".join(live.id for live in found)
    message = (
        f"{begin.address}: an earlier run was interrupted during an upload, and {len(found)} files may be it ({ids}); "
        "delete those that nothing uses, then run the command again"
    )
    return Diagnostic("blocked", message, address=str(begin.address))
