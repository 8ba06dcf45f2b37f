"""A data file that another program made is refused before SQLite acts on it, and no statement is endless."""

from __future__ import annotations

import os
import sqlite3
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from provisioner.core.errors import UsageError
from provisioner.emulator.storage import connection as opening
from provisioner.emulator.storage.database import Database

JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
ENDLESS = "WITH RECURSIVE r(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM r) SELECT seq, seq AS id FROM r"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data file that this emulator made."""
    path = tmp_path / "emulator.db"
    Database(path).close()
    return path


def leave_write_ahead(data: Path) -> None:
    with sqlite3.connect(data) as connection:
        assert connection.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
    connection.close()


def forge_journal(data: Path, target: Path) -> None:
    """A hot journal whose end names a super-journal: SQLite deletes that file once it has replayed the journal."""
    page = struct.unpack(">H", data.read_bytes()[16:18])[0]
    pages = data.stat().st_size // page
    header = (JOURNAL_MAGIC + struct.pack(">IIIII", 0, 12345, pages, 512, page)).ljust(512, b"\0")
    name = os.fsencode(target)
    lock_page = 0x40000000 // page + 1
    trailer = struct.pack(">I", lock_page) + name + struct.pack(">II", len(name), sum(name)) + JOURNAL_MAGIC
    data.with_name(f"{data.name}-journal").write_bytes(header + trailer)


def refusal(data: Path) -> str:
    with pytest.raises(UsageError) as caught:
        Database(data).close()
    return caught.value.message


@pytest.mark.parametrize("mode", ["rollback", "write-ahead"])
def test_a_forged_journal_deletes_nothing(data: Path, tmp_path: Path, mode: str) -> None:
    outside = tmp_path / "outside" / "thesis.txt"
    outside.parent.mkdir()
    outside.write_text("years of work", encoding="utf-8")
    if mode == "rollback":
        leave_write_ahead(data)
    forge_journal(data, outside)
    assert "emulator.db-journal" in refusal(data)
    assert outside.read_text(encoding="utf-8") == "years of work"


def test_a_journal_without_a_data_file_deletes_nothing(data: Path, tmp_path: Path) -> None:
    outside = tmp_path / "thesis.txt"
    outside.write_text("years of work", encoding="utf-8")
    forge_journal(data, outside)
    data.unlink()
    assert "emulator.db-journal" in refusal(data)
    assert outside.exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"SQLite format 3\x00", b"SQLite format 3\x00" + bytes(84), b"not a database at all" * 50],
    ids=["empty", "magic", "no versions", "text"],
)
def test_only_an_empty_file_becomes_an_account(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "emulator.db"
    path.write_bytes(content)
    if content:
        assert "write-ahead log" in refusal(path)
        assert path.read_bytes() == content
    else:
        Database(path).close()
        assert sorted(os.listdir(tmp_path)) == ["emulator.db"]


def test_a_file_in_rollback_mode_is_refused(data: Path) -> None:
    leave_write_ahead(data)
    assert "write-ahead log" in refusal(data)


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(f"ALTER TABLE stores RENAME TO old; CREATE VIEW stores AS {ENDLESS};", id="a view for a table"),
        pytest.param("CREATE TRIGGER evil BEFORE INSERT ON documents BEGIN SELECT 1; END;", id="a trigger"),
        pytest.param("CREATE INDEX evil ON stores (abs(seq));", id="an index"),
        pytest.param("CREATE TABLE more (a);", id="a table"),
        pytest.param("CREATE VIRTUAL TABLE more USING fts5 (a);", id="a virtual table"),
        pytest.param("DROP TRIGGER passages_dropped;", id="a trigger less"),
        pytest.param("ALTER TABLE files ADD COLUMN more TEXT DEFAULT 'a';", id="a column"),
        pytest.param(
            "DROP TABLE documents; CREATE TABLE documents (id, body, kind, seq CHECK (seq > 0));", id="a check"
        ),
        pytest.param("DROP TABLE passages_words; CREATE TABLE passages_words (rowid, text);", id="no virtual table"),
        pytest.param("PRAGMA user_version = 5;", id="a later version"),
        pytest.param("PRAGMA user_version = 1;", id="the first version"),
        pytest.param("PRAGMA user_version = 2;", id="an earlier version"),
        pytest.param("PRAGMA user_version = 3;", id="the last version"),
        pytest.param("PRAGMA user_version = 0; CREATE TABLE more (a);", id="no version"),
    ],
)
def test_other_tables_are_refused(data: Path, change: str) -> None:
    connection = sqlite3.connect(data)
    connection.executescript(change)
    connection.close()
    assert refusal(data)


def test_a_file_of_before_is_opened_again(data: Path) -> None:
    for _ in range(2):
        database = Database(data)
        database.run("INSERT INTO documents (id, kind, body) VALUES (hex(randomblob(8)), 'a', '{}')")
        assert database.rows("SELECT * FROM documents")
        database.close()


def test_the_deepest_deletion_stays_below_the_limits(data: Path) -> None:
    database = Database(data)
    with database.writing():
        database.run("INSERT INTO files VALUES (1, 'file-1', 'a', 1, 'assistants', 1, NULL)")
        database.run("INSERT INTO stores VALUES (1, 'vs_1', 'a', '{}', NULL, 1, 1, 0)")
        database.run("INSERT INTO members VALUES (1, 'vs_1', 'file-1', 1, 1, '{}', '{}', NULL, NULL, NULL, 0, 1)")
        database.run_many("INSERT INTO passages (member, text) VALUES (1, ?)", [("햄릿 왕자",), ("Ophelia",)])
    assert database.run("DELETE FROM files") == 1
    assert database.rows("SELECT * FROM passages") == []
    database.close()


def test_a_statement_without_an_end_is_ended(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "STATEMENT", 0.05)
    database = Database(data)
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        database.rows("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r WHERE n < 0")
    assert database.rows("SELECT 1 AS one")[0]["one"] == 1
    database.close()


def test_of_several_that_make_the_file_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "emulator.db"

    def insert(number: int) -> None:
        database = Database(path)
        database.run("INSERT INTO documents (id, kind, body) VALUES (?, 'a', '{}')", str(number))
        database.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(insert, range(8)))
    database = Database(path)
    assert len(database.rows("SELECT id FROM documents")) == 8
    database.close()
    assert os.listdir(tmp_path) == ["emulator.db"]


BUSY = """
import sys
from provisioner.emulator.serving import parent
parent.GRACE = 0.1
watched = parent.Parent()
if sys.argv[1] == "serving":
    watched._end = lambda: None
print("busy", flush=True)
import sqlite3
endless = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r"
sqlite3.connect(":memory:").execute(endless)
"""


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("when", ["opening", "serving"])
def test_a_busy_child_ends_with_its_parent(when: str) -> None:
    child = subprocess.Popen([sys.executable, "-c", BUSY, when], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin
    assert child.stdout
    assert child.stdout.readline() == b"busy\n"
    child.stdin.close()
    assert child.wait(30) == 1
    child.stdout.close()
