"""The second step of a vector store: attach, wait until indexed, describe, and only then detach what is replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from threading import Event
from typing import Any

from provisioner.diff.members import Files, MemberChanges, compare_members
from provisioner.engine.indexing import indexing_error, wait_until_indexed
from provisioner.engine.ledger import Ledger
from provisioner.errors import IndexingFailed
from provisioner.event import Emit, Indexing
from provisioner.journal import Delta, End
from provisioner.objects.collection import Member, Members
from provisioner.objects.vector_stores import BATCH, member_fields
from provisioner.safetext import lines
from provisioner.state import Record

#: Attribute updates of one store in flight at once; a store takes 300 writes a minute.
DESCRIBERS = 4
#: The operation around all writes to one store's members. It sends nothing itself.
SETTLE = "settle"


@dataclass(frozen=True, slots=True)
class Membership:
    """The members of one store: what they should be, and what is live (None: believe the record)."""

    record: Record
    desired: Files
    live: Files | None
    exclusive: bool
    members: Members
    ledger: Ledger
    emit: Emit
    index_timeout: float
    stop: Event

    def settle(self) -> None:
        """Makes the members match. Raises ApiError, and IndexingFailed after everything else is done.

        All of it is one operation more, which ends when the members are recorded: whatever ends it earlier, the
        next run knows that what is live may be our doing.
        """
        begin = self.ledger.begin(
            SETTLE, self.record.address, self.record.type, self.desired, {"sent": {"files": None}}
        )
        recorded: Files = self.record.inputs.get("files") or {}
        echo: Files = self.record.echo.get("files") or {}
        changes = compare_members(self.desired, recorded, echo, self.live, exclusive=self.exclusive)
        for key in changes.reattach:
            self._detach(self.desired[key]["file_id"])
        self._attach([*changes.attach, *changes.reattach])
        self._describe(changes.describe)
        found, failed = self._await(changes)
        kept = {key: recorded[key] for key in failed if key in recorded and key not in changes.reattach}
        self._detach_all(changes, found, failed, kept)
        self.ledger.close(End(begin.operation, Delta(record=self._recorded(found, failed, kept))))
        if failed:
            raise IndexingFailed(_report(failed), hint="mend or remove these files, then apply again")

    def _attach(self, keys: Sequence[str]) -> None:
        for batch in _batches(keys, BATCH):
            files = [_wire(self.desired[key]) for key in batch]
            self._write("attach", files, partial(self.members.attach, self.record.id, files))

    def _describe(self, keys: Sequence[str]) -> None:
        def describe(key: str) -> None:
            member = self.desired[key]
            id, attributes = member["file_id"], member.get("attributes") or {}
            self._write("describe", [id, attributes], partial(self.members.describe, self.record.id, id, attributes))

        with ThreadPoolExecutor(max_workers=DESCRIBERS) as pool:
            list(pool.map(describe, keys))

    def _await(self, changes: MemberChanges) -> tuple[dict[str, Member], dict[str, str]]:
        """The members as they are then, and the keys of those that failed, with why."""
        attached = {self.desired[key]["file_id"]: key for key in (*changes.attach, *changes.reattach)}
        if not attached:
            return (self.members.list(self.record.id) if changes else {}), {}

        def progress(done: int) -> None:
            self.emit(Indexing(str(self.record.address), done, len(attached)))

        found = wait_until_indexed(
            self.members, self.record.id, attached, deadline=self.index_timeout, stop=self.stop, progress=progress
        )
        stopped = self.stop.is_set()
        errors = {
            key: indexing_error(found.get(id), self.index_timeout, stopped=stopped) for id, key in attached.items()
        }
        return found, {key: error for key, error in errors.items() if error}

    def _detach_all(
        self, changes: MemberChanges, found: Mapping[str, Member], failed: Mapping[str, str], kept: Files
    ) -> None:
        """Takes out what is replaced or no longer wanted, and what failed; never what a failed one should replace.

        One that is still being indexed is left to it: the next apply looks again.
        """
        spared = {member["file_id"] for member in kept.values()}
        ids = [self.desired[key]["file_id"] for key in failed]
        broken = [id for id in ids if id in found and found[id].status != "in_progress"]
        for id in (*changes.detach, *broken):
            if id not in spared:
                self._detach(id)

    def _detach(self, id: str) -> None:
        self._write("detach", id, partial(self.members.detach, self.record.id, id))

    def _write(self, verb: str, body: Any, call: Callable[[], None]) -> None:
        self.ledger.write(verb, self.record.address, self.record.type, body, call, lambda answer: None)

    def _recorded(self, found: Mapping[str, Member], failed: Mapping[str, str], kept: Files) -> Record:
        """The record of what is attached now: the desired members without those that failed, whose forerunners stay."""
        files = {key: member for key, member in self.desired.items() if key not in failed} | dict(kept)
        before = self.record.echo.get("files") or {}
        echo = {
            id: member_fields(found[id]) if id in found else before[id]
            for id in (member["file_id"] for member in files.values())
            if id in found or id in before
        }
        return replace(
            self.record,
            inputs={**self.record.inputs, "files": files},
            echo={**self.record.echo, "files": echo},
        )


def _wire(member: Mapping[str, Any]) -> dict[str, Any]:
    """A member as the API takes it."""
    return {key: member[key] for key in ("file_id", "attributes", "chunking_strategy") if member.get(key)}


def _batches(keys: Sequence[str], size: int) -> list[Sequence[str]]:
    return [keys[start : start + size] for start in range(0, len(keys), size)]


def _report(failed: Mapping[str, str]) -> str:
    parts = [f"  {key}: {error}" for key, error in sorted(failed.items())]
    return lines("not everything is indexed; what was attached before stays:", *parts)
