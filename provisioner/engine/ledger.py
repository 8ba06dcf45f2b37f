"""Records a run's writes: each write begins and ends in the journal, and its delta changes the records in memory."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Lock, Semaphore
from typing import Any, TypeVar

from provisioner.core.address import Address
from provisioner.core.errors import ProvisionError, Unavailable
from provisioner.planning.diff.references import Users, strings
from provisioner.state.backends import Journal
from provisioner.state.journal import Begin, Delta, End, fold, releases
from provisioner.state.operations import Adopting, Intent
from provisioner.state.records import Record, Retired, State, digest
from provisioner.state.versions import ids_of

T = TypeVar("T")

#: The beginning of an operation's id. An adopted object shows in its mark that provision did not make it, because
#: a state that is rebuilt from the marks must not delete it.
OPERATION, ADOPTION = "op_", "op_adopt"


class Ledger:
    """The records and retired objects at this moment of the run. Thread-safe."""

    def __init__(
        self,
        base: State,
        journal: Journal,
        deltas: Iterable[Delta] = (),
        operations: Iterable[Begin] = (),
        parallelism: int = 1,
    ) -> None:
        """`base` is the state on disk; `deltas` and `operations` are those that are already in the journal.

        At most `parallelism` operations are sent at once. Twice as many are begun, because begins are written to the
        journal in groups and the next operation should be ready when one ends. The others are not begun yet, so that a
        crash leaves few open operations.
        """
        self.base = base
        self.journal = journal
        self.deltas = list(deltas)
        self.open = {begin.operation: begin for begin in operations}
        state = fold(base, self.deltas)
        self.records = dict(state.records)
        self.retired = {entry.id: entry for entry in state.retired}
        self.releases = dict(state.releases)
        self._users = Users(self.records.values())
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
        """Makes a write that may be sent twice. The journal has its begin before it is sent, and its end with the delta
        after it.

        If the server refuses, the operation ends without a delta; if the answer is lost, it stays open. Raises what
        `call` raises.
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
        """Begins an operation, which is durable when this returns. `body` is what is sent; its digest is written."""
        operation = new_operation(ADOPTION if isinstance(intent, Adopting) else OPERATION)
        begin = Begin(operation, address, type_, digest(body), time.time(), intent)
        self.journal.append(begin)
        with self._lock:
            self.open[begin.operation] = begin
        return begin

    def begin_in_turn(self, intent: Intent, address: Address, type_: str, body: Any) -> Begin:
        """Begins an operation and waits until it may be sent. The caller sends it inside of `turn`."""
        with self._waiting:
            begin = self.begin(intent, address, type_, body)
            self._sending.acquire()
        return begin

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A context manager around sending, after `begin_in_turn`. At its end, the next operation may be sent."""
        try:
            yield
        finally:
            self._sending.release()

    def note(self, delta: Delta) -> None:
        """Records a change of the state that needs no call."""
        self.close(End(new_operation(), delta))

    def close(self, end: End) -> None:
        """Writes the end of an operation."""
        self.journal.append(end)
        with self._lock:
            self.open.pop(end.operation, None)
            if end.delta is not None:
                self._take(end.delta)

    def _take(self, delta: Delta) -> None:
        self.deltas.append(delta)
        if delta.remove is not None:
            self.records.pop(delta.remove, None)
            self._users.remove(delta.remove)
        if delta.record is not None:
            self.records[delta.record.address] = delta.record
            self._users.put(delta.record)
            self.releases |= releases(delta.record)
        if delta.retire is not None:
            self.retired[delta.retire.id] = delta.retire
        if delta.discard is not None:
            self.retired.pop(delta.discard, None)

    def operations(self) -> list[Begin]:
        """The operations that are open at this moment."""
        with self._lock:
            return list(self.open.values())

    def known(self) -> set[str]:
        """The ids of all our objects: those that are recorded, and those that are still to be deleted."""
        with self._lock:
            return {id for record in self.records.values() for id in ids_of(record)} | set(self.retired)

    def claim(self, id: str) -> bool:
        """Registers the id of a new object. Returns False if another object of this run or state has that id."""
        with self._lock:
            if id in self._taken:
                return False
            self._taken.add(id)
            return True

    def ids(self) -> dict[Address, str]:
        """The id of every recorded object."""
        with self._lock:
            return {address: record.id for address, record in self.records.items()}

    def users(self, id: str) -> list[Address]:
        """Returns the addresses whose recorded inputs contain this id."""
        with self._lock:
            return self._users.of(id)

    def kept_users(self, id: str, now: float) -> list[Retired]:
        """Returns the replaced objects that use this id and are kept until a later time. `now` is as in `Retired`."""
        with self._lock:
            return [entry for entry in self.retired.values() if id in entry.uses and not entry.is_due(now)]

    def used_by(self, record: Record) -> tuple[str, ...]:
        """Returns those of our ids that are in a record's inputs, sorted."""
        return tuple(sorted(strings(record.inputs) & self.known()))

    def state(self) -> State:
        """Returns the state with everything that this run has recorded. Its serial is that of `base`."""
        with self._lock:
            return fold(self.base, self.deltas)


def new_operation(prefix: str = OPERATION) -> str:
    """Returns a new operation's id. It is short, because it is a part of marks and of templates' names."""
    return f"{prefix}{uuid.uuid4().hex[:16]}"
