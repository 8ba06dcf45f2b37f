"""Implements the store `postgresql://`. Each blob is a row of a table. The method `put` compares the version of the row
before it writes. The library libpq finds the credentials, for example in the environment variable PGPASSWORD.
"""

from __future__ import annotations

import contextlib
import os
import socket
import uuid
from collections.abc import Iterator, Mapping, Sequence
from threading import Timer
from typing import Any

from provisioner.core.errors import LostRace, StateError, UsageError
from provisioner.core.text.redaction import redact
from provisioner.state.backends.blob_store import Blob
from provisioner.state.backends.fair_lock import FairLock
from provisioner.state.backends.url_display import hide_credentials, without_credentials
from provisioner.state.backends.urls import read_postgresql

TABLE = """
create table provision_state (
    name text primary key,
    version text not null,
    data bytea not null,
    written_at timestamptz not null default now()
)"""
GET = "select data, version from provision_state where name = %s"
CREATE = """
insert into provision_state (version, name, data) values (%s, %s, %s) on conflict do nothing returning version"""
SWAP = """
update provision_state set version = %s, data = %s, written_at = now()
where name = %s and version = %s returning version"""
PUT_ALL = """
insert into provision_state (version, name, data)
select * from unnest(%s::text[], %s::text[], %s::bytea[])
on conflict (name) do update set version = excluded.version, data = excluded.data, written_at = now()
returning name"""
DELETE_ALL = "delete from provision_state where name = any(%s)"
DELETE = "delete from provision_state where name = %s"
LIST = "select name from provision_state where starts_with(name, %s) order by name"
#: The seconds to wait for an answer. This module measures the time, because a suspended server does not close its
#: connections.
TIMEOUT = 20.0
#: The parameters that a URL may set. Other parameters name files, services or programs, contain a password, or override
#: the environment.
PARAMETERS = {"host", "port", "user", "dbname", "target_session_attrs", "connect_timeout", "application_name"}
#: The parameters that a URL may set only to these values, because other values make a connection less secure.
SAFE = {
    "sslmode": {"require", "verify-ca", "verify-full"},
    "sslrootcert": {"system"},
    "channel_binding": {"require"},
}
HINT = "check the address, the credentials (PGPASSWORD, ~/.pgpass) and the rights on the table provision_state"
#: The hints for problems of the server, by the SQLSTATE of the error.
HINTS = {
    "53100": "free space on the database's disk, then run the command again",
    "53300": "wait until a connection is free, then run the command again",
}


