"""Stores the applied contents of assistants as releases, to which an assistant can be rolled back. Stores the contents
that this run has applied, and the contents that an interrupted run has applied.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.addresskind import ASSISTANT_KIND, ENVIRONMENT_KIND
from provisioner.core.resource import Resource
from provisioner.engine.ledger import Ledger
from provisioner.engine.restoring import Restored
from provisioner.openai_api.collections.collection import Field, field_of
from provisioner.planning.diff.references import strings
from provisioner.planning.plan import Action, Change, Outcome, Plan
from provisioner.planning.planbody import change_body
from provisioner.state.backends import Backend
from provisioner.state.backends.holder import describe_owner
from provisioner.state.journal import Delta
from provisioner.state.pinning import LastRelease
from provisioner.state.record_columns import copy_records
from provisioner.state.records import Record, State, digest
from provisioner.state.release_storage import Releases, open_releases
from provisioner.state.releases.content import assistants, template_address
from provisioner.state.releases.registering import Applying, copy_releases, prune, register
from provisioner.state.releases.release import Provenance, Release

#: The command of a release that an interrupted run made. Which command it was is not known.
INTERRUPTED = "apply (interrupted)"
#: The actions after which an assistant has the pin of its resource.
PINNING = (Action.UPDATE, Action.REPLACE)
#: The kinds of the addresses whose objects a release consists of.
RELEASED = (ASSISTANT_KIND.name, ENVIRONMENT_KIND.name)


class ReleaseKeeper(Struct):
    """Updates the releases (the stored contents of assistants) in one run. `keep` is the largest number of releases of
    one assistant. `made` says who makes the releases of this run, and when. `before` is the state before the first
    change of this run.
    """

    releases: Releases
    keep: int
    made: Provenance
    before: State
    restored: Restored
    moves: Mapping[Address, Address] = field(default_factory=dict)
    retire_after: Mapping[Address, float] = field(default_factory=dict)

    @classmethod
    def begin(
        cls,
        releases: Releases,
        keep: int,
        made: Provenance,
        base: State,
        present: State,
        restored: Restored,
        retire_after: Mapping[Address, float],
    ) -> ReleaseKeeper:
        """Adds the contents that an interrupted run has applied to the releases, and returns the keeper for this run.
        `base` is the state on disk, and `present` is this state with the changes in the journal. `restored` contains
        the restored releases of the plan. `retire_after` maps the address of an assistant to a time in seconds, for
        which the objects of its former release are not deleted. Raises StateError if the releases cannot be read or
        written.
        """
        interrupted = replace(made, command=INTERRUPTED, plan="")
        same = {each.address for each in assistants(present) if _is_same(each, base.records.get(each.address))}
        applying = Applying(interrupted, retire_after, restored.known, same)
        found = register(releases.index, base, present, applying)
        if found.contents or releases.contents:
            releases.save(found.index, {**releases.contents, **found.contents})
        # An interrupted run may have changed only the template of an agent. What this run makes of it is a release.
        templates = {each: base.records[each] for each in map(template_address, same) if each in base.records}
        records = copy_records(present.records)
        records.update(templates)
        before = replace(present, records=records)
        return cls(releases, keep, made, before, restored, retire_after=retire_after)

    def last_numbers(self, known: Mapping[str, LastRelease]) -> dict[str, LastRelease]:
        """Returns the last release of each assistant, keyed by the assistant's name. It is the release in `known`, or
        the release in the index of releases if that has a higher number. A release from the index has no digest, so the
        next content gets the next number.
        """
        found = dict(known)
        for address in self.releases.index.releases:
            last = self.releases.index.last(address)
            if last is not None and (address.name not in found or found[address.name].number < last.number):
                found[address.name] = LastRelease(last.number, "")
        return found

    def save_hidden(self, inputs: Mapping[str, Any], fields: Mapping[str, Field]) -> None:
        """Stores the values that the API never returns, because the records contain only their digests. `inputs` are
        the inputs of an environment template, which contain these values, and `fields` are the fields of its type. The
        caller must call this method before it sends the inputs. Raises StateError if the values cannot be written.
        """
        hidden = [value for name, value in inputs.items() if field_of(fields, name).mode == "write_only"]
        if hidden:
            self.releases.save_hidden({digest(value): value for value in hidden})

    def finish(self, after: State, plan: Plan, outcome: Outcome | None) -> None:
        """Adds the contents that this run has applied to the releases. `after` is the state that is written next.
        `outcome` is the result of `plan`, or None if an error ended the run early. Raises StateError if the releases
        cannot be read or written.
        """
        applied = set() if outcome is None else {each.address for each in outcome.applied}
        planned, former = {each.address for each in plan.changes}, self.before.records
        unfinished = {
            each.address
            for each in assistants(after)
            if each.address in planned - applied and _is_same(each, former.get(each.address))
        }
        applying = Applying(self.made, self.retire_after, self.restored.known, unfinished)
        index = copy_releases(self.releases.index, self.moves)
        found = register(index, self.before, after, applying)
        pruned = prune(found.index, self.keep, after)
        if found.contents or pruned != self.releases.index:
            self.releases.save(pruned, found.contents)

    def sweep(self) -> None:
        """Removes the stored contents that no release uses any more. The state must be written before this call. Raises
        StateError if a content cannot be removed.
        """
        self.releases.sweep()


def _is_same(record: Record, former: Record | None) -> bool:
    return former is not None and (record.type, record.inputs) == (former.type, former.inputs)


def provenance(plan: Plan, command: str, commit: Callable[[], str]) -> Provenance:
    """Returns the provenance of the releases that are made when `plan` is applied now: time, user, `command`, git
    commit and the digest of the plan. `commit` returns the id of the present git commit, or an empty text.
    """
    return Provenance(int(time.time()), describe_owner(), command, commit(), plan_digest(plan))


def plan_digest(plan: Plan) -> str:
    """Returns the SHA-256 of the changes of `plan`."""
    return digest([change_body(change) for change in plan.changes])


def hold_former(ledger: Ledger, keeper: ReleaseKeeper, changes: Iterable[Change]) -> None:
    """Protects the objects of former releases from deletion for a time. The ids of the objects that the present
    releases of changed assistants name are stored in `ledger.held`. Only assistants with a time in
    `keeper.retire_after` are considered.
    """
    changed = {each.address.name for each in changes if each.address.kind in RELEASED and each.action in PINNING}
    for address, kept in keeper.retire_after.items():
        record = ledger.records.get(address)
        if record is None or address.name not in changed:
            continue
        last = keeper.releases.index.last(address)
        number = 1 if last is None else last.number
        release = Release(address, number, "", record.type, keeper.made, held_until=keeper.made.time + kept)
        template = ledger.records.get(template_address(address))
        inputs = [record.inputs, {} if template is None else template.inputs]
        ledger.held = {**ledger.held, **dict.fromkeys((id for each in inputs for id in strings(each)), release)}


def note_pins(ledger: Ledger, resources: Iterable[Resource], changes: Iterable[Change]) -> None:
    """Writes changed pins into the journal. The caller does this before the first request is sent. A pin says that an
    assistant keeps the content of one release. So if a rollback is interrupted, the next plan continues the rollback.
    """
    pins = {each.address: each.pin for each in resources}
    for change in changes:
        record = ledger.records.get(change.address)
        if record is not None and change.action in PINNING and record.pinned != pins.get(change.address):
            ledger.note(Delta(record=replace(record, pinned=pins.get(change.address))))


def retire_times(resources: Iterable[Resource]) -> dict[Address, float]:
    """Returns for each assistant the time in seconds for which the objects of its former release are not deleted. The
    result is keyed by address, and contains no assistant whose time is 0.
    """
    return {
        each.address: each.lifecycle.retire_after
        for each in resources
        if each.address.kind == ASSISTANT_KIND.name and each.lifecycle.retire_after
    }


def rename_releases(backend: Backend, state: State, moves: Mapping[Address, Address]) -> None:
    """Copies the releases of each former address to the new address. The former address keeps its releases. `moves`
    maps new addresses to former addresses, and `state` is the state before the rename. The caller must hold the lock.
    Raises StateError if the releases cannot be read or written.
    """
    releases = open_releases(backend, state)
    copied = copy_releases(releases.index, moves)
    if copied != releases.index:
        releases.save(copied, releases.contents)
