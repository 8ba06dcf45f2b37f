"""Reads the addresses in the entries of `moved:` and `removed:`, and checks that no manifest still declares a former
address.
"""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.core.address import Address
from provisioner.core.addresskind import INSTRUCTIONS_KIND, TEST_KIND, TOOL_KIND
from provisioner.core.diagnostic import Place
from provisioner.core.errors import UsageError
from provisioner.core.objecttype import ADDRESS_KINDS, OBJECT_KINDS
from provisioner.core.resource import Resource
from provisioner.manifest.parsing.document import Written
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.validation.nearest import advise, enumerate_names

#: Kinds without objects. Nothing is recorded under their addresses, so nothing can be moved or forgotten.
PARTS = (INSTRUCTIONS_KIND.name, TOOL_KIND.name, TEST_KIND.name)
FROM = "from"


def read_address(entry: Written, name: str, report: Report) -> Address | None:
    """Returns the address in the field `name` of an entry of `moved:` or `removed:`. If no object can have this
    address, reports an error and returns None.
    """
    place, text = entry.place_of((name,)), entry.value[name]
    try:
        address = Address.parse(text)
    except UsageError:
        report.error(place, f"`{text[:60]}` is not an address; write it as in a plan, such as vector_store.handbook")
        return None
    kinds = [kind.name for kind in OBJECT_KINDS]
    if address.kind in PARTS:
        title = ADDRESS_KINDS[address.kind].section
        what = "have" if address.kind == TEST_KIND.name else "are parts of assistants and have"
        report.error(place, f"{title} {what} no objects of their own; remove this entry")
        return None
    if address.kind not in kinds:
        advice = advise(address.kind, kinds, f"known are {enumerate_names(kinds)}")
        report.error(place, f"there is no kind `{address.kind}`; {advice}")
        return None
    return address


def is_undeclared(entry: Written, address: Address, declared: Mapping[Address, Resource], report: Report) -> bool:
    """Returns whether `address`, the address in the field `from:` of `entry`, is declared by no manifest. If a manifest
    declares it, reports an error. `declared` maps addresses to the declared resources.
    """
    resource = declared.get(address)
    if resource is None:
        return True
    where = "" if resource.place is None else f" at {resource.place}"
    report.error(
        entry.place_of((FROM,)), f"{address} is still declared{where}; remove that declaration, or this entry", address
    )
    return False


def report_second(entry: Written, name: str, address: Address, first: Place, verb: str, report: Report) -> None:
    """Reports an entry of `moved:` or `removed:` that repeats the address of an earlier entry. `first` is the place of
    the earlier entry.

    `name` is the field of the entry that contains the address. `verb` is the word in the message: "moved" or "removed".
    """
    message = f"{address} is {verb} a second time, first at {first}; remove one of the two entries"
    report.error(entry.place_of((name,)), message, address)
