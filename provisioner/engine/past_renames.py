"""Finds out whether an object with a new address once had the former address that a reviewed plan displays."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.core.address import Address
from provisioner.core.addresskind import ASSISTANT_KIND
from provisioner.core.errors import StateError
from provisioner.core.objecttype import TYPES
from provisioner.engine.engine import Planned
from provisioner.planning.plan import Change
from provisioner.state.journal import deltas, fold
from provisioner.state.records import State
from provisioner.state.releases.index import ReleaseIndex


def was_renamed(change: Change, planned: Planned) -> bool:
    """Returns whether the object that the reviewed change `change` renames once had its former address. `planned` is
    the new plan.

    The record proves it while the mark of the object contains the former address. Otherwise a former state proves it,
    or the releases, which an assistant keeps when it is renamed. A fresh clone has no history of the state. If the
    history does not contain the state before the present one, the rename of an object without releases is believed.
    """
    former, snapshot = change.moved_from, planned.snapshot
    if former is None:
        return False
    record = fold(snapshot.state, deltas(planned.recovery.ends)).records.get(change.address)
    if record is not None and record.marked == str(former):
        return True
    if any(_has(state, former, change) for state in (snapshot.base, *_former_states(planned))):
        return True
    if change.address.kind == ASSISTANT_KIND.name:
        return _shares_releases(planned.releases.index, former, change.address)
    return snapshot.base.serial - 1 not in planned.releases.backend.history()


def _has(state: State, address: Address, change: Change) -> bool:
    """Returns whether `state` records the object of `change` at `address`. The id of a definition contains its name, so
    the ids of definitions are not compared.
    """
    record = state.records.get(address)
    if record is None or record.type not in (change.type, change.former_type):
        return False
    return record.id == change.id or TYPES[record.type].local


def _former_states(planned: Planned) -> Iterator[State]:
    """Yields the readable states in the history, beginning with the newest one."""
    backend = planned.releases.backend
    for serial in sorted(backend.history(), reverse=True):
        try:
            yield backend.read_former(serial)
        except StateError:
            continue


def _shares_releases(index: ReleaseIndex, former: Address, address: Address) -> bool:
    """Returns whether the releases of `address` can continue the releases of `former`. This is the case if they have a
    release in common, or if no release number occurs in both, because older releases were removed.
    """
    old = {each.number: (each.digest, each.made) for each in index.of(former)}
    both = [each for each in index.of(address) if each.number in old]
    return bool(old) and (not both or any(old[each.number] == (each.digest, each.made) for each in both))
