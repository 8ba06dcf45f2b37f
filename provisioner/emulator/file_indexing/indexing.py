"""Indexes files in vector stores. A file is first in progress. After some time, its indexing has completed or
failed.
"""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

from provisioner.emulator.faults import Faults
from provisioner.emulator.file_indexing.extraction import SLOW, Extract, extract, file_type
from provisioner.emulator.storage.database import Database, Row, pack

FOR_EVER = 1e18
"""The value of `ready_at` for a file that stays in progress."""

MAX_BYTES = 512 * 1024 * 1024
"""The size in bytes of the largest file that can be indexed."""

STATUS = (
    "CASE WHEN outcome = 'cancelled' THEN 'cancelled' "
    "WHEN outcome IS NULL OR ready_at > {now!r} THEN 'in_progress' ELSE outcome END"
)
"""The SQL expression for the status of a file in a vector store at the time `now`."""

COUNTED = ("in_progress", "completed", "failed", "cancelled")


def has_status(status: str, store_id: str, now: float) -> tuple[str, tuple[str | float, ...]]:
    """Returns an SQL condition and its parameters. The condition selects the files that have the status `status` at the
    time `now`, among the files of a vector store. The condition gives the same result as the SQL expression STATUS of
    this module, but is faster, because SQLite can use the table's indexes.
    """
    if status == "cancelled":
        return "outcome = 'cancelled'", ()
    if status == "in_progress":
        waiting = "SELECT seq FROM members WHERE store_id = ? AND"
        condition = f"{waiting} outcome IS NULL UNION ALL {waiting} ready_at > ? AND outcome IS NOT 'cancelled'"
        return f"seq IN ({condition})", (store_id, store_id, now)
    # The plus keeps SQLite from the index by `ready_at`, for which it would sort nearly all files.
    return "outcome = ? AND +ready_at <= ?", (status, now)


def status_of(member: Row, now: float) -> str:
    """Returns the status of a file in a vector store at the time `now`, in seconds since 1970. `member` is the row of
    the file. The SQL expression STATUS uses the same rules.
    """
    if member["outcome"] == "cancelled":
        return "cancelled"
    if member["outcome"] is None or member["ready_at"] > now:
        return "in_progress"
    return str(member["outcome"])


class Outcome(NamedTuple):
    """Contains the result of the indexing of a file. `name` is `completed` or `failed`, or None if there is no result
    yet. `code` and `message` describe the error if the indexing has failed. `usage` is the size of the text in bytes.
    """

    name: str | None = None
    code: str | None = None
    message: str | None = None
    usage: int = 0


NO_OUTCOME = Outcome()


class Hidden:
    """Leaves out some files of a vector store when the store's files are listed. The emulator thus simulates a server
    whose lists are updated late.

    The hidden files are stored only in memory. So the lists contain all files after a restart.
    """

    def __init__(self) -> None:
        self._left: dict[str, dict[str, float]] = {}

    def hide(self, store_id: str, file_id: str, lists: float) -> None:
        """Hides a file of a vector store in the next lists of the store's files. `lists` is the number of lists that do
        not contain the file.
        """
        self._left.setdefault(store_id, {})[file_id] = lists

    def of_list(self, store_id: str, *, is_first_page: bool) -> list[str]:
        """Returns the ids of the files that a list of the vector store's files must not contain. A request for the
        first page counts as a new list. A request for a later page does not.
        """
        left = self._left.get(store_id, {})
        if left and is_first_page:
            self._left[store_id] = left = {file_id: lists - 1 for file_id, lists in left.items() if lists > 0}
        return list(left)


