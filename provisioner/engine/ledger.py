"""Records the writes of a run in the journal: the begin entry of a write before the write is sent, and the end entry
afterwards.

The end entry contains a delta: the change of the state that follows from the write. This change is also applied to the
records in memory.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock, Semaphore
from typing import Any, TypeVar

from provisioner.core.address import Address
from provisioner.core.errors import ProvisionError, Unavailable
from provisioner.core.objecttype import FILE
from provisioner.planning.diff.references import Users, strings
from provisioner.state.backends import Journal
from provisioner.state.folding import Folding
from provisioner.state.journal import Begin, Delta, End, Entry
from provisioner.state.operations import Adopting, Intent
from provisioner.state.partial_uploads import PartialUpload, entries_of
from provisioner.state.record_columns import bodies_of, body_of
from provisioner.state.records import Record, Retired, State, digest
from provisioner.state.releases.release import Release
from provisioner.state.upload_log import UploadLog
from provisioner.state.versions import ids_in

T = TypeVar("T")

#: The beginning of an operation's id. An adopted object shows in its mark that provision did not make it, because
#: a state that is rebuilt from the marks must not delete it.
OPERATION, ADOPTION = "op_", "op_adopt"


class Ledger:
    """Records the writes of a run in the journal. Also contains the present records, and the replaced objects that wait
    for their deletion ("retired" objects). Several threads may use a ledger.
    """

    def __init__(
        self,
        base: State,
        journal: Journal,
        deltas: Iterable[Delta] = (),
        operations: Iterable[Begin] = (),
        parallelism: int = 1,
        uploads: Iterable[PartialUpload] = (),
    ) -> None:
        """`base` is the state on disk. `deltas` are the changes of the state that the journal already contains,
        `operations` are the open operations in the journal, and `uploads` are the uploads in parts that the journal
        contains.

        At most `parallelism` of the operations that `begin_in_turn` begins are sent to the API at the same time. The
        begin entries of at most twice as many further operations are written before their turn, so that the next
        operation is ready when another one ends. The limit keeps the number of open operations small if the process
        crashes.
        """
        self.base = base
        self.journal = journal
        self.uploads = UploadLog(journal, uploads)
        self.open = {begin.operation: begin for begin in operations}
        self._folding = Folding(base)
        for delta in deltas:
            self._folding.take(delta)
        self.records, self.retired = self._folding.records, self._folding.retired
        self.releases = dict(self._folding.releases)
        self.held: Mapping[str, Release] = {}
        self._users: Users | None = None
        # The retired objects that use an object, by the id of the used object. Few retired objects use others.
        self._kept: dict[str, dict[str, Retired]] = {}
        for entry in self.retired.values():
            self._keep(entry)
        self._waiting = Semaphore(2 * parallelism)
        self._sending = Semaphore(parallelism)
        self._lock = Lock()
        self._taken = self.known()

    def write(
        self,
        intent: Intent,
        address: Address,
        type_: str,
        body: Any,
        call: Callable[[], T],
        delta: Callable[[T], Delta | None],
    ) -> T:
        """Sends a write that may safely be sent twice, and returns its result. `call` sends the write. `intent` is the
        description of the write in the journal.

        The begin entry, with the digest of `body`, is in the journal before the write is sent. After the response,
        `delta` is called with the result and returns the change of the state. The end entry contains this change. If
        the server refuses the write, the end entry contains no change. If the response is lost, the operation stays
        open. Raises the exceptions of `call`.
        """
        begin = self.begin_in_turn(intent, address, type_, body)
        try:
            with self.turn():
                answer = call()
        except Unavailable:
            raise
        except ProvisionError:
            self.close(End(begin.operation))
            raise
        self.close(End(begin.operation, delta(answer)))
        return answer

    def begin(self, intent: Intent, address: Address, type_: str, body: Any) -> Begin:
        """Writes the begin entry of an operation into the journal, and returns this entry as soon as it is durable.

        `intent` says what the operation does. `body` is the content that will be sent to the API; the entry contains
        only the digest of `body`. `type_` is the type of the object at `address`.
        """
        operation = new_operation(ADOPTION if isinstance(intent, Adopting) else OPERATION)
        begin = Begin(operation, address, type_, digest(body), time.time(), intent)
        self.journal.append(begin)
        with self._lock:
            self.open[begin.operation] = begin
        return begin

    def begin_in_turn(self, intent: Intent, address: Address, type_: str, body: Any) -> Begin:
        """Writes the begin entry of an operation into the journal. Waits until fewer operations than the limit are
        being sent, and then returns the entry. The parameters are those of `begin`. The caller must send the operation
        inside of `with ledger.turn()`.
        """
        with self._waiting:
            begin = self.begin(intent, address, type_, body)
            self._sending.acquire()
        return begin

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Returns a context manager for an operation that `begin_in_turn` has begun. The caller sends the operation
        inside of the `with` block. At the end of the block, the next operation may be sent.
        """
        try:
            yield
        finally:
            self._sending.release()

    def note(self, delta: Delta) -> None:
        """Writes `delta`, a change of the state, into the journal, and applies it to the records in memory. Nothing is
        sent to the API.
        """
        self.close(End(new_operation(), delta))

    def close(self, end: End) -> None:
        """Writes the end entry of an operation into the journal, and applies its delta to the records in memory."""
        self.journal.append(end)
        with self._lock:
            self.open.pop(end.operation, None)
            if end.delta is not None:
                self._take(end.delta)

    def _take(self, delta: Delta) -> None:
        if delta.remove is not None and self._users is not None:
            self._users.remove(delta.remove)
        if delta.record is not None and self._users is not None:
            self._users.put(delta.record)
        if delta.retire is not None:
            self._release(delta.retire.id)
        if delta.discard is not None:
            self._release(delta.discard)
        self._folding.take(delta)
        if delta.retire is not None and delta.retire.id in self.retired:
            self._keep(delta.retire)
        if delta.record is not None and delta.record.release is not None:
            name = delta.record.address.name
            self.releases[name] = self._folding.releases[name]

    def _keep(self, entry: Retired) -> None:
        for id in entry.uses:
            self._kept.setdefault(id, {})[entry.id] = entry

    def _release(self, id: str) -> None:
        """Removes the replaced object with this id from the users of the objects that it uses. Does nothing if no such
        object has this id.
        """
        entry = self.retired.get(id)
        for used in () if entry is None else entry.uses:
            self._kept[used].pop(id, None)

    def operations(self) -> list[Begin]:
        """Returns the begin entries of the operations that are open at this moment."""
        with self._lock:
            return list(self.open.values())

    def remaining(self) -> list[Entry]:
        """Returns the entries that the journal must keep at the end of a run: the begin entries of the operations that
        are open, and the entries of the uploads in parts that are not completed.
        """
        return [*self.operations(), *entries_of(self.uploads.unfinished())]

    def known(self) -> set[str]:
        """Returns the ids of all objects of this state: the recorded objects, and the replaced objects that are not
        deleted yet.
        """
        with self._lock:
            return ids_in(self.records).keys() | self.retired.keys()

    def claim(self, id: str) -> bool:
        """Reserves the id of a new object, so that no other object of this run can be recorded with this id. Returns
        False if the id belongs to another object of this run or of the state.
        """
        with self._lock:
            if id in self._taken:
                return False
            self._taken.add(id)
            return True

    def ids(self) -> Mapping[Address, str]:
        """Returns the ids of all recorded objects, keyed by address. The mapping is not a copy: it always contains the
        present ids.
        """
        return _Ids(self.records)

    def users(self, id: str) -> list[Address]:
        """Returns the addresses of the recorded objects whose inputs contain `id`. Raises TornState if a record cannot
        be read.
        """
        with self._lock:
            return self._indexed().of(id)

    def index_users(self) -> None:
        """Builds the index that `users` needs. An apply that deletes objects calls this method before its first change,
        so that a record that cannot be read is found in time. Raises TornState if there is such a record.
        """
        with self._lock:
            self._indexed()

    def _indexed(self) -> Users:
        if self._users is None:  # The inputs of files contain no ids.
            bodies = bodies_of(self.records)
            self._users = Users(self.records[address] for address, body in bodies if body.type != FILE.name)
        return self._users

    def kept_users(self, id: str, now: float) -> list[Retired]:
        """Returns the replaced objects that use the object with this id and are kept until a time later than `now`.
        Times are in seconds since 1970.
        """
        with self._lock:
            return [entry for entry in self._kept.get(id, {}).values() if not entry.is_due(now)]

    def held_until(self, id: str) -> float:
        """Returns the time, in seconds since 1970, until which the object with this id must not be deleted. The reason
        is a release of an assistant that contains the id. Returns 0 if there is no such release.
        """
        release = self.held.get(id)
        return 0.0 if release is None else release.held_until

    def used_by(self, record: Record) -> tuple[str, ...]:
        """Returns the ids that occur in the inputs of `record` and belong to objects of this state, sorted."""
        return tuple(sorted(strings(record.inputs) & self.known()))

    def state(self) -> State:
        """Returns the state with everything that this run has recorded. Its serial number is the same as that of
        `base`.
        """
        with self._lock:
            return self._folding.state()


class _Ids(Mapping[Address, str]):
    """The ids of the objects in `records`, keyed by address. The ids are read from `records` at each access, because a
    copy of all ids for each created object would be slow.
    """

    def __init__(self, records: Mapping[Address, Record]) -> None:
        self._records = records

    def __getitem__(self, address: Address) -> str:
        body = body_of(self._records, address)
        if body is None:
            raise KeyError(address)
        return body.id

    def __iter__(self) -> Iterator[Address]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)


def new_operation(prefix: str = OPERATION) -> str:
    """Returns a new id for an operation, which begins with `prefix`. The id is short, because it becomes a part of
    ownership marks and of the names of environment templates.
    """
    return f"{prefix}{uuid.uuid4().hex[:16]}"
