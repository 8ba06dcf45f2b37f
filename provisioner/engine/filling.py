"""Attaches the files of a vector store. Files of a large vector store are attached in full batches while its other
files are still being uploaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.errors import ProvisionError
from provisioner.core.resource import refs
from provisioner.engine.membership import Membership, Settlement
from provisioner.engine.steps import Steps
from provisioner.openai_api.collections.vector_stores import BATCH
from provisioner.planning.diff.completion import leave_incomplete
from provisioner.planning.diff.members import Files
from provisioner.planning.diff.values import resolve
from provisioner.planning.plan import Action, Change
from provisioner.planning.planfile import MAKING
from provisioner.state.journal import Begin


class Unfilled(ProvisionError):
    """The error for a vector store that cannot get all of its files, because some were not uploaded or could not be
    attached.
    """


class Filling(Struct):
    """Attaches the files to the vector store of `change`. All requests belong to one operation of the journal. The
    methods must not be called at the same time.

    `early` is the number of files that `attach_early` must attach. `attached` contains the files that `attach_early`
    has attached. `begin` is the begin entry of the operation, or None before the first request. `unclear` is True if a
    request of `attach_early` has failed, so that it is not known which of its files are attached.
    """

    steps: Steps
    change: Change
    early: int = 0
    attached: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    begin: Begin | None = None
    unclear: bool = False

    def attach_early(self, keys: Sequence[str]) -> None:
        """Attaches files that this run has uploaded, before the other files of the vector store are uploaded. `keys`
        identify the files in the field `files` of the store. Raises ApiError if an API call fails, and NotOurs if the
        store must not be changed, because this state did not make it.
        """
        files = self.steps.resources[self.change.address].inputs["files"]
        members = resolve({key: files[key] for key in keys}, self.steps.ledger.ids())
        membership = self._membership(members)
        if self.begin is None:
            self._check_ours()
            self.begin = membership.begin()
        self.unclear = True
        membership.attach(keys)
        self.unclear = False
        self.attached |= members

    def settle(self) -> Settlement:
        """Makes the vector store's files match the manifest. Raises ApiError if an API call fails, IndexingFailed if
        indexing fails, and NotOurs if the vector store must not be changed. Raises Unfilled if a file was not uploaded,
        or if an earlier request to attach files failed. Before Unfilled is raised, the attached files are recorded if
        they are known; otherwise the operation stays open.

        This is a generator: it yields each wait for the indexing of files.
        """
        steps, change = self.steps, self.change
        missing = self._find_missing()
        if missing is not None or len(self.attached) < self.early:
            if self.begin is not None and not self.unclear:
                yield from self._membership(self.attached).settle_partly(self.begin)
            raise Unfilled("some of its files could not be attached" if missing is None else f"it needs {missing}")
        if self.begin is None:
            self._check_ours()
        inputs = steps.inputs(steps.resources[change.address])
        record = steps.ledger.records[change.address]
        desired = leave_incomplete(inputs, steps.collections[change.type].fields, record)["files"]
        membership = self._membership(desired)
        if change.action not in MAKING and not steps.actual.refreshed:
            pending = dict.fromkeys(membership.members.pending(record.id), 0)
            membership = replace(membership, pending=pending)
        yield from membership.settle(self.begin or membership.begin(), self.attached)

    def _find_missing(self) -> Address | None:
        """Returns the address of one file that belongs to the vector store but was not uploaded, and therefore has no
        id. Returns None if every file was uploaded.
        """
        ids = self.steps.ledger.ids()
        files = self.steps.resources[self.change.address].inputs["files"]
        return min((ref.address for ref in refs(files) if ref.address not in ids), default=None)

    def _check_ours(self) -> None:
        if self.change.action not in (*MAKING, Action.ADOPT):
            self.steps.check_ours(self.steps.ledger.records[self.change.address])

    def _membership(self, desired: Files) -> Membership:
        """Returns a `Membership`, which changes the files of the vector store to `desired`."""
        steps, change = self.steps, self.change
        members = steps.collections[change.type].members
        assert members is not None
        record = steps.ledger.records[change.address]
        created = change.action in MAKING
        seen = steps.actual.imports if change.action is Action.ADOPT else steps.actual.live
        live = None if created else seen.get(change.address)
        return Membership(
            record=record,
            desired=desired,
            live={} if created else live.fields.get("files") if live else None,
            pending=live.pending if live else {},
            failed=frozenset(live.failed if live else ()),
            exclusive=steps.resources[change.address].lifecycle.exclusive,
            members=members,
            ledger=steps.ledger,
            emit=steps.emit,
            index_timeout=steps.index_timeout,
            stop=steps.stop,
        )


def early_batches(files: Files, recorded: Files, made: Mapping[Address, int]) -> list[list[str]]:
    """Returns the batches of files that are attached to a vector store before all its files are uploaded. Each batch is
    a list of keys of `files`, and has the largest size of one request. The last batch is not included, because it is
    attached at the end.

    `files` are the desired files of the vector store. `made` maps the files that this run uploads to their positions in
    the plan. A file with a key in `recorded`, the recorded files, is left out, because its old content stays attached
    until its new content is indexed.
    """
    uploaded: list[tuple[int, str]] = []
    for key, member in files.items():
        addresses = {ref.address for ref in refs(member)}
        if key not in recorded and addresses and addresses <= made.keys():
            uploaded.append((max(made[address] for address in addresses), key))
    keys = [key for _, key in sorted(uploaded)]
    return [keys[start : start + BATCH] for start in range(0, len(keys) - BATCH, BATCH)]
