"""A server that answers a create with the id of another object: nothing is recorded under one id twice."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier, Event

import pytest
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.errors import Ambiguous
from provisioner.engine.creation import create_once
from provisioner.engine.ledger import Ledger
from provisioner.openai_api.collections.collection import Draft, Live, Mark
from provisioner.planning.plan import Action, Change
from provisioner.state.backends import LocalBackend
from provisioner.state.journal import Delta, End, Opening, open_operations
from provisioner.state.operations import Creating
from provisioner.state.records import Record, Retired, State

OLD = Address("file", "old")


@dataclass
class Same:
    """A server that has one id for everything."""

    id: str = "file-SAME"
    remote: bool = True

    def create(self, draft: Draft) -> Live:
        return Live(self.id, {})


@pytest.fixture
def backend(tmp_path: Path) -> LocalBackend:
    return LocalBackend(tmp_path, "prod")


def open_ledger(backend: LocalBackend, **parts: object) -> Ledger:
    base = replace(State.new(account="here", project="p", environment="e"), **parts)
    journal = backend.open_journal(Opening(base.lineage, 0, "here", "p", "e", time.time()))
    return Ledger(base, journal, parallelism=4)


def make(ledger: Ledger, name: str, api: Same) -> str:
    address = Address("file", name)
    change = Change(address, Action.CREATE, "file")
    mark = Mark("p/e", "lineage", "op")
    creating = Creating(Record(address, "file", "", {}))
    begin, live = create_once(ledger, api, change, creating, lambda operation: Draft({}, mark), Event())  # type: ignore[arg-type]
    ledger.close(End(begin.operation, Delta(record=Record(address, "file", live.id, {}))))
    return live.id


def test_the_second_of_two_uploads_is_not_recorded_and_stays_open(backend: LocalBackend) -> None:
    ledger = open_ledger(backend)
    assert make(ledger, "a", Same()) == "file-SAME"
    with pytest.raises(Ambiguous, match="file-SAME, which is another object"):
        make(ledger, "b", Same())
    assert [str(address) for address in ledger.state().records] == ["file.a"]
    assert [str(begin.address) for begin in open_operations(backend.read_journal())] == ["file.b"]


def test_of_uploads_at_the_same_time_one_is_recorded(backend: LocalBackend) -> None:
    ledger, together = open_ledger(backend), Barrier(4)

    class Meeting(Same):
        def create(self, draft: Draft) -> Live:
            together.wait(timeout=60)
            return Live(self.id, {})

    with ThreadPoolExecutor(4) as executor:
        ends = [executor.submit(make, ledger, name, Meeting()) for name in "abcd"]
    assert [type(each.exception()) for each in ends if each.exception()] == [Ambiguous] * 3
    assert sum(each.exception() is None for each in ends) == 1
    assert len(ledger.state().records) == 1


@pytest.mark.parametrize("parts", [
    {"records": {OLD: Record(OLD, "file", "file-SAME", {})}},
    {"retired": (Retired(OLD, "file", "file-SAME"),)},
])  # fmt: skip
def test_an_id_of_the_state_is_taken(backend: LocalBackend, parts: dict[str, object]) -> None:
    ledger = open_ledger(backend, **parts)
    with pytest.raises(Ambiguous, match="another object"):
        make(ledger, "new", Same())
    assert make(ledger, "newer", Same("file-OTHER")) == "file-OTHER"
