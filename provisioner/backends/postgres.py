"""`postgresql://`: a row for each blob, compare-and-swap on its version. Credentials as libpq takes them."""

from __future__ import annotations

from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from provisioner.backends.store import Blob
from provisioner.errors import LostRace, StateError

TABLE = """
create table if not exists provision_state (
    name text primary key,
    version bigint not null,
    data bytea not null,
    written_at timestamptz not null default now()
)"""
GET = "select data, version from provision_state where name = %s"
CREATE = "insert into provision_state (name, version, data) values (%s, 1, %s) on conflict do nothing returning version"
SWAP = """
update provision_state set data = %s, version = version + 1, written_at = now()
where name = %s and version = %s returning version"""
DELETE = "delete from provision_state where name = %s"
LIST = "select name from provision_state where starts_with(name, %s) order by name"
#: Seconds to wait for a connection, and for one statement.
CONNECT_TIMEOUT = 10
STATEMENT_TIMEOUT = 20


class PostgresStore:
    """A table in a database. One connection, used by one thread at a time, opened anew when it is lost."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._lock = Lock()
        self._connection: Any = None

    def describe(self) -> str:
        """The URL without user and password."""
        parts = urlsplit(self.url)
        port = f":{parts.port}" if parts.port else ""
        return f"postgresql://{parts.hostname or ''}{port}{parts.path}"

    def get(self, name: str) -> Blob | None:
        """The blob, or None where there is none."""
        row = self._ask(GET, name, again=True)
        return None if row is None else Blob(bytes(row[0]), str(row[1]))

    def put(self, name: str, data: bytes, expect: str | None) -> str:
        """Writes a blob in place of version `expect`. Raises LostRace, StateError."""
        row = self._ask(CREATE, name, data) if expect is None else self._ask(SWAP, data, name, int(expect))
        if row is None:
            raise LostRace(f"somebody else has written {name} in {self.describe()}")
        return str(row[0])

    def delete(self, name: str) -> None:
        """Takes a row away."""
        self._ask(DELETE, name, again=True)

    def names(self, prefix: str) -> list[str]:
        """The names that begin with `prefix`, sorted."""
        return [str(row[0]) for row in self._ask_all(LIST, prefix, again=True)]

    def close(self) -> None:
        """Closes the connection."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _ask(self, statement: str, *values: Any, again: bool = False) -> Any:
        rows = self._ask_all(statement, *values, again=again)
        return rows[0] if rows else None

    def _ask_all(self, statement: str, *values: Any, again: bool = False) -> list[Any]:
        """The rows. What only reads or deletes is asked again after a lost connection; a write is not."""
        import psycopg

        with self._lock:
            try:
                return self._execute(statement, values)
            except psycopg.OperationalError as error:
                self._drop()
                if not again:
                    raise self._refused(error) from error
            except psycopg.Error as error:
                raise self._refused(error) from error
            try:
                return self._execute(statement, values)
            except psycopg.Error as error:
                self._drop()
                raise self._refused(error) from error

    def _execute(self, statement: str, values: tuple[Any, ...]) -> list[Any]:
        cursor = self._connect().execute(statement, values)
        return cursor.fetchall() if cursor.description else []

    def _connect(self) -> Any:
        import psycopg

        if self._connection is None:
            options = f"-c statement_timeout={STATEMENT_TIMEOUT * 1000}"
            self._connection = psycopg.connect(
                self.url,
                autocommit=True,
                connect_timeout=CONNECT_TIMEOUT,
                options=options,
                application_name="provision",
            )
            self._connection.execute("set client_min_messages = warning")
            if self._connection.execute("select to_regclass('provision_state')").fetchone()[0] is None:
                self._connection.execute(TABLE)
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _refused(self, error: Exception) -> StateError:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return StateError(
            f"{self.describe()} cannot be used: {reason}",
            hint="check the address, the credentials (PGPASSWORD, ~/.pgpass) and the rights on the table",
        )
