"""Objects of types that carry no mark, placed by the marked objects that name them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from provisioner.core.address import Address
from provisioner.core.leaves import leaves
from provisioner.core.objecttype import TYPES, MarkPlace
from provisioner.core.resource import Resource, refs
from provisioner.openai_api.collections.collection import Live
from provisioner.openai_api.collections.marks import is_alike
from provisioner.state.records import Record


@dataclass(frozen=True, slots=True)
class Found:
    """A marked object: whose it says it is."""

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
    """A record for every resource without a mark that a found object uses, and names one object for.

    `unmarked` are the live objects without a mark, by type and id. The one that is recorded has the traits of the
    resource, and is the only such one that its user names: content cannot be compared, since the API gives no checksum.
    """
    by_address = {resource.address: resource for resource in resources}
    records: dict[Address, Record] = {}
    for each in found:
        user = by_address.get(each.address)
        if user is None or TYPES[each.type].members is not None:
            continue  # members are placed by their checksum
        named = {leaf for leaf in leaves(each.live.fields) if isinstance(leaf, str)}
        for address in sorted({ref.address for ref in refs(user.inputs)}):
            used = by_address.get(address)
            if used is None or TYPES[used.type].mark is not MarkPlace.NOWHERE or address in placed:
                continue
            lives = unmarked.get(used.type, {})
            alike = [id for id in sorted(named & lives.keys()) if is_alike(TYPES[used.type], used.inputs, lives[id])]
            if len(alike) == 1:
                live = lives[alike[0]]
                records[address] = Record(address, used.type, live.id, {**used.inputs}, dict(live.fields))
    return records
