"""The account's SQLite file: its tables, and transactions that survive a kill."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from provisioner.errors import UsageError
from provisioner.files.opening import UnfitFile
from provisioner.files.own import check_own, make_folder

Row = sqlite3.Row

VERSION = 1
"""Of the tables below; kept in the file as its user_version."""

TABLES = """
CREATE TABLE IF NOT EXISTS files (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, filename TEXT NOT NULL, bytes INTEGER NOT NULL,
    purpose TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER);
CREATE INDEX IF NOT EXISTS files_by_expiry ON files (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS contents (
    file_id TEXT PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS texts (
    file_id TEXT PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE, text TEXT, code TEXT, message TEXT);
CREATE TABLE IF NOT EXISTS stores (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, metadata TEXT NOT NULL,
    days INTEGER, created_at INTEGER NOT NULL, last_active_at INTEGER NOT NULL, expired INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS stores_by_expiry ON stores (days) WHERE days IS NOT NULL AND NOT expired;
CREATE TABLE IF NOT EXISTS members (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    store_id TEXT NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    file_id TEXT NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL, ready_at REAL NOT NULL, attributes TEXT NOT NULL, chunking TEXT NOT NULL,
    outcome TEXT, code TEXT, message TEXT, usage INTEGER NOT NULL DEFAULT 0, searchable INTEGER NOT NULL DEFAULT 0,
    UNIQUE (store_id, file_id));
CREATE INDEX IF NOT EXISTS members_by_file ON members (file_id);
CREATE TABLE IF NOT EXISTS batches (
    id TEXT PRIMARY KEY, store_id TEXT NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL, cancelled INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS batch_files (
    batch_id TEXT NOT NULL REFERENCES batches (id) ON DELETE CASCADE, file_id TEXT NOT NULL,
    PRIMARY KEY (batch_id, file_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS passages (
    id INTEGER PRIMARY KEY, member INTEGER NOT NULL REFERENCES members (seq) ON DELETE CASCADE, text TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS passages_by_member ON passages (member);
CREATE VIRTUAL TABLE IF NOT EXISTS passages_words
    USING fts5 (text, content = 'passages', content_rowid = 'id', tokenize = 'trigram');
CREATE TRIGGER IF NOT EXISTS passages_added AFTER INSERT ON passages BEGIN
    INSERT INTO passages_words (rowid, text) VALUES (new.id, new.text); END;
CREATE TRIGGER IF NOT EXISTS passages_dropped AFTER DELETE ON passages BEGIN
    INSERT INTO passages_words (passages_words, rowid, text) VALUES ('delete', old.id, old.text); END;
CREATE TABLE IF NOT EXISTS documents (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS documents_by_kind ON documents (kind, seq);
"""


class Database:
    """One connection, used by one thread. `seq` columns keep the order of insertion.

    Write-ahead log without a flush per commit: what was committed is there after the process was killed, and the
    file is consistent after the machine was.
    """

    def __init__(self, path: Path | None) -> None:
        try:
            if path is not None:
                make_folder(path.parent)
                for suffix in ("", "-wal", "-shm", "-journal"):
                    check_own(path.with_name(path.name + suffix))
            self._connection = sqlite3.connect(path or ":memory:", isolation_level=None, timeout=30)
            self._connection.row_factory = sqlite3.Row
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            reason = error.strerror if isinstance(error, UnfitFile) else error
            raise UsageError(
                f"the emulator's data file {path or '(in memory)'} cannot be used: {reason}",
                hint="name a file that this emulator wrote, or one that does not exist yet",
            ) from error

    def _prepare(self) -> None:
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        found = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if found == VERSION:
            return
        if found:
            raise sqlite3.DatabaseError(f"it has version {found}, this emulator writes version {VERSION}")
        self._connection.executescript(f"BEGIN IMMEDIATE; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;")

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction: everything inside is kept, or nothing where an exception leaves it."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def run(self, sql: str, *values: Any) -> int:
        """Carries out one statement and returns how many rows it changed."""
        return self._connection.execute(sql, values).rowcount

    def run_many(self, sql: str, rows: list[tuple[Any, ...]]) -> None:
        """Carries out one statement for each row."""
        self._connection.executemany(sql, rows)

    def row(self, sql: str, *values: Any) -> Row | None:
        """The first row, or None."""
        found: Row | None = self._connection.execute(sql, values).fetchone()
        return found

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """All rows."""
        return self._connection.execute(sql, values).fetchall()


def pack(value: Any) -> str:
    """A value as it is kept in a text column."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def unpack(text: str) -> Any:
    """What `pack` kept."""
    return json.loads(text)
