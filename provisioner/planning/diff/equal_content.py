"""Finds renamed resources that have no entry in `moved:`, the list of renames in the manifests. A resource was renamed
if exactly one undeclared record and exactly one new resource have the same content. If several records or several
resources have this content, a diagnostic blocks the plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.addresskind import ASSISTANT_KIND, ENVIRONMENT_KIND
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.objecttype import DELETE_ORDER, TYPES
from provisioner.core.resource import Resource
from provisioner.openai_api.collections import FIELDS
from provisioner.openai_api.collections.collection import field_of
from provisioner.planning.diff.members import OURS
from provisioner.planning.diff.values import recordable, resolve, unknowns
from provisioner.planning.plan import Unknown
from provisioner.state.record_columns import bodies_of
from provisioner.state.records import Record, State, digest

#: The modes of fields that are no part of the content, because they are not compared or the server sets them.
NOT_CONTENT = ("local", "pointer", "shown")
#: The most addresses that a message names.
SHOWN = 5


class EqualContent(Struct):
    """The renames that were found by comparing the contents of objects. `moves` maps the new address of each renamed
    record to its old address.

    If several records or several resources have the same content, it is not known which of them belong together.
    `diagnostics` contains a diagnostic for each group of such records and resources.
    """

    moves: dict[Address, Address] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)


def find_equal(
    leaving: Sequence[Record], arriving: Sequence[Resource], desired: Mapping[Address, Resource], state: State
) -> EqualContent:
    """Returns the renames of records that no manifest declares (`leaving`) to new resources (`arriving`) with the same
    content.

    `state` contains the records after all other renames. `desired` are all desired resources, keyed by address. An
    object is compared after the objects that it uses. So, if a vector store was renamed, the assistants that use it
    still have the same content.
    """
    found = EqualContent()
    if not leaving or not arriving:
        return found
    ids: dict[Address, str | Unknown] = {address: body.id for address, body in bodies_of(state.records)}
    for kind in reversed(DELETE_ORDER):
        records = [each for each in leaving if each.address.kind == kind and _is_compared(each.type)]
        resources = [each for each in arriving if each.address.kind == kind and _is_compared(each.type)]
        if not records or not resources:
            continue
        old = _grouped((_of_record(each, state), each.address) for each in records)
        new = _grouped((_of_resource(each, desired, ids), each.address) for each in resources)
        for content in sorted(old.keys() & new.keys()):
            if len(old[content]) == len(new[content]) == 1:
                found.moves[new[content][0]] = old[content][0]
                ids[new[content][0]] = ids[old[content][0]]
            else:
                place = desired[new[content][0]].place
                message = _ambiguous(old[content], new[content])
                found.diagnostics.append(Diagnostic("blocked", message, place, str(new[content][0])))
    return found


def _is_compared(type_: str) -> bool:
    """Returns whether renamed objects of the type `type_` are found by comparing their fields. This is not the case for
    files and skills, which are found by their uploaded content, and for environment templates, which are renamed
    together with their assistants.
    """
    return not TYPES[type_].content and TYPES[type_].kind is not ENVIRONMENT_KIND


def _grouped(pairs: Iterable[tuple[str | None, Address]]) -> dict[str, list[Address]]:
    groups: dict[str, list[Address]] = {}
    for content, address in pairs:
        if content is not None:
            groups.setdefault(content, []).append(address)
    return groups


def _of_record(record: Record, state: State) -> str | None:
    """Returns the digest of the content of the object in `record`. The digest of an assistant includes the content of
    its environment template. The result is never None.
    """
    template = state.records.get(replace(record.address, kind=ENVIRONMENT_KIND.name))
    inputs: Any = record.inputs
    if record.address.kind == ASSISTANT_KIND.name and template is not None:
        inputs = _replaced(inputs, template.id, _digest(template.type, template.address, template.inputs))
    return _digest(record.type, record.address, inputs)


def _of_resource(
    resource: Resource, desired: Mapping[Address, Resource], ids: Mapping[Address, str | Unknown]
) -> str | None:
    """Returns the digest of the content of the new resource `resource`. Returns None if the resource needs an object
    that does not exist yet. `ids` maps addresses to ids.
    """
    address = replace(resource.address, kind=ENVIRONMENT_KIND.name)
    template = desired.get(address) if resource.address.kind == ASSISTANT_KIND.name else None
    if template is not None:
        content = _of_resource(template, {}, ids)
        ids = ids if content is None else {**ids, address: content}
    inputs = recordable(resolve(resource.inputs, ids), FIELDS.get(resource.type, {}))
    return None if unknowns(inputs) else _digest(resource.type, resource.address, inputs)


def _digest(type_: str, address: Address, inputs: Mapping[str, Any]) -> str:
    """Returns the digest of the type and the fields of an object. The field `name` is left out if it equals the name in
    `address`. Empty metadata, and fields that are not part of the content, are left out too.
    """
    fields = FIELDS.get(type_, {})
    content: dict[str, Any] = {}
    for name, value in inputs.items():
        mode = field_of(fields, name).mode
        if mode in NOT_CONTENT or (name == "name" and value == address.name) or (name == "metadata" and not value):
            continue
        content[name] = _members(value) if mode == "members" else value
    return digest([type_, content])


def _members(members: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Returns the sorted digests of the files in a vector store. The attributes that provision adds are left out, so
    that a file has the same digest before and after it is moved.
    """
    return sorted(
        digest({**member, "attributes": {k: v for k, v in (member.get("attributes") or {}).items() if k not in OURS}})
        for member in members.values()
    )


def _replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _replaced(item, old, new) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(item, old, new) for item in value]
    return new if value == old else value


def _ambiguous(old: Sequence[Address], new: Sequence[Address]) -> str:
    sides = _named(old), _named(new)
    return (
        f"{sides[0]} may have been renamed to {sides[1]}: their contents are equal, so this is not guessed; write "
        "`moved: [{from: ADDRESS, to: ADDRESS}]` for what was renamed, or `removed: [{from: ADDRESS, destroy: true}]` "
        "for what is to be deleted"
    )


def _named(addresses: Sequence[Address]) -> str:
    more = [f"{len(addresses) - SHOWN} more"] if len(addresses) > SHOWN else []
    names = [*map(str, addresses[:SHOWN]), *more]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
