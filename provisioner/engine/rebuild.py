"""Makes a new state from the ownership marks on live objects, when the old state is lost.

The mark of an object contains its address. An upload has no mark. Its address is found by a path and a checksum: the
attributes of the file in a vector store contain them. Or a marked object contains the upload's id, and the upload has
the name and size of a resource. A skill is found in this second way too, by its name. Resources without an object are
reported, together with the objects that may belong to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.errors import ApiError, NotFound, UsageError
from provisioner.core.objecttype import FILE, TYPES
from provisioner.core.resource import Resource
from provisioner.engine.guards import UNSUPPORTED
from provisioner.engine.ledger import ADOPTION
from provisioner.engine.live_objects import complete_live
from provisioner.engine.ownership import echo_of
from provisioner.engine.unplaced_uploads import Found, is_imported, place_named
from provisioner.openai_api.collections import FIELDS, Collection
from provisioner.openai_api.collections.collection import Live
from provisioner.openai_api.collections.marks import is_alike
from provisioner.planning.diff.sent_fields import recorded_inputs
from provisioner.planning.diff.values import resolve
from provisioner.state.records import Record, State
from provisioner.state.shape import upload_fields


class Rebuilt(Struct):
    """The new state, and lines of text (`unplaced`): about each resource or object that the state does not contain
    because it could not be identified, each type that the server refuses to list, and an index of releases that cannot
    be opened.
    """

    state: State
    unplaced: list[str] = field(default_factory=list)


def rebuild(collections: Mapping[str, Collection], resources: Sequence[Resource], blank: State) -> Rebuilt:
    """Returns a new state: a copy of the empty state `blank` with records for the live objects whose ownership mark
    names the project and environment in `blank`. Also returns a line of text for each resource or object that could not
    be identified, and for each type that the server refuses to list. `resources` are the declared resources. No object
    is changed. Raises ApiError if an API call fails.
    """
    rebuilt = Rebuilt(blank)
    wanted = {resource.type for resource in resources}
    lives = {
        each.name: _listed(collections[each.name], each.name in wanted, rebuilt)
        for each in TYPES.values()
        if not each.local and each.version_of is None
    }
    found = _newest(_find(collections, lives, f"{blank.project}/{blank.environment}/"), rebuilt)
    lineages = [each.lineage for each in found if each.lineage]
    if lineages:
        rebuilt.state = replace(blank, lineage=max(set(lineages), key=lineages.count))
    desired = {resource.address: resource for resource in resources}
    unmarked = _unmarked(collections, lives)
    records = {record.address: record for record in _files(found, unmarked[FILE.name], resources)}
    records |= place_named(found, unmarked, resources, records)
    ids = {address: record.id for address, record in records.items()}
    ids |= {each.address: each.live.id for each in found}
    for each in found:
        records[each.address] = _record(each, desired.get(each.address), ids)
    rebuilt.state = replace(rebuilt.state, records=records)
    rebuilt.unplaced += _unplaced(resources, records, unmarked)
    return rebuilt


def _find(collections: Mapping[str, Collection], lives: Mapping[str, Iterable[Live]], owner: str) -> list[Found]:
    """Returns every live object whose ownership mark begins with `owner`, which is `project/environment/`, with all its
    fields. The fields of a vector store include its files. `lives` maps each type to the listed objects.
    """
    found: list[Found] = []
    for type_, each in lives.items():
        collection = collections[type_]
        marked = [ours for live in each if (ours := _read_found(collection, live, owner)) is not None]
        complete = [(ours, complete_live(collection, ours.live)) for ours in marked]
        found += [replace(ours, live=live) for ours, live in complete if live is not None]
    return found


def _unmarked(collections: Mapping[str, Collection], lives: Mapping[str, Iterable[Live]]) -> dict[str, dict[str, Live]]:
    """Returns the live objects that carry no ownership mark. The result maps each type to a mapping from ids to
    objects.
    """
    return {
        type_: {live.id: live for live in each if collections[type_].mark_of(live) is None}
        for type_, each in lives.items()
    }


def _listed(collection: Collection, wanted: bool, rebuilt: Rebuilt) -> list[Live]:
    """Returns all objects of a collection, or an empty list if the server does not have the collection.

    `wanted` means that the manifests contain a resource of this type. If `wanted` is False and the server refuses the
    list with a status in UNSUPPORTED, the list is empty and a line about the refusal is added to `rebuilt`. Raises
    ApiError for every other error of the API.
    """
    try:
        return [live for page in collection.pages() for live in page]
    except NotFound:
        return []
    except ApiError as error:
        if wanted or error.status not in UNSUPPORTED:
            raise
        rebuilt.unplaced.append(f"{collection.title}s were not looked for, since the server refuses: {error.message}")
        return []


def _read_found(collection: Collection, live: Live, owner: str) -> Found | None:
    """Returns the object `live` together with the parts of its ownership mark. Returns None if the object has no mark,
    or if its mark does not consist of `owner`, which is `project/environment/`, and an address.
    """
    mark = collection.mark_of(live)
    if mark is None or not mark.owner.startswith(owner):
        return None
    try:
        address = Address.parse(mark.owner.removeprefix(owner))
    except UsageError:
        return None
    return Found(address, collection.declared.name, live, mark.lineage or None, mark.operation)


def _newest(found: Iterable[Found], rebuilt: Rebuilt) -> list[Found]:
    """Returns the newest object of each address. Reports the other objects of the same address in `rebuilt`.

    If several objects were created in the same second, the first of them in the list counts as the newest, because
    lists begin with the newest object.
    """
    kept: dict[Address, Found] = {}
    for each in sorted(found, key=lambda each: each.live.created_at, reverse=True):
        if each.address in kept:
            other = kept[each.address].live.id
            rebuilt.unplaced.append(f"{each.live.id} says that it is {each.address}, as the newer {other} does")
        else:
            kept[each.address] = each
    return [kept[address] for address in sorted(kept)]


def _files(found: Iterable[Found], uploads: Mapping[str, Live], resources: Sequence[Resource]) -> list[Record]:
    """Returns records for the uploads that are files of the vector stores in `found`. A file gets a record only if its
    attributes in the store contain a checksum. The path in these attributes gives the address. `uploads` maps ids to
    live uploads.
    """
    addresses = {str(each.path): each for each in resources if each.type == FILE.name}
    by_name = {resource.address.name: resource for resource in resources if resource.type == FILE.name}
    records: dict[str, Record] = {}
    for each in found:
        for id, member in (each.live.fields.get(TYPES[each.type].members or "") or {}).items():
            attributes = member.get("attributes") or {}
            if id not in uploads or "sha256" not in attributes:
                continue
            path = str(attributes.get("path", ""))
            resource = by_name.get(path) or next(
                (item for place, item in addresses.items() if path and place.endswith(f"/{path}")), None
            )
            address = resource.address if resource else Address(FILE.kind.name, path or id)
            inputs = upload_fields({"sha256": attributes["sha256"], **uploads[id].fields})
            if resource is not None and resource.inputs["sha256"] == attributes["sha256"]:
                inputs = {**resource.inputs}
            # Nothing shows who uploaded a file of an adopted store, so it is forgotten instead of deleted.
            adopted = each.operation.startswith(ADOPTION) or is_imported(resource, id)
            records[id] = Record(address, FILE.name, id, inputs, echo_of(uploads[id]), adopted=adopted)
    return list(records.values())


def _record(found: Found, resource: Resource | None, ids: Mapping[Address, str]) -> Record:
    """Returns the record that an apply would have written for the object in `found`. Values that the API does not
    return are missing in the record. `ids` maps addresses to ids.
    """
    fields = FIELDS[found.type]
    names = {id: str(address) for address, id in ids.items()}
    desired = None if resource is None else resolve(resource.inputs, dict(ids))
    return Record(
        address=found.address,
        type=found.type,
        id=found.live.id,
        inputs=recorded_inputs(found.live, desired, fields, names),
        echo=echo_of(found.live),
        needs=() if resource is None else tuple(sorted(map(str, resource.needs))),
        sources={} if resource is None else dict(resource.sources),
        protect=resource is not None and resource.lifecycle.protect,
        adopted=found.operation.startswith(ADOPTION),
        operation=found.operation or None,
    )


def _unplaced(
    resources: Iterable[Resource], records: Mapping[Address, Record], unmarked: Mapping[str, Mapping[str, Live]]
) -> list[str]:
    """Returns a line of text for each resource that has no object. The line names the live objects without an ownership
    mark (`unmarked`) that may belong to the resource.
    """
    placed = {record.id for record in records.values()}
    lines = []
    for resource in resources:
        if resource.address in records:
            continue
        declared = TYPES[resource.type]
        if declared.local:
            lines.append(
                f"{resource.address}: a {declared.title} exists only in the state; "
                "the next apply makes it as a new release"
            )
            continue
        lives = unmarked[declared.name].values()
        alike = [live.id for live in lives if live.id not in placed and is_alike(declared, resource.inputs, live)]
        maybe = f"; it may be {', '.join(sorted(alike))}, which is not certain" if alike else ""
        missing = "no store names it" if declared is FILE else "nothing live carries its mark"
        lines.append(f"{resource.address}: {missing}{maybe}")
    return lines