class Indexing:
    """Indexes files in vector stores: attaches the files, and determines the result of their indexing.

    A file is in progress until two conditions are met: its text was read, and the time `ready_at` has come. These are
    columns of the database: `ready_at`, and `outcome`, which is set when the text was read. PDFs and office files are
    read in a thread. All other files are read immediately.
    """

    def __init__(self, database: Database, delay_ms: int, faults: Faults) -> None:
        self._database = database
        self._delay = delay_ms / 1000
        self._faults = faults
        self._reading: dict[str, asyncio.Task[None]] = {}
        self.hidden = Hidden()

    def attach(
        self, store_id: str, file: Row, now: float, attributes: dict[str, Any] | None, chunking: dict[str, Any]
    ) -> None:
        """Attaches a file to a vector store, and begins its indexing. `file` is the row of the file, `chunking` is the
        chunking strategy, and `now` is the time in seconds since 1970. Must be called inside a transaction.

        If the file is already attached, only its attributes change: they are replaced by `attributes`, or kept if
        `attributes` is None. But if its indexing has failed or was cancelled, the file is attached again.
        """
        found = self._database.row("SELECT * FROM members WHERE store_id = ? AND file_id = ?", store_id, file["id"])
        if found and found["outcome"] in (None, "completed"):
            if attributes is not None:
                self._database.run("UPDATE members SET attributes = ? WHERE seq = ?", pack(attributes), found["seq"])
            return
        if found:
            self._database.run("DELETE FROM members WHERE seq = ?", found["seq"])
        fault = self._faults.of_indexing(file["filename"])
        effect = fault.effect if fault else None
        message = "The file could not be processed."
        if effect in (None, "hidden") and file["bytes"] > MAX_BYTES:
            effect, message = "invalid_file", "The file is too large to be indexed."
        if fault is not None and effect == "hidden":
            self.hidden.hide(store_id, file["id"], fault.numbers.get("lists", FOR_EVER))
        if effect in (None, "hidden"):
            outcome = self._read(file["id"], file["filename"]) or NO_OUTCOME
        else:
            outcome = NO_OUTCOME if effect == "stuck" else Outcome("failed", effect, message)
        self._database.run(
            "INSERT INTO members "
            "(store_id, file_id, created_at, ready_at, attributes, chunking, outcome, code, message, usage) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            store_id,
            file["id"],
            int(now),
            FOR_EVER if effect == "stuck" else now + self._delay,
            pack(attributes or {}),
            pack(chunking),
            *outcome,
        )

    def resume(self) -> None:
        """Reads the texts of attached files whose texts an earlier emulator process did not finish reading."""
        with self._database.writing():
            for file in self._database.rows(
                "SELECT DISTINCT files.* FROM members JOIN files ON files.id = file_id "
                "WHERE outcome IS NULL AND ready_at < ?",
                FOR_EVER,
            ):
                outcome = self._read(file["id"], file["filename"])
                if outcome:
                    self._settle(file["id"], outcome)

    def _read(self, file_id: str, filename: str) -> Outcome | None:
        """Returns the outcome of the indexing of a file. Returns None if the text is read in a thread; the outcome is
        then stored when the thread has read the text.
        """
        row = self._database.row(
            "SELECT code, message, length(CAST(text AS BLOB)) AS bytes FROM texts WHERE file_id = ?", file_id
        )
        if row:
            return Outcome("failed" if row["code"] else "completed", row["code"], row["message"], row["bytes"] or 0)
        if file_type(filename) not in SLOW:
            return _outcome_of(extract(filename, _read_data(self._database, file_id)))
        if file_id not in self._reading:
            self._reading[file_id] = asyncio.get_running_loop().create_task(self._read_later(file_id, filename))
        return None

    async def _read_later(self, file_id: str, filename: str) -> None:
        try:
            found = await asyncio.to_thread(extract, filename, _read_data(self._database, file_id))
            with self._database.writing():
                if self._database.row("SELECT 1 FROM files WHERE id = ?", file_id):
                    self._database.run(
                        "INSERT OR REPLACE INTO texts VALUES (?, ?, ?, ?)",
                        file_id,
                        found.text,
                        found.code,
                        found.message,
                    )
                    self._settle(file_id, _outcome_of(found))
        finally:
            del self._reading[file_id]

    def _settle(self, file_id: str, outcome: Outcome) -> None:
        self._database.run(
            "UPDATE members SET outcome = ?, code = ?, message = ?, usage = ? "
            "WHERE file_id = ? AND outcome IS NULL AND ready_at < ?",
            *outcome,
            file_id,
            FOR_EVER,
        )


def read_text(database: Database, file_id: str, filename: str) -> str:
    """Returns the text of a file whose indexing has completed. The database contains the texts of PDFs and office
    files. The texts of all other files are extracted again, because this takes little time.
    """
    row = database.row("SELECT text FROM texts WHERE file_id = ?", file_id)
    found = row["text"] if row else extract(filename, _read_data(database, file_id)).text
    return found or ""


def _read_data(database: Database, file_id: str) -> bytes:
    row = database.row("SELECT data FROM contents WHERE file_id = ?", file_id)
    return bytes(row["data"]) if row else b""


def _outcome_of(found: Extract) -> Outcome:
    if found.code:
        return Outcome("failed", found.code, found.message)
    return Outcome("completed", None, None, len((found.text or "").encode()))
