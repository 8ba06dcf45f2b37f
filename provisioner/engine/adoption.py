"""Takes over objects that exist already: reads them for the plan, and writes the mark and the fields that differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.errors import ProvisionError, Unavailable
from provisioner.core.objecttype import TYPES, MarkPlace
from provisioner.core.resource import Resource
from provisioner.engine.refresh import complete_live
from provisioner.engine.steps import NotOurs, Steps
from provisioner.openai_api.collections import Collection
from provisioner.openai_api.collections.collection import MARK_KEYS, Live, Mark, field_of
from provisioner.openai_api.collections.marks import write_mark
from provisioner.planning.diff.adoption import assume_record
from provisioner.planning.plan import Change
from provisioner.state.journal import Delta, End
from provisioner.state.operations import Adopting
from provisioner.state.records import State
from provisioner.state.shape import OPERATION
from provisioner.state.versions import ids_of

#: The most keys that the API keeps in an object's metadata.
METADATA_KEYS = 16


def read_imports(
    collections: Mapping[str, Collection],
    resources: Sequence[Resource],
    state: State,
    owner: str,
    *,
    refreshing: bool = True,
) -> tuple[dict[Address, Live], list[Diagnostic]]:
    """Returns the live object of each import whose resource has no record, by address, and a diagnostic for each import
    that is refused or has no effect.

    `owner` is project/environment. Nothing is changed. Raises ApiError.
    """
    found: dict[Address, Live] = {}
    diagnostics: list[Diagnostic] = []
    recorded = {id: str(record.address) for record in state.records.values() for id in ids_of(record)}
    retired = {entry.id: str(entry.address) for entry in state.retired}
    for resource in resources:
        imported, address = resource.imported, resource.address
        if imported is None:
            continue
        if (record := state.records.get(address)) is not None:
            if record.id != imported.id:
                message = (
                    f"the import of {imported.id} has no effect, because {address} is recorded as {record.id}; take "
                    "the import away"
                )
                diagnostics.append(Diagnostic("warning", message, imported.place, str(address)))
            continue
        live, problem = None, _find_conflict(imported.id, recorded, retired)
        if problem is None and not refreshing:
            problem = f"{imported.id} must be read before it can be imported; plan without --no-refresh"
        if problem is None:
            live, problem = _read(collections[resource.type], resource, imported.id, state, owner)
        if problem is not None:
            diagnostics.append(Diagnostic("error", f"{address}: {problem}", imported.place, str(address)))
        elif live is not None:
            found[address] = live
    return found, diagnostics


def adopt(steps: Steps, change: Change) -> None:
    """Writes the mark of provision and the fields that differ in one update, and records the object as adopted.
    Metadata keys that other programs or people set stay.

    Raises ApiError, and NotOurs if the object no longer exists or now carries the mark of another owner.
    """
    resource, collection = steps.resources[change.address], steps.collections[change.type]
    id, planned = change.id or "", steps.actual.imports[change.address]
    inputs = steps.inputs(resource)
    blank = steps.blank_record(change, resource, inputs, assume_record(resource, planned, inputs, collection.fields))
    live = collection.retrieve(id)
    if live is None:
        raise NotOurs(_missing(collection, id), hint="run `provision plan` again")
    if (foreign := find_foreign_mark(collection, live, steps.ledger.base, steps.owner)) is not None:
        raise NotOurs(f"nothing is written to {id}: {foreign}", hint="run `provision plan` again")
    body = _body(change, inputs, live, collection)
    begin = steps.ledger.begin_in_turn(Adopting(blank), change.address, change.type, body)
    mark = Mark(f"{steps.owner}/{change.address}", steps.ledger.base.lineage, begin.operation)
    try:
        with steps.ledger.turn():
            answer = collection.update(id, write_mark(collection.declared, body, mark))
    except Unavailable:
        raise
    except ProvisionError:
        steps.ledger.close(End(begin.operation))
        raise
    record = replace(blank, echo={**blank.echo, **answer.fields}, operation=begin.operation)
    steps.ledger.close(End(begin.operation, Delta(record=record)))


def find_foreign_mark(collection: Collection, live: Live, state: State, owner: str) -> str | None:
    """Returns why the mark of an object names another project, environment or state, as a sentence with advice. Returns
    None if the mark does not name another one.
    """
    mark = collection.mark_of(live)
    if mark is None:
        return None
    if collection.declared.mark is MarkPlace.NAME and not OPERATION.fullmatch(mark.operation):
        return None  # a name that people gave, with a `/` in it
    remedy = "if nothing manages it any more, "
    if collection.declared.mark is MarkPlace.NAME:
        remedy += "give it another name"
    else:
        remedy += f"remove {' and '.join(f'`{key}`' for key in MARK_KEYS)} from its metadata"
    if not mark.owner.startswith(f"{owner}/"):
        return f"its mark says that it belongs to {mark.owner or 'another project'}; {remedy}"
    if mark.lineage and mark.lineage != state.lineage:
        return f"its mark says that it belongs to another state of this project (lineage {mark.lineage}); {remedy}"
    return None


def _find_conflict(id: str, recorded: Mapping[str, str], retired: Mapping[str, str]) -> str | None:
    if id in recorded:
        return f"{id} is recorded as {recorded[id]} already; an object has one address: take the import away"
    if id in retired:
        return f"{id} was replaced as {retired[id]} and is going to be deleted; it cannot be imported"
    return None


def _read(
    collection: Collection, resource: Resource, id: str, state: State, owner: str
) -> tuple[Live | None, str | None]:
    """Returns the live object with the fields that lists omit, and None; or None, and why the object cannot be taken
    over. Raises ApiError.
    """
    live = collection.retrieve(id)
    if live is None:
        return None, _missing(collection, id)
    if live.status == "expired":
        return None, f"{id} has expired, so it holds nothing; take the import away, and a new one is made"
    if (foreign := find_foreign_mark(collection, live, state, owner)) is not None:
        return None, foreign
    if collection.declared.mark is MarkPlace.METADATA:
        wanted = {*(live.fields.get("metadata") or {}), *(resource.inputs.get("metadata") or {}), *MARK_KEYS}
        if len(wanted) > METADATA_KEYS:
            needed = f"with those of the manifest and provision's mark, {id} would have {len(wanted)} metadata keys"
            return None, f"{needed}, and at most {METADATA_KEYS} are possible; remove some from the object"
    complete = complete_live(collection, live)
    return (None, _missing(collection, id)) if complete is None else (complete, None)


def _missing(collection: Collection, id: str) -> str:
    return (
        f"there is no {collection.title} {id} in this account; check the id, the key (OPENAI_API_KEY) and the project, "
        "or take the import away"
    )


def _body(change: Change, inputs: Mapping[str, Any], live: Live, collection: Collection) -> dict[str, Any]:
    """Returns the fields to send, without the mark: the fields that differ, and the metadata with its live keys and the
    desired keys.
    """
    body: dict[str, Any] = {}
    for name in change.fields:
        field = field_of(collection.fields, name)
        if field.mode in ("value", "write_only", "create_only"):
            body[name] = inputs.get(name, field.reset)
    if TYPES[change.type].mark is MarkPlace.METADATA:
        body["metadata"] = {**(live.fields.get("metadata") or {}), **(inputs.get("metadata") or {})}
    return body
