"""Adopts objects that exist at OpenAI already. The plan reads these objects. The apply writes the fields that differ
from the manifest, and an ownership mark, which says that the project manages the object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic, Place
from provisioner.core.errors import ProvisionError, Unavailable
from provisioner.core.objecttype import FILE, TYPES, MarkPlace
from provisioner.core.resource import Resource
from provisioner.engine.import_conflicts import ImportConflicts
from provisioner.engine.live_objects import complete_live
from provisioner.engine.steps import Steps
from provisioner.engine.undeleted import NotOurs
from provisioner.openai_api.collections import Collection
from provisioner.openai_api.collections.collection import MARK_KEYS, Live, Mark, field_of
from provisioner.openai_api.collections.marks import write_mark
from provisioner.planning.diff.adoption import assume_record, other_name
from provisioner.planning.plan import Action, Change
from provisioner.state.journal import Delta, End
from provisioner.state.operations import Adopting
from provisioner.state.records import Record, State
from provisioner.state.shape import OPERATION

#: The most keys that the API keeps in an object's metadata.
METADATA_KEYS = 16
#: The key in a record's echo for the name that an adopted object had before its mark was written into its name.
FORMER_NAME = "provision_former_name"


def read_imports(
    collections: Mapping[str, Collection],
    resources: Sequence[Resource],
    state: State,
    owner: str,
    *,
    declared: Sequence[Resource] = (),
    listed: Mapping[str, Live] = MappingProxyType({}),
    pending: Mapping[str, Address] = MappingProxyType({}),
    refreshing: bool = True,
) -> tuple[dict[Address, Live], list[Diagnostic]]:
    """Reads the live objects that the resources import. Returns the objects, keyed by the address of the importing
    resource, and the diagnostics: an error for each import that is refused, and a warning if an import has no effect or
    an upload has another name than the local file.

    Only imports of resources without a record in `state` are read. `owner` is the project and its environment, as
    `project/environment`. `declared` are all resources of the manifests. `listed` maps ids to objects that were read
    already. The keys of `pending` are the ids of objects that an interrupted run may have made; the values are the
    addresses of these objects. If `refreshing` is False, no object is read, and each of these imports gets an error.
    Nothing is changed. Raises ApiError if an API call fails.
    """
    found: dict[Address, Live] = {}
    diagnostics: list[Diagnostic] = []
    if not resources:
        return found, diagnostics
    conflicts = ImportConflicts(state, pending, {each.address: each for each in declared})
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
        live, problem = None, conflicts.find(address, imported)
        if problem is None and not refreshing:
            problem = (
                f"{imported.id} must be read before it can be imported; plan without --no-refresh (--refresh none)"
            )
        if problem is None:
            collection = collections[resource.type]
            live = listed.get(imported.id) or collection.retrieve(imported.id)
            live, problem = _check(collection, resource, imported.id, live, state, owner)
        if problem is not None:
            diagnostics.append(Diagnostic("error", f"{address}: {problem}", imported.place, str(address)))
        elif live is not None:
            found[address] = live
            diagnostics += _notes(resource, live)
    return found, diagnostics


def find_wanted(resources: Sequence[Resource], state: State) -> dict[str, set[str]]:
    """Returns the ids of two groups of objects: the uploads that the manifests name, and the objects that the manifests
    import. The result maps each object type to a set of ids. An import whose resource has a record in `state` is left
    out, because its object was adopted already.
    """
    wanted: dict[str, set[str]] = {}
    for resource in resources:
        if resource.uploads:
            wanted.setdefault(FILE.name, set()).update(resource.uploads)
        if resource.imported is not None and resource.address not in state.records:
            wanted.setdefault(resource.type, set()).add(resource.imported.id)
    return wanted


def adopt(steps: Steps, change: Change) -> None:
    """Adopts the object that `change` names. One update writes the ownership mark and the fields that differ from the
    manifest. Then the object is recorded as adopted. Metadata keys that other programs or people set stay.

    If objects of this type cannot carry a mark, the object is only recorded; but if its content is kept in versions and
    differs from the manifest, a new version is uploaded. Raises ApiError if an API call fails. Raises NotOurs if the
    object no longer exists or now carries the mark of another owner.
    """
    resource, collection = steps.resources[change.address], steps.collections[change.type]
    id, planned = change.id or "", steps.actual.imports[change.address]
    inputs = steps.inputs(resource)
    blank = steps.blank_record(change, resource, inputs, assume_record(resource, planned, inputs, collection.fields))
    if collection.declared.mark is MarkPlace.NOWHERE:
        _record_unmarked(steps, change, blank, planned)
        return
    if collection.declared.mark is MarkPlace.NAME:
        blank = replace(blank, echo={**blank.echo, FORMER_NAME: planned.fields.get("name")})
    live = collection.retrieve(id)
    if live is None:
        raise NotOurs(_missing(collection, id, resource), hint="run `provision plan` again")
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


def _record_unmarked(steps: Steps, change: Change, blank: Record, planned: Live) -> None:
    """Records an object whose type cannot carry an ownership mark as adopted. `blank` is the record to write, and
    `planned` is the live object as the plan has read it.

    If the object's content is kept in versions and differs from the manifest, the content in the manifest is then
    uploaded as a new version.
    """
    versions = TYPES[change.type].versions
    if versions is None or versions.content not in change.fields:
        steps.ledger.note(Delta(record=blank))
        return
    inputs = {name: value for name, value in blank.inputs.items() if name != versions.content}
    if versions.content in planned.fields:
        inputs[versions.content] = planned.fields[versions.content]
    steps.ledger.note(Delta(record=replace(blank, inputs=inputs)))
    steps.change(replace(change, action=Action.UPDATE))


def find_foreign_mark(collection: Collection, live: Live, state: State, owner: str) -> str | None:
    """Returns a message if the ownership mark of the object `live` names another project, another environment of the
    project, or another state. The message says what the mark names, and what the user can do. Returns None if the
    object has no mark, or if the mark names `owner` (`project/environment`) and no other state than `state`.
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


