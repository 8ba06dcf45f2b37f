"""Finds out whether an object with a new address once had the former address that a reviewed plan displays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from provisioner.core.address import Address
from provisioner.core.addresskind import ASSISTANT_KIND
from provisioner.core.errors import StateError
from provisioner.core.objecttype import TYPES
from provisioner.engine.planned import Planned
from provisioner.planning.plan import Change
from provisioner.state.folding import fold
from provisioner.state.journal import deltas
from provisioner.state.records import Record, State
from provisioner.state.releases.index import ReleaseIndex


class PastRenames(Struct, dict=True):
    """Finds the renames that earlier runs made. `planned` is the new plan. The history is read at most once, and only
    if the record does not prove a rename.
    """

    planned: Planned

    def was_renamed(self, change: Change) -> bool:
        """Returns whether the object of `change`, a rename in the reviewed plan, once had the former address.

        Three things can prove the rename: the record, if it says that the object's ownership mark still contains the
        former address; a former state in the history; or the releases of an assistant, which a rename does not change.
        If the history does not contain the state before the present state, as in a fresh clone, the rename is accepted
        without proof, except for an assistant.
        """
        former, snapshot = change.moved_from, self.planned.snapshot
        if former is None:
            return False
        record = self._records.get(change.address)
        if record is not None and record.marked == str(former):
            return True
        if any(_fits(change, type_, id) for type_, id in self._past.get(former, ())):
            return True
        releases = self.planned.releases
        if change.address.kind == ASSISTANT_KIND.name:
            return _shares_releases(releases.index, former, change.address)
        return snapshot.base.serial - 1 not in releases.backend.history()

    @cached_property
    def _records(self) -> Mapping[Address, Record]:
        return fold(self.planned.snapshot.state, deltas(self.planned.recovery.ends)).records

    @cached_property
    def _past(self) -> Mapping[Address, set[tuple[str, str]]]:
        """The types and ids of all objects that were recorded at an address, keyed by address. States in the history
        that cannot be read are left out.
        """
        found: dict[Address, set[tuple[str, str]]] = {}
        for state in (self.planned.snapshot.base, *self._former_states()):
            for address, record in state.records.items():
                found.setdefault(address, set()).add((record.type, record.id))
        return found

    def _former_states(self) -> Iterator[State]:
        backend = self.planned.releases.backend
        for serial in backend.history():
            try:
                yield backend.read_former(serial)
            except StateError:
                continue


def _fits(change: Change, type_: str, id: str) -> bool:
    """Returns whether an object with this type and id can be the object of `change`. The ids of definitions (assistants
    for the Responses API) are not compared, because such an id contains the name, which a rename changes.
    """
    return type_ in (change.type, change.former_type) and (id == change.id or TYPES[type_].local)


def _shares_releases(index: ReleaseIndex, former: Address, address: Address) -> bool:
    """Returns whether the releases of `address` can be the releases that `former` had before a rename. This is the case
    if they have a release in common. It is also the case if no release number occurs in both, because older releases
    were then removed.
    """
    old = {each.number: (each.digest, each.made) for each in index.of(former)}
    both = [each for each in index.of(address) if each.number in old]
    return bool(old) and (not both or any(old[each.number] == (each.digest, each.made) for each in both))
