"""Determines whether the API has carried out the operations that a killed run left open in the journal."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from functools import cache
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.errors import ListCut, NotFound
from provisioner.core.objecttype import TYPES, MarkPlace, ObjectType
from provisioner.core.versionid import split_version
from provisioner.engine.created_objects import CreatedObjects, find_created, rivals
from provisioner.engine.ownership import echo_of
from provisioner.engine.versions import with_version
from provisioner.openai_api.collections import Collection
from provisioner.openai_api.collections.collection import Live
from provisioner.state.folding import fold
from provisioner.state.journal import Begin, Delta, End
from provisioner.state.operations import Adopting, Creating, Deleting, sent_fields
from provisioner.state.records import Origin, Record, Retired, State
from provisioner.state.versions import ids_of, version_of

#: The number of recorded objects that are retrieved to check a list that answers "not found".
PROBES = 3


class Recovery(Struct):
    """The findings about the operations that an interrupted run left open in the journal.

    `ends` are the end entries of all operations, except of creations whose result cannot be determined. `unsettled`
    maps addresses to the fields of an update without a response, with the values that were sent. The live values of
    these fields are not drift. `leaving` are the addresses of the objects that may have been deleted. `made` maps the
    ids of objects that the operations have made or adopted, or may have made, to addresses. `diagnostics` report these
    findings, and block the run if a result cannot be determined.
    """

    ends: list[End] = field(default_factory=list)
    unsettled: dict[Address, dict[str, Any]] = field(default_factory=dict)
    leaving: set[Address] = field(default_factory=set)
    made: dict[str, Address] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)


def recover(operations: Sequence[Begin], state: State, collections: Mapping[str, Collection]) -> Recovery:
    """Finds out whether the API carried out each of the open operations `operations`, as far as this is possible.
    Searches for the objects of the operations. Nothing is changed. Raises ApiError if an API call fails.
    """
    recovery = Recovery()
    if not operations:
        return recovery
    known = {id for record in state.records.values() for id in ids_of(record)} | {entry.id for entry in state.retired}
    recorded = {type_: [each.id for each in state.records.values() if each.type == type_] for type_ in collections}
    listed = cache(lambda type_: _list(collections[type_], recorded[type_]))
    for begin in operations:
        intent = begin.intent
        if isinstance(intent, Adopting):
            adopted = _find_adopted(begin, intent, collections[begin.type], state)
            recovery.ends.append(End(begin.operation, adopted))
            if adopted is not None:
                state = fold(state, [adopted])
                known.add(intent.record.id)
                recovery.made[intent.record.id] = begin.address
                recovery.diagnostics.append(_adopted_diagnostic(begin, intent.record.id))
            continue
        if not isinstance(intent, Creating):
            if isinstance(intent, Deleting):
                recovery.leaving.add(begin.address)
            recovery.unsettled.setdefault(begin.address, {}).update(sent_fields(intent))
            recovery.ends.append(End(begin.operation))
            continue
        declared = collections[begin.type].declared
        found = find_created(begin, state.lineage, collections[begin.type], listed(begin.type), known)
        made = found.made or _any_of(found, begin, operations, declared)
        recovery.made |= dict.fromkeys((live.id for live in found.lives), begin.address)
        if found.lives and (
            made is None or (not _is_superseded(begin, intent, state) and rivals(begin, operations, declared))
        ):
            recovery.diagnostics.append(_undecided(begin, found, declared))
            continue
        delta = None if made is None else _delta(begin, intent, made, state)
        recovery.ends.append(End(begin.operation, delta))
        if made is not None and delta is not None:
            # A second create for the same address has to find what the first one has made.
            state = fold(state, [delta])
            known.add(made.id)
            recovery.diagnostics.append(_found_diagnostic(begin, made))
    return recovery


def _find_adopted(begin: Begin, adopting: Adopting, collection: Collection, state: State) -> Delta | None:
    """Returns the change of the state that records an adopted object, if the object carries the ownership mark that the
    operation `begin` has sent. Returns None if the mark did not arrive, so that the next plan adopts the object again,
    or if the address already has a record. Raises ApiError if an API call fails.
    """
    live = collection.retrieve(adopting.record.id)
    mark = None if live is None else collection.mark_of(live)
    if live is None or mark is None or mark.operation != begin.operation or begin.address in state.records:
        return None
    echo = {**adopting.record.echo, **live.fields}
    return Delta(record=replace(adopting.record, echo=echo, operation=begin.operation))


def candidates(begin: Begin, lineage: str, collection: Collection, known: Container[str]) -> CreatedObjects:
    """Returns the live objects that the create request in `begin` may have made. Objects whose ids are in `known` are
    recorded already and left out. `lineage` is the id that all versions of the state share; ownership marks contain it.

    Raises ApiError if an API call fails.
    """
    return find_created(begin, lineage, collection, _list(collection, ()), known)


def _list(collection: Collection, recorded: Sequence[str]) -> list[Live]:
    """Returns all live objects of `collection`. The list is empty if the server does not have the collection.

    `recorded` are the ids of recorded objects of this collection. Raises ListCut if the API answers that the list does
    not exist, although one of these objects exists.
    """
    if not collection.remote:
        return []
    try:
        return [live for page in collection.pages() for live in page]
    except NotFound as error:
        if any(collection.retrieve(id) for id in recorded[:PROBES]):
            message = f"the list is not found, although an object exists that it should contain: {error.message}"
            raise ListCut(message, status=404, hint="run the command again") from error
        return []


def _any_of(found: CreatedObjects, begin: Begin, operations: Sequence[Begin], declared: ObjectType) -> Live | None:
    """Returns one of the objects in `found`, if any of them may be recorded as the result of the create request
    `begin`. Otherwise returns None.

    Two conditions must be met. The contents of all these objects were compared and are equal to the sent content. And
    `operations` contains at least as many create requests with this content as there are objects.
    """
    sent = begin.intent.record.inputs if isinstance(begin.intent, Creating) else None
    same = [each for each in operations if isinstance(each.intent, Creating) and each.intent.record.inputs == sent]
    may_take = declared.is_readable and found.certain and 0 < len(found.lives) <= len(same)
    return found.lives[0] if may_take else None


def _is_superseded(begin: Begin, creating: Creating, state: State) -> bool:
    """Returns whether the create request in `begin` was sent again, and `state` already records the object of the later
    request. `creating` is the description of the request in the journal.
    """
    current = state.records.get(begin.address)
    is_version = TYPES[begin.type].version_of is not None
    return current is not None and (version_of(current) if is_version else current.id) != creating.before


def _delta(begin: Begin, creating: Creating, live: Live, state: State) -> Delta | None:
    """Returns the change of the state that records `live`, the object that the create request in `begin` has made.
    Returns None if `live` is a version of an object that the state does not record.

    If the request was sent again and the state records the second object, the returned change marks `live` for
    deletion.
    """
    owner = state.records.get(begin.address) if TYPES[begin.type].version_of else None
    if TYPES[begin.type].version_of and (owner is None or owner.id != split_version(live.id)[0]):
        return None
    if _is_superseded(begin, creating, state):
        blank = Record(begin.address, begin.type, live.id, {}, echo_of(live), operation=begin.operation)
        return Delta(retire=Retired(begin.address, begin.type, live.id), origin=Origin.of(blank))
    if owner is not None:
        return Delta(record=with_version(owner, creating.record, live), retire=creating.retire)
    record = replace(creating.record, id=live.id, echo=echo_of(live), operation=begin.operation)
    return Delta(record=record, retire=creating.retire)


def _found_diagnostic(begin: Begin, live: Live) -> Diagnostic:
    message = f"{begin.address}: an earlier run was interrupted after it made {live.id}; it is taken over"
    return Diagnostic("info", message, address=str(begin.address))


def _adopted_diagnostic(begin: Begin, id: str) -> Diagnostic:
    message = f"{begin.address}: an earlier run was interrupted after it adopted {id}; the object is recorded now"
    return Diagnostic("info", message, address=str(begin.address))


def _undecided(begin: Begin, found: CreatedObjects, declared: ObjectType) -> Diagnostic:
    ids = ", ".join(live.id for live in found.lives)
    count = f"1 {declared.title}" if len(found.lives) == 1 else f"{len(found.lives)} {declared.plural}"
    advice = "delete those that nothing uses"
    if declared.mark is not MarkPlace.NOWHERE:
        advice += f" (without a mark of provision, the owner of a {declared.title} is not known), or rename them"
    message = (
        f"{begin.address}: an earlier run was interrupted while it made the {declared.title}, and {count} may be it "
        f"({ids}); {advice}, then run the command again"
    )
    return Diagnostic("blocked", message, address=str(begin.address))