def _check(
    collection: Collection, resource: Resource, id: str, live: Live | None, state: State, owner: str
) -> tuple[Live | None, str | None]:
    """Checks whether the live object with the id `id` can be adopted for `resource`. `live` is None if there is no such
    object. Returns (live object, None) if the object can be adopted, otherwise (None, reason).

    The returned live object also contains the fields that the API's lists omit. Raises ApiError if an API call fails.
    """
    if live is None:
        return None, _missing(collection, id, resource)
    if live.status == "expired":
        advice = (
            "take the import away, and a new one is made"
            if _is_declared(resource)
            else "`provision apply` makes a new one"
        )
        return None, f"{id} has expired, so it holds nothing; {advice}"
    if (foreign := find_foreign_mark(collection, live, state, owner)) is not None:
        return None, foreign
    if collection.declared.mark is MarkPlace.METADATA:
        wanted = {*(live.fields.get("metadata") or {}), *(resource.inputs.get("metadata") or {}), *MARK_KEYS}
        if len(wanted) > METADATA_KEYS:
            needed = f"with those of the manifest and provision's mark, {id} would have {len(wanted)} metadata keys"
            return None, f"{needed}, and at most {METADATA_KEYS} are possible; remove some from the object"
    if resource.type == FILE.name and (problem := _find_other_file(resource, live)) is not None:
        return None, problem
    complete = complete_live(collection, live)
    return (None, _missing(collection, id, resource)) if complete is None else (collection.with_content(complete), None)


def _find_other_file(resource: Resource, live: Live) -> str | None:
    """Returns a reason if the upload `live` cannot be imported as the local file that `resource` declares. There are
    three reasons: another size, another purpose, or an expiry in the manifest, which an existing upload cannot get.
    Returns None if the upload can be imported.
    """
    size, purpose = live.fields.get("bytes"), live.fields.get("purpose")
    wanted = resource.inputs.get("bytes"), resource.inputs.get("purpose")
    if size is not None and size != wanted[0]:
        return f"{live.id} has {size:,} bytes, and the file here has {wanted[0]:,}; import the upload of this content"
    if purpose is not None and purpose != wanted[1]:
        advice = f"declare the file under `files:` with `purpose: {purpose}`"
        return f"{live.id} was uploaded for `{purpose}`, and the file here is for `{wanted[1]}`; {advice}"
    if "expires_after" in resource.inputs:
        advice = "take `expires_after` or the import away" if _is_declared(resource) else "take `expires_after` away"
        return f"the expiry of {live.id} cannot be set any more; {advice}"
    return None


def _notes(resource: Resource, live: Live) -> list[Diagnostic]:
    """Returns a list with one warning if the name of the imported upload `live` differs from the name of the local file
    that `resource` declares. Otherwise the list is empty.
    """
    if resource.type != FILE.name or resource.imported is None or (name := other_name(resource, live)) is None:
        return []
    return [warn_of_name(resource, live.id, name, resource.imported.place)]


def warn_of_name(resource: Resource, id: str, name: str, place: Place | None) -> Diagnostic:
    """Returns the warning that the name of an adopted upload differs from the name of the local file. `id` is the
    upload's id, `name` is its name at OpenAI, and `place` is the place in the manifest that the warning shows.
    """
    message = f"{resource.address}: {id} is called `{name}` at OpenAI, and citations show that name"
    return Diagnostic("warning", message, place, str(resource.address))


def _is_declared(resource: Resource) -> bool:
    """Returns whether the import of `resource` is an entry of a manifest. Returns False if the import was given on the
    command line.
    """
    return resource.imported is not None and resource.imported.place is not None


def _missing(collection: Collection, id: str, resource: Resource) -> str:
    check = "check the id, the key (OPENAI_API_KEY) and the project"
    if _is_declared(resource):
        check += ", or take the import away"
    return f"there is no {collection.title} {id} in this account; {check}"


def _body(change: Change, inputs: Mapping[str, Any], live: Live, collection: Collection) -> dict[str, Any]:
    """Returns the fields to send when an object is adopted: the fields that differ from the manifest (except files,
    which are attached later), and the metadata if it is the place of the ownership mark. The metadata contains the keys
    of the live object and the keys in the manifest, but not the ownership mark.
    """
    body: dict[str, Any] = {}
    for name in change.fields:
        behaviour = field_of(collection.fields, name)
        if behaviour.mode in ("value", "write_only", "create_only"):
            body[name] = inputs.get(name, behaviour.reset)
    if TYPES[change.type].mark is MarkPlace.METADATA:
        body["metadata"] = {**(live.fields.get("metadata") or {}), **(inputs.get("metadata") or {})}
    return body
