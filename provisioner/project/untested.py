"""Stores which assistants an apply has changed, until their tests pass or they are rolled back. The list is stored
before the apply begins. So if the run is killed, the next run still knows these assistants.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.addresskind import ASSISTANT_KIND
from provisioner.engine.snapshot import read_snapshot
from provisioner.planning.plan import Action, Plan
from provisioner.project.chosen_tests import users_of
from provisioner.project.wiring import Project
from provisioner.state.release_storage import Releases, load_index, open_releases
from provisioner.state.releases.content import ContentReader
from provisioner.state.releases.registering import current_release


class Untested(Struct, frozen=True):
    """The list of those assistants of a project that an apply has changed and whose tests have not passed since. The
    caller of `add` and `remove` must hold the lock of the state.
    """

    project: Project

    def read(self) -> dict[Address, int]:
        """Returns a mapping from each untested assistant to the number of the release to which it can be rolled back.
        The number is 0 if the assistant was new. Raises StateError if the index of releases cannot be read.
        """
        index = load_index(self.project.backend)
        return dict(index.untested) if index else {}

    def add(self, assistants: Collection[Address], releases: Releases, moves: Mapping[Address, Address]) -> None:
        """Adds assistants that an apply is about to change, each with the number of its present release. If the list
        already contains an assistant, its number in the list stays, because it is the number of the last release whose
        tests passed. `releases` are the releases that the apply has read and will write. `moves` maps the address of
        each renamed resource to its former address. Raises StateError if the index of releases cannot be read or
        written.
        """
        former = {each: moves.get(each, each) for each in assistants}
        now = self.present(set(former.values()))
        _write({**{each: now[former[each]] for each in former}, **releases.index.untested}, releases)

    def remove(self, assistants: Collection[Address]) -> None:
        """Removes assistants that were tested or rolled back. Raises StateError if the index of releases cannot be read
        or written.
        """
        before = self.read()
        after = {each: number for each, number in before.items() if each not in assistants}
        if after != before:
            _write(after, self._open())

    def present(self, assistants: Collection[Address]) -> dict[Address, int]:
        """Returns a mapping from each assistant in `assistants` to the number of its present release, or to 0 if it has
        none. Raises StateError if the state or the index of releases cannot be read.
        """
        releases = self._open()
        state = read_snapshot(self.project.backend, self.project.engine.identity).state
        reader, found = ContentReader(state), {}
        for address in sorted(assistants):
            record = state.records.get(address)
            digest = None if record is None else reader.read(record).digest()
            release = None if record is None else current_release(releases.of(address), record, digest)
            found[address] = 0 if release is None else release.number
        return found

    def _open(self) -> Releases:
        snapshot = read_snapshot(self.project.backend, self.project.engine.identity)
        return open_releases(self.project.backend, None if snapshot.fresh else snapshot.base, snapshot.deltas)


def _write(untested: Mapping[Address, int], releases: Releases) -> None:
    releases.save(replace(releases.index, untested=dict(sorted(untested.items()))), releases.contents)


def changed_assistants(project: Project, plan: Plan) -> set[Address]:
    """Returns the addresses of the declared assistants that a plan changes. Assistants that use a changed resource are
    included.
    """
    changed = {each.address for each in plan.changes if each.action is not Action.NO_OP}
    declared = {each.address for each in project.manifest.resources if each.address.kind == ASSISTANT_KIND.name}
    return users_of(changed, project.manifest.resources) & declared
