"""Changes the files of a vector store: attaches files, sets attributes, waits for indexing, and then detaches replaced
files.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Container, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.errors import IndexingFailed
from provisioner.core.text.safetext import lines
from provisioner.engine.indexing import IndexingWait, indexing_error, is_pending
from provisioner.engine.ledger import Ledger
from provisioner.openai_api.collections.collection import Member, Members
from provisioner.openai_api.collections.remote import PAGE
from provisioner.openai_api.collections.vector_stores import BATCH, member_fields
from provisioner.planning.diff.members import OURS, Files, MemberChanges, compare_members
from provisioner.planning.event import Emit, Indexing
from provisioner.state.journal import Begin, Delta, End
from provisioner.state.member_summary import count_members, with_summary
from provisioner.state.operations import ChangingMembers, Settling
from provisioner.state.records import Record

#: Parallel attribute updates and detachments for one store. The API accepts 300 writes a minute for a store.
WRITERS = 4
#: The most attributes that a file in a store can have.
MOST_ATTRIBUTES = 16
#: The hint for files that are not indexed.
BROKEN = "correct or remove these files, then apply again"
LATE = (
    "apply again: what is still being indexed then is detached and attached again; for large files, with a longer "
    "--index-timeout"
)

#: The steps of a change of files. The generator waits for the indexing of files between its steps.
Settlement = Generator[IndexingWait, dict[str, Member], None]


class Membership(Struct, frozen=True):
    """A change of the files of one vector store, from the files in `live` to the files in `desired`. If `live` is None,
    the recorded files are used instead of `live`.

    `pending` are the files that an earlier run attached and that are still being indexed. `pending` maps the id of each
    file to the time when the file was attached, in seconds since 1970 (0: unknown). `failed` are the ids of the files
    that the vector store could not index. If such a file is desired, it is detached and attached again, because an
    attached file is not indexed a second time. If `exclusive` is True, undeclared files are detached.
    """

    record: Record
    desired: Files
    live: Files | None
    exclusive: bool
    members: Members
    ledger: Ledger
    emit: Emit
    index_timeout: float
    stop: Event
    pending: Mapping[str, int] = field(default_factory=dict)
    failed: frozenset[str] = frozenset()

    def begin(self) -> Begin:
        """Writes the begin entry of one operation that contains all writes to the vector store's files. Returns this
        entry.

        The operation ends when the files are recorded. If a run stops before the end of the operation, the next run
        knows that this run may have attached files that are not recorded.
        """
        return self.ledger.begin(Settling({"files": None}), self.record.address, self.record.type, self.desired)

    def settle(self, begin: Begin, attached: Container[str] = ()) -> Settlement:
        """Makes the vector store's files match `desired`, records the result, and ends the operation `begin`. Raises
        ApiError if an API call fails. Raises IndexingFailed at the end if some files could not be indexed.

        This is a generator: it yields each wait for the indexing of files. `attached` are the keys of the files in
        `desired` that were attached in this operation before.
        """
        recorded: Files = self.record.inputs.get("files") or {}
        echo: Files = self.record.echo.get("files") or {}
        changes = compare_members(
            self.desired, recorded, echo, self.live, exclusive=self.exclusive, pending=self.pending
        )
        stuck = [key for key in changes.pending if self._is_stuck(key)]
        again = [key for key in changes.attach if self.desired[key]["file_id"] in self.failed]
        new = [key for key in changes.attach if self.desired[key]["file_id"] not in self.failed]
        new = [key for key in new if key not in attached]
        self._attach_anew([*changes.reattach, *stuck, *again], also=new)
        self._describe(changes.describe)
        found, failed = yield from self._await(changes, [key for key in changes.pending if key not in stuck])
        kept = {key: recorded[key] for key in failed if self._is_replaced(recorded.get(key), key)}
        detached = self._detach_all(changes, found, failed, kept)
        record = self._recorded(found, failed, kept)
        if changes:
            remaining = (member for id, member in found.items() if id not in detached)
            summary = count_members((each.status, each.usage_bytes) for each in remaining)
            record = replace(record, echo=with_summary(record.echo, summary))
        self.ledger.close(End(begin.operation, Delta(record=record)))
        if failed:
            late = all(is_pending(found.get(self.desired[key]["file_id"])) for key in failed)
            raise IndexingFailed(_report(failed), hint=LATE if late else BROKEN)

    def settle_partly(self, begin: Begin) -> Settlement:
        """Waits for those files in `desired` that were attached in the operation `begin`. Detaches files that could not
        be indexed, records the indexed files, and ends the operation. Other files of the vector store are not changed.
        If the record says that the vector store lacks files (`unfilled`), the record still says so afterwards. Raises
        ApiError if an API call fails. This is a generator: it yields each wait for the indexing of files.
        """
        changes = MemberChanges(attach=tuple(self.desired))
        found, failed = yield from self._await(changes, ())
        self._detach_all(changes, found, failed, {})
        whole = replace(self, desired={**(self.record.inputs.get("files") or {}), **self.desired})
        record = replace(whole._recorded(found, failed, {}), unfilled=self.record.unfilled)
        self.ledger.close(End(begin.operation, Delta(record=record)))

    def _is_stuck(self, key: str) -> bool:
        """Returns whether the vector store has been indexing the desired file with the key `key` for longer than the
        time limit, or since an unknown time. The caller detaches such a file and attaches it again.
        """
        return self.pending[self.desired[key]["file_id"]] + self.index_timeout <= time.time()

    def _is_replaced(self, before: Mapping[str, Any] | None, key: str) -> bool:
        """Returns whether the desired file with the key `key` is another upload than `before`, the recorded file with
        this key. Returns False if `before` is None.

        If the new file cannot be indexed, the caller keeps the file `before` in the vector store.
        """
        return before is not None and before["file_id"] != self.desired[key]["file_id"]

    def _attach_anew(self, keys: Sequence[str], also: Sequence[str] = ()) -> None:
        """Detaches desired files from the vector store and attaches them again. `keys` are the keys of these files in
        `desired`. Files with the keys in `also` are only attached.
        """
        ids = [self.desired[key]["file_id"] for key in keys]
        with ThreadPoolExecutor(max_workers=WRITERS) as pool:
            list(pool.map(self._detach, ids))
        self.attach([*also, *keys])

    def attach(self, keys: Sequence[str]) -> None:
        """Attaches desired files to the vector store. `keys` are the keys of these files in `desired`. Raises ApiError
        if an API call fails.
        """
        for batch in _batches(keys, BATCH):
            files = [_wire(self.desired[key]) for key in batch]
            self._write(ChangingMembers("attach"), files, partial(self.members.attach, self.record.id, files))

    def _describe(self, keys: Sequence[str]) -> None:
        recorded = {each["file_id"]: each for each in (self.record.inputs.get("files") or {}).values()}

        def describe(key: str) -> None:
            id = self.desired[key]["file_id"]
            attributes = self._attributes(self.desired[key], recorded.get(id, {}))
            call = partial(self.members.describe, self.record.id, id, attributes)
            self._write(ChangingMembers("describe"), [id, attributes], call)

        with ThreadPoolExecutor(max_workers=WRITERS) as pool:
            list(pool.map(describe, keys))

    def _attributes(self, member: Mapping[str, Any], recorded: Mapping[str, Any]) -> dict[str, Any]:
        """Returns all attributes to send for the attached file `member`: the desired attributes, and the attributes of
        the file that the recorded manifest does not contain, such as those that others set. If these are too many,
        attributes that provision adds are left out.

        All of them must be sent, because the API replaces all attributes of a file. `recorded` is the file in the
        record of the vector store.
        """
        id = member["file_id"]
        echo = (self.record.echo.get("files") or {}).get(id) or (self.live or {}).get(id) or {}
        removed = set(recorded.get("attributes") or {})
        kept = {name: value for name, value in (echo.get("attributes") or {}).items() if name not in removed}
        wanted = {**kept, **(member.get("attributes") or {})}
        for name in OURS:
            if len(wanted) > MOST_ATTRIBUTES and name not in (echo.get("attributes") or {}):
                wanted.pop(name, None)  # the attributes of others already reach the limit
        return wanted

    def _await(
        self, changes: MemberChanges, inherited: Sequence[str]
    ) -> Generator[IndexingWait, dict[str, Member], tuple[dict[str, Member], dict[str, str]]]:
        """Waits until the attached files are indexed. Returns two mappings: the vector store's files after the wait,
        keyed by id, and the reasons for the files that failed, keyed by the file's key in `desired`.

        `inherited` are the keys of the files that an earlier run attached. If such a file is still being indexed after
        the wait, it is detached, attached again and waited for once more.
        """
        awaited = (*changes.attach, *changes.reattach, *changes.pending)
        attached = {self.desired[key]["file_id"]: key for key in awaited}
        if not attached:
            return (self.members.list(self.record.id) if changes else {}), {}
        found = yield self._wait(attached)
        late = [key for key in inherited if is_pending(found.get(self.desired[key]["file_id"]))]
        if late and not self.stop.is_set():
            self._attach_anew(late)
            found = yield self._wait(attached)
        stopped = self.stop.is_set()
        errors = {
            key: indexing_error(found.get(id), self.index_timeout, stopped=stopped) for id, key in attached.items()
        }
        return found, {key: error for key, error in errors.items() if error}

    def _wait(self, attached: Collection[str]) -> IndexingWait:

        def progress(done: int) -> None:
            self.emit(Indexing(str(self.record.address), done, len(attached)))

        known = (self.record.inputs.get("files") or {}) if self.live is None else self.live
        return IndexingWait(
            members=self.members,
            store=self.record.id,
            ids=attached,
            deadline=self.index_timeout,
            stop=self.stop,
            progress=progress,
            on_one_page=len(known) + len(attached) <= PAGE,
        )

    def _detach_all(
        self, changes: MemberChanges, found: Mapping[str, Member], failed: Mapping[str, str], kept: Files
    ) -> set[str]:
        """Detaches the files that are replaced or no longer wanted, and the files whose indexing failed. `found` are
        the present files of the vector store, and `failed` are the keys of desired files that are not searchable, with
        reasons. Returns the ids of the detached files.

        `kept` are the old files whose replacement is in `failed`; they stay attached. If the new file is still being
        indexed, it stays attached too, and the next apply decides again.
        """
        spared = {member["file_id"] for member in kept.values()}
        ids = [self.desired[key]["file_id"] for key in failed]
        broken = [id for id in ids if id in found and not is_pending(found[id])]
        leaving = [id for id in (*changes.detach, *broken) if id not in spared]
        for id in leaving:
            self._detach(id)
        return set(leaving)

    def _detach(self, id: str) -> None:
        self._write(ChangingMembers("detach"), id, partial(self.members.detach, self.record.id, id))

    def _write(self, changing: ChangingMembers, body: Any, call: Callable[[], None]) -> None:
        self.ledger.write(changing, self.record.address, self.record.type, body, call, lambda answer: None)

    def _recorded(self, found: Mapping[str, Member], failed: Mapping[str, str], kept: Files) -> Record:
        """Returns the record of the vector store with its files: the desired files except those in `failed`, and the
        old files in `kept`, whose replacement failed. `found` are the present files of the store.

        A new vector store has `unfilled` set in its record until all of its files were indexed once.
        """
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
            unfilled=self.record.unfilled and bool(failed),
        )


def _wire(member: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the fields of the file `member` that are sent to the API when the file is attached."""
    return {key: member[key] for key in ("file_id", "attributes", "chunking_strategy") if member.get(key)}


def _batches(keys: Sequence[str], size: int) -> list[Sequence[str]]:
    return [keys[start : start + size] for start in range(0, len(keys), size)]


def _report(failed: Mapping[str, str]) -> str:
    parts = [f"  {key}: {error}" for key, error in sorted(failed.items())]
    return lines("some files are not indexed; files that were attached before stay:", *parts)
