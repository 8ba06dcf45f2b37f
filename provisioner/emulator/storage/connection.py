"""Opens the SQLite file of the account. Refuses a file that another program wrote, before SQLite opens it.

A database file can do more than store data. When SQLite opens a file, it replays a journal beside the file. The journal
can name another file, which SQLite then deletes (https://sqlite.org/atomiccommit.html, multi-file commits). Views and
triggers run with every statement that uses their tables. The precautions in this module follow
https://sqlite.org/security.html.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from provisioner.core.errors import UsageError
from provisioner.core.files.opening import UnfitFile
from provisioner.core.files.own import check_own, make_folder, open_own, publish_own, remove_own
from provisioner.emulator.storage.tables import TABLES, UPGRADES, VERSION

#: Suffixes of the files that SQLite keeps beside the database.
BESIDE = ("-wal", "-shm", "-journal")
#: The first bytes of an SQLite file, the position of its version bytes, and their value for a write-ahead log
#: (https://sqlite.org/fileformat2.html, 1.3).
MAGIC, VERSIONS_AT, WRITE_AHEAD = b"SQLite format 3\x00", 18, b"\x02\x02"
HEADER_BYTES = 100
#: The most seconds for opening a file, and for one statement.
OPENING, STATEMENT = 10.0, 30.0
#: The number of instructions of SQLite's virtual machine between two checks of the time limit.
INSTRUCTIONS = 20_000
#: The most memory for pages of the file, in KiB. The indexes of a vector store with 100,000 files fit in it.
CACHE_KIB = 16 * 1024
#: Limits of a connection, by their number in SQLite. The statement with the deepest triggers deletes a file, its
#: members and their passages.
LIMITS = {
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 10,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 20,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
#: Selects one row for each table, index, view and trigger.
SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master"

Schema = set[tuple[str, str, str, str]]


class Clock:
    """Limits the time of SQL statements. While a statement runs, SQLite calls the object at intervals. If the object
    returns 1, SQLite ends the statement.
    """

    def __init__(self) -> None:
        self._end = time.monotonic() + OPENING

    def start(self) -> None:
        """Starts the time limit for the next statement."""
        self._end = time.monotonic() + STATEMENT

    def __call__(self) -> int:
        """Returns 1 if the running statement has exceeded its time limit. Otherwise returns 0."""
        return int(time.monotonic() > self._end)


class TimedConnection(sqlite3.Connection):
    """A connection to an SQLite database, made by `open_connection`, with a time limit for statements. `restart_clock`
    must be called before each statement. A statement that exceeds the limit ends with the OperationalError
    `interrupted`.
    """

    clock: Clock

    def restart_clock(self) -> None:
        """Starts the time limit for the next statement."""
        self.clock.start()


def open_connection(path: Path | None) -> TimedConnection:
    """Returns a connection to the SQLite file `path`. If the file does not exist, the file is created. If `path` is
    None, the data are only in memory.

    Raises UsageError if the file cannot be used, or if this emulator did not write the file or a file beside it such
    as the journal.
    """
    try:
        if path is not None:
            make_folder(path.parent)
            if not os.path.lexists(path):
                _make_file(path)
            _check_files(path)
        with _closed_on_error(_connect(path)) as connection:
            _prepare(connection)
            connection.restart_clock()
            return connection
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, UnfitFile) else error
        raise UsageError(
            f"the emulator's data file {path or '(in memory)'} cannot be used: {reason}",
            hint="name a file that this emulator wrote, or one that does not exist yet",
        ) from error


def _connect(path: Path | None) -> TimedConnection:
    """Returns a connection with restricted settings: the content of the file can neither run code nor exceed limits.
    SQLite does not read the file yet.
    """
    connection = sqlite3.connect(path or ":memory:", isolation_level=None, timeout=30, factory=TimedConnection)
    connection.row_factory = sqlite3.Row
    for limit, most in LIMITS.items():
        connection.setlimit(limit, most)
    connection.clock = Clock()
    connection.set_progress_handler(connection.clock, INSTRUCTIONS)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA mmap_size = 0")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    return connection


@contextmanager
def _closed_on_error(connection: TimedConnection) -> Iterator[TimedConnection]:
    try:
        yield connection
    except BaseException:
        connection.close()
        raise


def _check_files(path: Path) -> None:
    """Raises UnfitFile if this emulator did not write the file at `path`, or a file beside it such as the journal. Must
    be called before SQLite opens the file.
    """
    for suffix in ("", *BESIDE):
        check_own(path.with_name(path.name + suffix))
    journal = path.with_name(f"{path.name}-journal")
    if os.path.lexists(journal):
        raise UnfitFile(f"{journal.name} is beside it, which this emulator never leaves; remove both", path)
    handle = open_own(path, os.O_RDONLY)
    try:
        header = os.read(handle, HEADER_BYTES)
    finally:
        os.close(handle)
    versions = header[VERSIONS_AT : VERSIONS_AT + 2]
    if header and (not header.startswith(MAGIC) or versions != WRITE_AHEAD):
        raise UnfitFile("it is not a database that this emulator wrote: it has no write-ahead log; remove it", path)


def _make_file(path: Path) -> None:
    """Creates the SQLite file with its tables under a temporary name, and then renames it. So there is never a journal
    beside the file.

    If another process creates the file at the same time, the file that was created first is kept.
    """
    new = path.with_name(f"{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        os.close(open_own(new, os.O_RDWR | os.O_CREAT | os.O_EXCL))
        with closing(_connect(new)) as connection:
            _prepare(connection)
        publish_own(new, path)
    finally:
        for suffix in ("", *BESIDE):
            remove_own(new.with_name(new.name + suffix))


def _prepare(connection: TimedConnection) -> None:
    """Creates the tables if the file is empty. Otherwise checks that the file contains exactly the tables of a known
    version, before any table is used, and upgrades the tables of an earlier version. Raises DatabaseError if the tables
    differ.
    """
    found = _read_schema(connection)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version not in (0, *UPGRADES, VERSION):
        raise sqlite3.DatabaseError(f"it has version {version}, this emulator writes version {VERSION}")
    tables, upgrade = UPGRADES.get(version, (TABLES, ""))
    if found or version:
        _check_schema(found, tables)
    # Its own triggers write to the full-text index, a virtual table, which only a trusted schema may do.
    connection.execute("PRAGMA trusted_schema = ON")
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode not in ("wal", "memory"):
        raise sqlite3.DatabaseError("its file system does not support SQLite's write-ahead log")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    if not found or upgrade:
        statements = upgrade or TABLES
        connection.executescript(f"BEGIN IMMEDIATE; {statements} PRAGMA user_version = {VERSION}; COMMIT;")


def _check_schema(found: Schema, tables: str) -> None:
    """Raises DatabaseError if the tables, indexes, views and triggers in `found` differ from those that the SQL
    statements in `tables` create. `found` is read from the file.
    """
    with closing(sqlite3.connect(":memory:")) as model:
        model.executescript(tables)
        expected = _read_schema(model)
    if different := sorted(name for _, name, *_ in found ^ expected):
        more = f" and {len(set(different)) - 1} more" if len(set(different)) > 1 else ""
        raise sqlite3.DatabaseError(f"its tables are not those that this emulator writes: {different[0]!r}{more}")


def _read_schema(connection: sqlite3.Connection) -> Schema:
    return {
        (str(kind), str(name), str(table), " ".join(str(sql or "").split()))
        for kind, name, table, sql in connection.execute(SCHEMA)
    }
