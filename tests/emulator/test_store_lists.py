"""Lists of a store's files with one status are read in the order of one index, whatever the files' states are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path

import pytest
from starlette.datastructures import QueryParams

from provisioner.emulator.endpoints import store_files
from provisioner.emulator.file_indexing.indexing import COUNTED, STATUS
from provisioner.emulator.messages.request import ApiRequest
from provisioner.emulator.storage.database import Database
from provisioner.emulator.storage.tables import UPGRADES, VERSION
from tests.emulator.test_store_counts import NOW, call, fill

__all__ = ["call"]

ORDERS = ("asc", "desc")


def pages(call: ApiRequest, status: str, order: str) -> Iterator[str]:
    """The ids of all files with a status, read page by page."""
    after = ""
    while True:
        query = {"filter": status, "order": order, "limit": "3", "after": after}
        asked = ApiRequest(
            call.database, call.indexing, NOW, call.answering, call.running,
            ids={"vector_store_id": "one"}, query=QueryParams(query),
        )  # fmt: skip
        page = store_files.list_all(asked)
        assert isinstance(page, dict)
        assert {each["status"] for each in page["data"]} <= {status}
        yield from (each["id"] for each in page["data"])
        if not page["has_more"]:
            return
        after = page["last_id"]


@pytest.mark.parametrize("order", ORDERS)
def test_each_file_is_listed_under_its_status(call: ApiRequest, order: str) -> None:
    fill(call, "one", 3)
    fill(call, "other", 1)
    listed = {status: list(pages(call, status, order)) for status in COUNTED}
    assert {status: len(ids) for status, ids in listed.items()} == {
        "in_progress": 24, "completed": 6, "failed": 6, "cancelled": 12,
    }  # fmt: skip
    places = [[int(each.rpartition("-")[2]) for each in ids] for ids in listed.values()]
    assert all(each == sorted(each, reverse=order == "desc") for each in places)
    assert sorted(chain.from_iterable(places)) == list(range(48))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("bound", ["", " AND seq < 5"])
def test_a_page_is_read_in_the_order_of_one_index(call: ApiRequest, order: str, bound: str) -> None:
    condition = f"(store_id = ?) AND ({STATUS.format(now=NOW)} = ?){bound}"
    plan = call.database.rows(
        f"EXPLAIN QUERY PLAN SELECT * FROM members WHERE {condition} ORDER BY seq {order} LIMIT 101", "one", "failed"
    )
    assert [row["detail"].partition("(")[0] for row in plan] == ["SEARCH members USING INDEX members_by_store "]


@pytest.mark.parametrize("version", sorted(UPGRADES))
def test_the_data_of_each_earlier_version_are_upgraded(tmp_path: Path, version: int) -> None:
    path = tmp_path / "account.db"
    tables, _ = UPGRADES[version]
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"PRAGMA journal_mode = WAL; {tables} PRAGMA user_version = {version};")
    path.chmod(0o600)
    for _ in range(2):
        with closing(Database(path)) as database:
            assert database.rows("PRAGMA user_version")[0][0] == VERSION