class PostgresStore:
    """A store of blobs in a table of a database. The store uses one connection, and only one thread uses it at a time.
    If the connection is lost, it is opened again.
    """

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        """Checks the URL `url`, without connecting to the database. `timeout` is the longest time of one SQL statement,
        and of an attempt to connect, in seconds. Raises UsageError if the URL is not valid, or sets a parameter that is
        not allowed.
        """
        unknown = [name for name, value in read_postgresql(url).parameters if not _is_allowed(name, value)]
        if unknown:
            raise UsageError(
                f"the postgresql:// URL of the state may not set `{unknown[0]}` so",
                hint="write postgresql://USER@HOST/DATABASE, and set the rest in the environment, as PGSSLKEY",
            )
        self.url = url
        self.timeout = timeout
        self._turns = FairLock()
        self._connection: Any = None

    def describe(self) -> str:
        """Returns the URL of the database without the password, for messages."""
        return without_credentials(self.url)

    def get(self, name: str) -> Blob | None:
        """Returns the blob, or None if there is no blob with this name."""
        rows = self._ask(GET, name, again=True)
        return Blob(bytes(rows[0][0]), rows[0][1]) if rows else None

    def put(self, name: str, data: bytes, expect: str | None) -> str:
        """Replaces the version `expect` of the blob `name` by `data`, and returns the new version. If `expect` is None,
        the blob must not exist yet. Raises LostRace if the store contains another version, and StateError if the
        statement fails.
        """
        version = uuid.uuid4().hex
        rows = (
            self._ask(CREATE, version, name, data) if expect is None else self._ask(SWAP, version, data, name, expect)
        )
        if not rows:
            raise LostRace(f"somebody else has written {name} in {self.describe()}")
        return version

    def delete(self, name: str) -> None:
        """Deletes the blob with this name."""
        self._ask(DELETE, name, again=True)

    def put_all(self, blobs: Mapping[str, bytes]) -> None:
        """Writes several blobs with one statement, without comparing their versions."""
        if blobs:
            versions = [uuid.uuid4().hex for _ in blobs]
            self._ask(PUT_ALL, versions, list(blobs), list(blobs.values()), again=True)

    def delete_all(self, names: Sequence[str]) -> None:
        """Deletes the blobs with the names `names` with one statement, without comparing their versions."""
        if names:
            self._ask(DELETE_ALL, list(names), again=True)

    def names(self, prefix: str) -> list[str]:
        """Returns the sorted names of the blobs whose names begin with `prefix`."""
        return sorted(str(row[0]) for row in self._ask(LIST, prefix, again=True))

    def close(self) -> None:
        """Closes the connection."""
        with self._turns:
            self._drop()

    def _ask(self, statement: str, *values: Any, again: bool = False) -> list[Any]:
        """Executes the SQL statement `statement` with the parameters `values`, and returns the resulting rows.

        If a connection that was open before is lost, and `again` is True, the statement is executed again. `again` must
        be False for a statement that must not be executed twice.
        """
        import psycopg

        with self._turns:
            try:
                connected = self._connection is not None
                return self._execute(statement, values)
            except psycopg.OperationalError as error:
                self._drop()
                if not (again and connected):
                    raise self._refused(error) from error
            except psycopg.Error as error:
                self._drop()
                raise self._refused(error) from error
            try:
                return self._execute(statement, values)
            except psycopg.Error as error:
                self._drop()
                raise self._refused(error) from error

    def _execute(self, statement: str, values: tuple[Any, ...]) -> list[Any]:
        import psycopg

        if self._connection is None:
            self._connect()
        with self._patience():
            try:
                cursor = self._connection.execute(statement, values)
            except psycopg.errors.UndefinedTable:
                # There is no table yet. The first write creates it; checking for it first would take another call.
                if statement not in (CREATE, PUT_ALL):
                    return []
                self._make_table()
                cursor = self._connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def _connect(self) -> None:
        import psycopg

        # Prepared statements are off, because a pooler may not keep them.
        self._connection = psycopg.connect(
            self.url,
            autocommit=True,
            connect_timeout=max(2, round(self.timeout)),
            prepare_threshold=None,
            application_name="provision",
        )

    def _make_table(self) -> None:
        """Creates the table, if it does not exist. If another process creates the table at the same time, the table of
        that process is used.
        """
        import psycopg

        with contextlib.suppress(psycopg.errors.UniqueViolation, psycopg.errors.DuplicateTable):
            self._connection.execute(TABLE)

    @contextlib.contextmanager
    def _patience(self) -> Iterator[None]:
        """Returns a context manager that closes the connection if the `with` block takes longer than the store's time
        limit.
        """
        line = socket.socket(fileno=os.dup(self._connection.fileno()))
        timer = Timer(self.timeout, _hang_up, [line])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()
            line.close()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _refused(self, error: Exception) -> StateError:
        import psycopg

        reason = (redact(str(error)).strip().splitlines() or [type(error).__name__])[0]
        if isinstance(error, psycopg.ProgrammingError) and error.sqlstate is None:
            reason = "it is no URL that libpq can read"
        hint = HINTS.get(getattr(error, "sqlstate", None) or "", HINT)
        return StateError(f"{self.describe()} cannot be used: {hide_credentials(reason, self.url)}", hint=hint)


def _hang_up(line: socket.socket) -> None:
    with contextlib.suppress(OSError):  # The connection is closed already.
        line.shutdown(socket.SHUT_RDWR)


def _is_allowed(name: str, value: str) -> bool:
    return name in PARAMETERS or value in SAFE.get(name, ())
