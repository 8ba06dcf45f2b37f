"""Reads the entries of `moved:`, which give renamed resources their new addresses.

An entry may stay in the manifests after it was applied. Therefore chains are allowed: `a` to `b`, and later `b` to `c`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from provisioner.core.address import Address
from provisioner.core.addresschanges import Move
from provisioner.core.addresskind import ENVIRONMENT_KIND
from provisioner.core.resource import Resource
from provisioner.manifest.parsing.document import Written
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.project_settings.settings import Settings
from provisioner.manifest.resources.entry_environment import applies
from provisioner.manifest.resources.former_addresses import FROM, is_undeclared, read_address, report_second

TO = "to"


def read_moves(
    written: Iterable[Written], declared: Mapping[Address, Resource], settings: Settings, report: Report
) -> dict[Address, Move]:
    """Returns the moves in the entries of `moved:`, keyed by the former address. A move gives a resource a new address.

    `written` are the entries, and `declared` maps addresses to the declared resources. Reports moves that contradict
    each other, and moves that contradict a declaration. An entry that names another environment of the project is left
    out; only the name of that environment is checked.
    """
    moves: dict[Address, Move] = {}
    targets: dict[Address, Written] = {}
    for entry in written:
        if not applies(entry, settings, report):
            continue
        source, target = read_address(entry, FROM, report), read_address(entry, TO, report)
        if source is None or target is None or not _is_possible(entry, source, target, report):
            continue
        first = moves.get(source)
        if first is not None and first.place is not None:
            report_second(entry, FROM, source, first.place, "moved", report)
        elif (other := targets.get(target)) is not None:
            message = f"{source} and {other.value[FROM]} are both moved to {target}, first at {other.place_of((TO,))}"
            report.error(entry.place_of((TO,)), f"{message}; an address has one object: remove one of them", target)
        elif is_undeclared(entry, source, declared, report):
            moves[source] = Move(source, target, entry.place_of((FROM,)))
            targets[target] = entry
    _report_cycles(moves, report)
    return moves


def _is_possible(entry: Written, source: Address, target: Address, report: Report) -> bool:
    """Returns whether a resource with the address `source` can get the address `target`. If it cannot, the entry of
    `moved:` is reported.
    """
    place = entry.place_of((TO,))
    if source == target:
        report.error(place, f"{source} is moved to itself; remove this entry", source)
    elif source.kind != target.kind:
        message = f"{source} (at {entry.place_of((FROM,))}) cannot become {target}, because their kinds differ"
        report.error(place, f"{message}; write an address that begins with `{source.kind}`", source)
    elif source.kind == ENVIRONMENT_KIND.name:
        message = "an environment template moves together with its assistant"
        report.error(place, f"{message}; write `assistant` instead of `{source.kind}` in both addresses", source)
    else:
        return True
    return False


def _report_cycles(moves: Mapping[Address, Move], report: Report) -> None:
    """Reports each cycle of moves once: an error at the first entry of the cycle, which also names the places of the
    other entries.
    """
    done: set[Address] = set()
    for start in moves:
        path: list[Address] = []
        address = start
        while address in moves and address not in done:
            done.add(address)
            path.append(address)
            address = moves[address].target
        if address not in path:
            continue
        cycle = path[path.index(address) :]
        steps = " to ".join(map(str, [*cycle, address]))
        others = ", ".join(str(moves[each].place) for each in cycle[1:])
        place = moves[address].place
        if place is not None:
            message = f"these moves lead in a circle: {steps} (the others at {others}); remove one of them"
            report.error(place, message, address)
