"""The work of an apply grows with its size, not with the square of it. Sizes are doubled, and counts are compared."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from provisioner.core.address import Address
from provisioner.core.resource import Ref
from provisioner.engine.creation import create_once
from provisioner.engine.filling import early_batches
from provisioner.engine.ledger import Ledger
from provisioner.engine.pool import Pool
from provisioner.engine.task import Key, Step, Task
from provisioner.openai_api.collections.collection import Draft, Live, Mark
from provisioner.openai_api.collections.vector_stores import BATCH
from provisioner.planning.diff.values import resolve
from provisioner.planning.plan import Action, Change
from provisioner.state.backends import LocalBackend
from provisioner.state.journal import Delta, End, Opening
from provisioner.state.operations import Creating
from provisioner.state.records import Record, Retired, State

SIZES = (50, 100, 200, 400)


class Account:
    """The only part of a collection that a create needs."""

    remote = True

    def create(self, draft: Draft) -> Live:
        """Returns an object whose id follows from the operation."""
        return Live(f"file-{draft.mark.operation}", {})


class Silent:
    """Observes tasks, and raises what they raise."""

    def started(self, task: Task) -> None:
        """Ignores the task."""

    def succeeded(self, task: Task) -> None:
        """Ignores the task."""

    def failed(self, task: Task, error: BaseException) -> None:
        """Raises the error of the task."""
        raise error

    def skipped(self, task: Task, because: str) -> None:
        """Fails, because nothing keeps a task from running."""
        raise AssertionError(because)


def open_ledger(folder: Path, *retired: Retired) -> Ledger:
    """Returns a ledger with a journal in a new folder."""
    folder.mkdir()
    base = State.new(account="here", project="p", environment="e")
    journal = LocalBackend(folder, "e").open_journal(Opening(base.lineage, 0, "here", "p", "e", time.time()))
    return Ledger(base, journal, [Delta(retire=each) for each in retired], parallelism=4)


def is_linear(counts: list[int]) -> bool:
    """Returns whether each count is about the double of the one before."""
    return all(later <= 2.2 * earlier for earlier, later in pairwise(counts))


def test_creates_compare_addresses_in_linear_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts how often an address is hashed. A copy of all ids for each create hashes each address again."""
    hashed = 0
    plain = Address.__hash__

    def counting(self: Address) -> int:
        nonlocal hashed
        hashed += 1
        return plain(self)

    monkeypatch.setattr(Address, "__hash__", counting)
    counts: list[int] = []
    journals: list[int] = []
    for size in SIZES:
        ledger = open_ledger(tmp_path / str(size))
        hashed = 0
        Pool(4, Silent(), Event()).run([_task(number, ledger) for number in range(size)])
        counts.append(hashed)
        journals.append((tmp_path / str(size) / "e.journal").stat().st_size)
        assert len(ledger.records) == size
    assert is_linear(counts), counts
    assert is_linear(journals), journals


def _task(number: int, ledger: Ledger) -> Task:
    account: Any = Account()
    change = Change(Address("file", f"{number:04}.txt"), Action.CREATE, "file")
    record = Record(change.address, "file", "", {"purpose": "assistants"})

    def make() -> None:
        resolve({"file_id": Ref(Address("file", "0000.txt"))}, ledger.ids())
        begin, live = create_once(
            ledger,
            account,
            change,
            Creating(record),
            lambda operation: Draft({}, Mark("p/e", "l", operation)),
            Event(),
        )
        made = Record(change.address, "file", live.id, record.inputs, operation=begin.operation)
        ledger.close(End(begin.operation, Delta(record=made)))

    return Task(Key(change.address, Step.OBJECT), change, make)


def test_deletes_look_only_at_the_retired_objects_that_use_the_object(tmp_path: Path) -> None:
    """A retired object is compared with the time only if it uses the object in question."""
    asked = 0

    class Counted(Retired, frozen=True):
        def is_due(self, now: float) -> bool:
            nonlocal asked
            asked += 1
            return False

    counts = []
    for size in SIZES:
        retired = [Counted(Address("vector_store", f"s{each}"), "vector_store", f"vs_{each}") for each in range(size)]
        kept = Counted(Address("assistant", "a"), "assistant", "asst_1", 0, 60, ("vs_0",))
        ledger = open_ledger(tmp_path / str(size), kept, *retired)
        asked = 0
        users = [ledger.kept_users(each.id, 0) for each in retired]
        assert users == [[kept], *[[] for _ in retired[1:]]]
        counts.append(asked)
        ledger.note(Delta(discard=kept.id))
        assert ledger.kept_users("vs_0", 0) == []
    assert counts == [1] * len(SIZES)


@pytest.mark.parametrize(
    ("files", "early"),
    [(1, []), (BATCH, []), (BATCH + 1, [BATCH]), (1000, [500]), (1200, [500, 500]), (1501, [500] * 3)],
)
def test_early_batches_are_full_and_need_no_further_request(files: int, early: list[int]) -> None:
    members = {f"{each}.txt": {"file_id": Ref(Address("file", f"{each}.txt"))} for each in range(files)}
    made = {Address("file", f"{each}.txt"): files - each for each in range(files)}
    batches = early_batches(members, {}, made)
    assert list(map(len, batches)) == early
    assert len(batches) + 1 == max(1, -(-files // BATCH))
    assert [key for keys in batches for key in keys] == list(reversed(members))[: sum(early)]


def test_early_batches_contain_only_new_files_that_this_run_uploads() -> None:
    members = {f"{each}.txt": {"file_id": Ref(Address("file", f"{each}.txt"))} for each in range(1100)}
    made = {Address("file", f"{each}.txt"): each for each in range(700)}
    recorded = {f"{each}.txt": {"file_id": "file-old"} for each in range(100)}
    batches = early_batches(members, recorded, made)
    assert batches == [[f"{each}.txt" for each in range(100, 600)]]
