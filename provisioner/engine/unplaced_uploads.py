"""Finds the resources to which live objects without an ownership mark belong, such as files. Objects with a mark that
use them show the resource.

A marked object contains the ids of the objects that it uses. The resource of the marked object refers to the resources
of these used objects.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from provisioner.core.address import Address
from provisioner.core.leaves import leaves
from provisioner.core.objecttype import TYPES, MarkPlace
from provisioner.core.resource import Resource, refs
from provisioner.engine.ledger import ADOPTION
from provisioner.engine.ownership import echo_of
from provisioner.openai_api.collections.collection import Live
from provisioner.openai_api.collections.marks import is_alike
from provisioner.state.records import Record


class Found(Struct, frozen=True):
    """A live object whose ownership mark names this project and this environment of the project, with the other parts
    of the mark: address, lineage (the id of the state) and operation.
    """

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
    """Returns records for resources whose live objects carry no ownership mark, keyed by address. A resource gets a
    record if a marked object uses it and exactly one live object without a mark fits.

    `found` are the marked objects. `unmarked` maps types and ids to live objects without a mark. `placed` are the
    addresses that have a record already. An object fits if the marked object contains its id, and if it has the
    identifying fields (such as name and size) of the resource. Contents are not compared, because the API gives no
    checksum. The record says that the object was adopted if the marked object was adopted, or if an import names the
    object.
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
                adopted = each.operation.startswith(ADOPTION) or is_imported(used, live.id)
                inputs = _known_inputs(used)
                records[address] = Record(address, used.type, live.id, inputs, echo_of(live), adopted=adopted)
    return records


def is_imported(resource: Resource | None, id: str) -> bool:
    """Returns whether an entry of `imports:` in a manifest says that `resource` adopts the object with this id. For an
    object without an ownership mark, only such an entry shows that the object was adopted.
    """
    return resource is not None and resource.imported is not None and resource.imported.id == id


def _known_inputs(resource: Resource) -> dict[str, Any]:
    """Returns the inputs to record for an object that was found by its identifying fields. The content is left out if
    objects of this type keep their content in versions.

    The content was not compared, so the next apply uploads the content as a new version.
    """
    versions = TYPES[resource.type].versions
    unknown = {versions.content} if versions else set()
    return {name: value for name, value in resource.inputs.items() if name not in unknown}
