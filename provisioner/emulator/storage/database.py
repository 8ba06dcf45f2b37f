"""The account's SQLite file: statements, and transactions that survive a kill."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from provisioner.emulator.storage.connection import open_connection

Row = sqlite3.Row


class Database:
    """One connection, used by one thread. `seq` columns keep the order of insertion.

    It uses a write-ahead log without a flush for each commit: commits survive a kill of the process, and the file stays
    consistent after a crash of the machine.
    """

    def __init__(self, path: Path | None) -> None:
        self._connection = open_connection(path)

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Runs a transaction: everything inside is committed, or rolled back after an exception."""
        self._execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._execute("ROLLBACK")
            raise
        self._execute("COMMIT")

    def run(self, sql: str, *values: Any) -> int:
        """Carries out one statement and returns how many rows it changed."""
        return self._execute(sql, values).rowcount

    def run_many(self, sql: str, rows: list[tuple[Any, ...]]) -> None:
        """Carries out one statement for each row."""
        self._connection.executemany(sql, self._timed(rows))

    def row(self, sql: str, *values: Any) -> Row | None:
        """Returns the first row, or None."""
        found: Row | None = self._execute(sql, values).fetchone()
        return found

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """Returns all rows."""
        return self._execute(sql, values).fetchall()

    def _execute(self, sql: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        self._connection.restart_clock()
        return self._connection.execute(sql, values)

    def _timed(self, rows: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        for row in rows:
            self._connection.restart_clock()
            yield row


def pack(value: Any) -> str:
    """Returns a value as it is stored in a text column."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def unpack(text: str) -> Any:
    """Returns the value that `pack` stored."""
    return json.loads(text)
