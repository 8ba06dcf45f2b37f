"""Reads the entries of `removed:`. An entry says what happens to the object of a resource that is no longer in the
manifests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from provisioner.core.address import Address
from provisioner.core.addresschanges import Move, Removal
from provisioner.core.resource import Resource
from provisioner.manifest.parsing.document import Written
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.project_settings.settings import Settings
from provisioner.manifest.resources.entry_environment import applies
from provisioner.manifest.resources.former_addresses import FROM, is_undeclared, read_address, report_second


def read_removals(
    written: Iterable[Written],
    declared: Mapping[Address, Resource],
    moves: Mapping[Address, Move],
    settings: Settings,
    report: Report,
) -> dict[Address, Removal]:
    """Returns the removals in the entries of `removed:` (`written`), keyed by the address of the removed resource. A
    removal says what happens to the resource's object.

    Reports an address that a manifest still declares (`declared`), that was moved (`moves`), or that two entries
    remove. If an entry is for another environment of the project, only the name of that environment is checked.
    """
    found: dict[Address, Removal] = {}
    for entry in written:
        if not applies(entry, settings, report):
            continue
        address = read_address(entry, FROM, report)
        if address is None or not is_undeclared(entry, address, declared, report):
            continue
        place = entry.place_of((FROM,))
        first, move = found.get(address), moves.get(address)
        if first is not None and first.place is not None:
            report_second(entry, FROM, address, first.place, "removed", report)
        elif move is not None:
            message = f"{address} is moved to {move.target} at {move.place}; remove one of the two entries"
            report.error(place, message, address)
        else:
            found[address] = Removal(address, bool(entry.value["destroy"]), place)
    return found
