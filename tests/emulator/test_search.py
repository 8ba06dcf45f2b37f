"""Search ranks passages by bm25, in all scripts, and finds the same in a store and in a response."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from provisioner.emulator.file_indexing.passages import Passage, find_passages, split
from provisioner.emulator.file_indexing.terms import MOST_TERMS, join_terms, query_terms
from provisioner.emulator.storage.database import Database
from provisioner.emulator.storage.tables import UPGRADES

CHUNKS = '{"type":"static","static":{"max_chunk_size_tokens":100,"chunk_overlap_tokens":0}}'


@pytest.fixture
def database() -> Iterator[Database]:
    opened = Database(None)
    yield opened
    opened.close()


def add_store(database: Database, store: str, *texts: str) -> None:
    with database.writing():
        sql = "INSERT INTO stores (id, name, metadata, created_at, last_active_at) VALUES (?, '', '{}', 1, 1)"
        database.run(sql, store)
        for number, text in enumerate(texts):
            file = f"file-{store}-{number}"
            database.run(
                "INSERT INTO files (id, filename, bytes, purpose, created_at) VALUES (?, ?, 1, 'assistants', 1)",
                file,
                f"{number}.txt",
            )
            database.run("INSERT INTO texts VALUES (?, ?, NULL, NULL)", file, text)
            database.run(
                "INSERT INTO members (store_id, file_id, created_at, ready_at, attributes, chunking, outcome) "
                "VALUES (?, ?, 1, 1, ?, ?, 'completed')",
                store,
                file,
                f'{{"n":{number}}}',
                CHUNKS,
            )


def names(found: Sequence[Passage]) -> list[str]:
    return [passage.filename for passage in found]


def test_rare_words_count_more_and_long_passages_less(database: Database) -> None:
    others = [f"the king of castle {number}" for number in range(20)]
    long = f"a ghost {'and so on ' * 30}"
    add_store(database, "vs", *others, long, "the ghost of the king", "a ghost in a short text")
    found = find_passages(database, 2, ["vs"], ["the ghost of the king"], limit=50)
    assert names(found)[:3] == ["21.txt", "22.txt", "20.txt"]
    scores = [passage.score for passage in found]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == 1.0 > scores[1] > 0.5 > scores[-1] > 0


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("햄릿은 왕자였다", "햄릿이 누구"),
        ("我が名はハムレット", "ハムレット"),
        ("丹麦王子哈姆雷特", "哈姆雷特"),
        ("เจ้าชายแฮมเล็ต", "แฮมเล็ต"),
        ("Prinz Hamlet schläft", "SCHLÄFT"),
        ("drowning sailors", "a sailor drowned"),
        ("word_with_parts", "word_with_parts"),
        ("Ⅷ ｈａｍｌｅｔ", "hamlet"),
        ("왕", "왕"),
        ("왕자", "왕"),
    ],
)
def test_words_are_found_in_all_scripts(database: Database, text: str, query: str) -> None:
    add_store(database, "vs", "something else", text)
    assert names(find_passages(database, 2, ["vs"], [query])) == ["1.txt"]


@pytest.mark.parametrize("query", ["", "?!", '"', "NEAR(a b) OR *", "a" * 100_000, "' OR 1=1 --", "\x00", "(((", "-"])
def test_no_query_is_an_error(database: Database, query: str) -> None:
    add_store(database, "vs", "text")
    assert find_passages(database, 2, ["vs"], [query]) == []


def test_limits_filters_and_several_stores(database: Database) -> None:
    add_store(database, "one", "ghost story", "ghost")
    add_store(database, "two", "ghost and ghost and ghost", "king")
    add_store(database, "other", "ghost")
    found = find_passages(database, 2, ["one", "two"], ["ghost"])
    assert {passage.store_id for passage in found} == {"one", "two"}
    assert len(found) == 3
    assert find_passages(database, 2, ["one", "two"], ["ghost"], limit=2) == found[:2]
    first = find_passages(database, 2, ["one"], ["ghost"], accepts=lambda attributes: attributes["n"] == 0)
    assert names(first) == ["0.txt"]
    assert names(find_passages(database, 2, ["one"], ["ghost story"], threshold=0.9)) == ["0.txt"]
    assert find_passages(database, 2, [], ["ghost"]) == []


def test_passages_have_their_places(database: Database) -> None:
    add_store(database, "vs", "a" * 400 + " needle here")
    [passage] = find_passages(database, 2, ["vs"], ["needle"])
    assert (passage.number, passage.text) == (1, " needle here")
    assert split("abcdefgh", 1, 0) == ["abcd", "efgh"]


def test_terms() -> None:
    assert join_terms("Hamlet, 왕자의 검!") == "hamlet 왕자 자의 검"
    assert query_terms("a b", "B c") == ["a", "b", "c"]
    assert len(query_terms(" ".join(map(str, range(1000))))) == MOST_TERMS


def test_a_file_of_the_first_version_is_upgraded(tmp_path: Path) -> None:
    path = tmp_path / "account.db"
    tables, _ = UPGRADES[1]
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(f"{tables} PRAGMA user_version = 1;")
    path.chmod(0o600)
    database = Database(path)
    add_store(database, "vs", "ghost")
    assert names(find_passages(database, 2, ["vs"], ["ghost"])) == ["0.txt"]
    database.close()
    again = Database(path)
    assert names(find_passages(again, 2, ["vs"], ["ghost"])) == ["0.txt"]
    again.close()
