"""The numbers and sizes of a vector store's files are counted in one index, whatever the files' states are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import product

import pytest

from provisioner.emulator.answering.opening import open_answering
from provisioner.emulator.answering.running import RunningTurns
from provisioner.emulator.endpoints import stores
from provisioner.emulator.faults import Faults
from provisioner.emulator.file_indexing.indexing import FOR_EVER, Indexing
from provisioner.emulator.messages.request import ApiRequest
from provisioner.emulator.options import Options
from provisioner.emulator.storage.database import Database

NOW = 1_000.0
#: The outcomes of files with their sizes, and the times at which files are ready.
OUTCOMES, TIMES = ((None, 0), ("completed", 10), ("failed", 0), ("cancelled", 0)), (NOW - 1, NOW, NOW + 1, FOR_EVER)


@pytest.fixture
def call() -> Iterator[ApiRequest]:
    with closing(Database(None)) as database:
        faults, options = Faults(()), Options()
        indexing = Indexing(database, 0, faults)
        yield ApiRequest(database, indexing, NOW, open_answering(options, faults), RunningTurns())


def fill(call: ApiRequest, store: str, times: int) -> None:
    """Creates a vector store with `times` files of each outcome and time."""
    with call.database.writing():
        identifier = stores.insert(call, store, {}, None, (), {})
        call.database.run("UPDATE stores SET id = ? WHERE id = ?", store, identifier)
        for number, ((outcome, usage), ready_at) in enumerate(product(OUTCOMES, TIMES * times)):
            file = f"file-{store}-{number}"
            call.database.run(
                "INSERT INTO files (id, filename, bytes, purpose, created_at) VALUES (?, 'a.md', 10, 'assistants', 1)",
                file,
            )
            call.database.run(
                "INSERT INTO members (store_id, file_id, created_at, ready_at, attributes, chunking, outcome, usage) "
                "VALUES (?, ?, 1, ?, '{}', '{}', ?, ?)",
                *(store, file, ready_at, outcome, usage),
            )


@pytest.mark.parametrize("times", [0, 1, 3])
def test_a_store_counts_its_files_by_their_status(call: ApiRequest, times: int) -> None:
    fill(call, "one", times)
    fill(call, "other", 1)
    store = stores.render(call, stores.find(call, "one"))
    counts = {"in_progress": 8, "completed": 2, "failed": 2, "cancelled": 4, "total": 16}
    assert store["file_counts"] == {name: count * times for name, count in counts.items()}
    assert store["usage_bytes"] == 20 * times
    assert (store["file_counts"], store["usage_bytes"]) == stores.count(call, "store_id = ?", "one")


@pytest.mark.parametrize("sql", [stores.COUNT_READY, stores.COUNT_WAITING])
def test_counting_reads_no_row_of_a_file(call: ApiRequest, sql: str) -> None:
    plan = call.database.rows(f"EXPLAIN QUERY PLAN {sql}", "one", NOW)
    assert [row["detail"].partition("(")[0] for row in plan] == [
        "SEARCH members USING COVERING INDEX members_by_readiness "
    ]
