"""Many wait for a journal that is far; few are at the API at once, and none is sent once the run is to end."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock
from typing import Any

import pytest

from provisioner.core.address import Address
from provisioner.engine.creation import Unsent, create_once
from provisioner.engine.ledger import Ledger
from provisioner.openai_api.collections.collection import Draft, Live, Mark
from provisioner.planning.plan import Action, Change
from provisioner.state.backends import LocalBackend
from provisioner.state.journal import Begin, End, Opening, open_operations
from provisioner.state.operations import Creating
from provisioner.state.records import Record, State

PARALLELISM, TASKS = 2, 8


@dataclass
class Slow:
    """An API that answers nobody before it is told to, and counts who waits there."""

    answer: Event = field(default_factory=Event)
    remote: bool = True
    waiting: int = 0
    _lock: Lock = field(default_factory=Lock)

    def create(self, draft: Draft) -> Live:
        with self._lock:
            self.waiting += 1
        assert self.answer.wait(timeout=60)
        return Live(draft.mark.operation, {})


def make(number: int, ledger: Ledger, api: Any, stop: Event) -> Begin:
    address = Address("vector_store", f"s{number}")
    change = Change(address, Action.CREATE, "vector_store")
    creating = Creating(Record(address, "vector_store", "", {}))
    begin, _ = create_once(
        ledger, api, change, creating, lambda operation: Draft({}, Mark("p/e", "lineage", operation)), stop
    )
    return begin


def wait_for(happened: Any) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.thorough
def test_what_began_waits_for_its_turn_and_is_not_sent_after_a_stop(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path, "prod")
    base = State.new(account="here", project="p", environment="e")
    journal = backend.open_journal(Opening(base.lineage, 0, "here", "p", "e", time.time()))
    ledger, api, stop = Ledger(base, journal, parallelism=PARALLELISM), Slow(), Event()

    with ThreadPoolExecutor(TASKS) as pool:
        tasks = [pool.submit(make, number, ledger, api, stop) for number in range(TASKS)]
        # Twice as many as are sent have begun and wait for their turn; the others have not begun.
        wait_for(lambda: len(ledger.operations()) == 3 * PARALLELISM and api.waiting >= PARALLELISM)
        assert len(open_operations(backend.read_journal())) == 3 * PARALLELISM
        stop.set()
        api.answer.set()
    journal.close()

    assert api.waiting == PARALLELISM
    errors = [error for task in tasks if (error := task.exception()) is not None]
    assert [type(error) for error in errors] == [Unsent] * (TASKS - PARALLELISM)
    made = {task.result().operation for task in tasks if task.exception() is None}
    entries = backend.read_journal()
    assert {begin.operation for begin in open_operations(entries)} == made
    assert [entry.delta for entry in entries if isinstance(entry, End)] == [None] * (TASKS - PARALLELISM)
