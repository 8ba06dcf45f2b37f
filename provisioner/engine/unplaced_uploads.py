"""Finds the addresses of objects without marks: each is found through a marked object that uses it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provisioner.core.address import Address
from provisioner.core.leaves import leaves
from provisioner.core.objecttype import TYPES, MarkPlace
from provisioner.core.resource import Resource, refs
from provisioner.engine.ownership import echo_of
from provisioner.openai_api.collections.collection import Live
from provisioner.openai_api.collections.marks import is_alike
from provisioner.state.records import Record


@dataclass(frozen=True, slots=True)
class Found:
    """A live object with a mark of ours, and the contents of this mark: address, lineage and operation."""

    address: Address
    type: str
    live: Live
    lineage: str | None
    operation: str


def place_named(
    found: Iterable[Found],
    unmarked: Mapping[str, Mapping[str, Live]],
    resources: Sequence[Resource],
    placed: Container[Address],
) -> dict[Address, Record]:
    """Returns records for resources whose objects carry no mark: each is used by a marked object, and only one object
    is possible.

    `unmarked` are the live objects without a mark, by type and id. An object is possible if the marked object contains
    its id and it has the traits of the resource. Contents cannot be compared, because the API gives no checksum.
    `placed` are the addresses that have a record already.
    """
    by_address = {resource.address: resource for resource in resources}
    records: dict[Address, Record] = {}
    for each in found:
        user = by_address.get(each.address)
        if user is None or TYPES[each.type].members is not None:
            continue  # members are found by their checksum
        named = {leaf for leaf in leaves(each.live.fields) if isinstance(leaf, str)}
        for address in sorted({ref.address for ref in refs(user.inputs)}):
            used = by_address.get(address)
            if used is None or TYPES[used.type].mark is not MarkPlace.NOWHERE or address in placed:
                continue
            lives = unmarked.get(used.type, {})
            alike = [id for id in sorted(named & lives.keys()) if is_alike(TYPES[used.type], used.inputs, lives[id])]
            if len(alike) == 1:
                live = lives[alike[0]]
                records[address] = Record(address, used.type, live.id, _known_inputs(used), echo_of(live))
    return records


def _known_inputs(resource: Resource) -> dict[str, Any]:
    """Returns the inputs that an object found by its traits probably has. A content that is kept in versions is left
    out.

    The next apply uploads this content as a new version, because it was not compared.
    """
    versions = TYPES[resource.type].versions
    unknown = {versions.content} if versions else set()
    return {name: value for name, value in resource.inputs.items() if name not in unknown}
