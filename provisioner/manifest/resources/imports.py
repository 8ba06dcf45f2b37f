"""Adds imports to resources. An entry of `imports:` gives a resource the id of the live object that the resource
adopts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.errors import UsageError
from provisioner.core.objecttype import TYPES
from provisioner.core.resource import Import, Resource
from provisioner.manifest.parsing.document import Written
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.project_settings.settings import Settings
from provisioner.manifest.resources.entry_environment import applies
from provisioner.manifest.validation.ids import find_wrong_id
from provisioner.manifest.validation.nearest import advise

T = TypeVar("T")


def with_imports(
    resources: Sequence[Resource], written: Iterable[Written], settings: Settings, report: Report
) -> list[Resource]:
    """Returns the resources with their imports. If an entry of `imports:` names a resource, the resource gets the id of
    the object to import. `written` are the entries. Problems in the entries are reported.

    If an entry is for another environment of the project, only the name of that environment is checked.
    """
    by_address = {resource.address: resource for resource in resources}
    addresses: dict[Address, Written] = {}
    ids: dict[str, Written] = {}
    for entry in written:
        if not applies(entry, settings, report):
            continue
        resource = _find_resource(entry, by_address, report)
        if resource is None or not _is_possible(entry, resource, report):
            continue
        id = entry.value["id"]
        is_new = _is_first(entry, "to", resource.address, addresses, report)
        if not _is_first(entry, "id", id, ids, report) or not is_new:
            continue
        by_address[resource.address] = replace(resource, imported=Import(id, entry.place_of(("id",))))
    return [by_address[resource.address] for resource in resources]


def find_problem(resource: Resource, id: str) -> str | None:
    """Returns why an object with the id `id` cannot be imported into the resource. Returns None if it can. Only the
    form of the id and the type of the resource are checked.
    """
    declared = TYPES[resource.type]
    if declared.local:
        return (
            f"{resource.address} is of the type {declared.title} on this target, which exists only in the state, so "
            "nothing can be imported to it; take the import away, or use `target: agents` or `target: assistants`"
        )
    if not declared.is_importable:
        return f"{declared.plural} cannot be imported; take the import away"
    where = "" if resource.place is None else f" ({resource.place})"
    return find_wrong_id(declared, id, f"{resource.address}{where} is of the type {declared.title}")


def _find_resource(entry: Written, by_address: Mapping[Address, Resource], report: Report) -> Resource | None:
    """Returns the resource whose address is in `entry`, an entry of `imports:`. If the address is invalid or not
    declared, reports an error and returns None. `by_address` maps addresses to resources.
    """
    place, text = entry.place_of(("to",)), entry.value["to"]
    try:
        resource = by_address.get(Address.parse(text))
    except UsageError:
        report.error(place, f"`{text[:60]}` is not an address; write it as in a plan, such as vector_store.handbook")
        return None
    if resource is None:
        names = [str(address) for address, each in by_address.items() if TYPES[each.type].is_importable]
        advice = advise(text, names, "declare it, or take the import away")
        also = " If it left the manifests, take the import away, too" if advice.endswith("?") else ""
        report.error(place, f"no manifest declares `{text[:60]}`; {advice}{also}")
    return resource


def _is_possible(entry: Written, resource: Resource, report: Report) -> bool:
    problem = find_problem(resource, entry.value["id"])
    if problem is not None:
        report.error(entry.place_of(("id",)), problem, resource.address)
    return problem is None


def _is_first(entry: Written, name: str, value: T, seen: dict[T, Written], report: Report) -> bool:
    """Returns whether `entry` is the first entry of `imports:` with the value `value` in the field `name`. If it is
    not, the entry is reported together with the place of the first entry. `seen` maps each value to its first entry.
    """
    first = seen.setdefault(value, entry)
    if first is entry:
        return True
    message = f"`{value}` is imported a second time, first at {first.place_of((name,))}"
    message += "; an object has one address, and an address one object: remove one of them"
    report.error(entry.place_of((name,)), message)
    return False
