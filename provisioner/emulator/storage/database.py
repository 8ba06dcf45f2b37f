"""Executes SQL statements and transactions on the SQLite file of the account. Committed data is not lost if the process
is killed.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from provisioner.emulator.storage.connection import open_connection
from provisioner.emulator.storage.packing import encode_json

Row = sqlite3.Row


class Database:
    """Connects one thread to the SQLite file of the account. If a table has a column `seq`, it contains the order in
    which the rows were inserted.

    The write-ahead log is not flushed for each commit. Committed data is not lost if the process is killed. After a
    crash of the machine, the latest commits can be lost, but the file is still consistent.
    """

    def __init__(self, path: Path | None) -> None:
        self._connection = open_connection(path)

    def close(self) -> None:
        """Closes the SQLite file."""
        self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Runs the `with` block as a transaction. At the end of the block, the changes are committed. If the block
        raises an exception, the changes are rolled back.
        """
        self._execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._execute("ROLLBACK")
            raise
        self._execute("COMMIT")

    def run(self, sql: str, *values: Any) -> int:
        """Executes one SQL statement with the parameters `values`. Returns the number of rows that the statement
        changed.
        """
        return self._execute(sql, values).rowcount

    def run_many(self, sql: str, rows: list[tuple[Any, ...]]) -> None:
        """Executes one SQL statement for each item of `rows`. An item contains the parameters for one execution."""
        self._connection.executemany(sql, self._timed(rows))

    def row(self, sql: str, *values: Any) -> Row | None:
        """Executes a query with the parameters `values` and returns the first row. Returns None if the query finds no
        row.
        """
        found: Row | None = self._execute(sql, values).fetchone()
        return found

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """Executes a query with the parameters `values` and returns all rows that it finds."""
        return self._execute(sql, values).fetchall()

    def _execute(self, sql: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        self._connection.restart_clock()
        return self._connection.execute(sql, values)

    def _timed(self, rows: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        for row in rows:
            self._connection.restart_clock()
            yield row


def pack(value: Any) -> str:
    """Returns a value as JSON text, for a text column of the database."""
    return encode_json(value).decode()


def unpack(text: str) -> Any:
    """Returns the value of a JSON text. `text` must come from `pack`."""
    return json.loads(text)
