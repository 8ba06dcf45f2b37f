"""Divides files in vector stores into passages, and searches for passages. SQLite's full-text index (FTS5) ranks the
passages with its function bm25.

The search compares words instead of vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from math import log
from typing import Any

from msgspec import Struct

from provisioner.emulator.file_indexing.indexing import STATUS, read_text
from provisioner.emulator.file_indexing.terms import join_terms, query_terms
from provisioner.emulator.storage.database import Database, Row, unpack

CHARACTERS_PER_TOKEN = 4
#: The decimals of a score.
DECIMALS = 4
Matches = Callable[[Mapping[str, Any]], bool]


class Passage(Struct, frozen=True):
    """Contains a passage that a search found. `number` is the position of the passage in its file, from 0. `score` says
    how well the passage matches, from 0 to 1.
    """

    store_id: str
    file_id: str
    filename: str
    attributes: Mapping[str, Any]
    text: str
    number: int
    score: float


def split(text: str, max_chunk_size_tokens: int, chunk_overlap_tokens: int) -> list[str]:
    """Divides a text into overlapping passages, and returns them. `max_chunk_size_tokens` is the largest size of a
    passage, and `chunk_overlap_tokens` the size of the overlap, in tokens. One token counts as CHARACTERS_PER_TOKEN
    (four) characters.
    """
    size = max_chunk_size_tokens * CHARACTERS_PER_TOKEN
    step = size - chunk_overlap_tokens * CHARACTERS_PER_TOKEN
    return [text[start : start + size] for start in range(0, max(len(text) - size, 0) + step, step)]


def find_passages(
    database: Database,
    now: float,
    store_ids: Sequence[str],
    queries: Sequence[str],
    *,
    limit: int = 10,
    threshold: float = 0.0,
    accepts: Matches | None = None,
) -> list[Passage]:
    """Returns at most `limit` passages that contain a term of the queries, the best first. Only passages in the vector
    stores with the ids `store_ids` are returned. `now` is the time in seconds since 1970; only files whose indexing has
    completed at this time are searched.

    SQLite's function bm25 determines the order. The score of a passage is the share of the terms that the passage
    contains. Rare terms count more. The score of a passage is never higher than that of the passage before it. The
    value of bm25 is not the score, because it has no upper limit and depends on all vector stores of the account.

    Passages with a score below `threshold` are left out. `accepts` is a function that gets the attributes of a file; if
    it returns False, the passages of this file are left out. If `accepts` is None, no file is left out.
    """
    with database.writing():
        for store_id in store_ids:
            _split_new_members(database, store_id)
    terms = [_quote(term) for term in query_terms(*queries)]
    if not terms or not store_ids:
        return []
    rows = _ranked(database, now, store_ids, terms)
    kept = [row for row in rows if accepts is None or accepts(unpack(row["attributes"]))][:limit]
    scores = _scores(database, store_ids, [row["id"] for row in kept], terms)
    return [_read(database, row, score) for row, score in zip(kept, scores, strict=True) if score >= threshold]


def _split_new_members(database: Database, store_id: str) -> None:
    """Divides the texts of newly attached files into passages. This is done when a search begins, and not when a file
    is attached, so that attaching files is fast.
    """
    for member in database.rows(
        "SELECT members.seq, chunking, file_id, filename FROM members JOIN files ON files.id = file_id "
        "WHERE store_id = ? AND NOT searchable AND outcome = 'completed'",
        store_id,
    ):
        passages = split(
            read_text(database, member["file_id"], member["filename"]), **unpack(member["chunking"])["static"]
        )
        database.run_many(
            "INSERT INTO passages (member, text, terms, place) VALUES (?, ?, ?, ?)",
            [(member["seq"], text, join_terms(text), place) for place, text in enumerate(passages)],
        )
        database.run("UPDATE members SET searchable = 1 WHERE seq = ?", member["seq"])


def _quote(term: str) -> str:
    """Returns a term as a string in the query language of FTS5. A term with `*` at its end matches all words that begin
    with the term.
    """
    return f'"{term[:-1]}"*' if term.endswith("*") else f'"{term}"'


def _ranked(database: Database, now: float, store_ids: Sequence[str], terms: Sequence[str]) -> list[Row]:
    """Returns the passages that contain at least one of the terms, the best first. The returned rows do not contain the
    texts of the passages.
    """
    return database.rows(
        f"SELECT passages.id, attributes, store_id, file_id, filename, bm25(passages_words) AS rank "
        f"FROM passages_words JOIN passages ON passages.id = passages_words.rowid "
        f"JOIN members ON members.seq = passages.member JOIN files ON files.id = file_id "
        f"WHERE passages_words MATCH ? AND store_id IN ({', '.join('?' * len(store_ids))}) "
        f"AND {STATUS.format(now=now)} = 'completed' ORDER BY rank, passages.id",
        " OR ".join(terms),
        *store_ids,
    )


def _scores(database: Database, store_ids: Sequence[str], passages: Sequence[int], terms: Sequence[str]) -> list[float]:
    """Returns the scores of the passages with the ids `passages`, in the same order. The ids must be in the order of
    bm25. `terms` are the terms of the queries.
    """
    if not passages:
        return []
    stored = f"JOIN members ON members.seq = member WHERE store_id IN ({', '.join('?' * len(store_ids))})"
    total = database.rows(f"SELECT count(*) AS n FROM passages {stored}", *store_ids)[0]["n"]
    found, weight = dict.fromkeys(passages, 0.0), 0.0
    for term in terms:
        rows = database.rows(
            f"SELECT passages.id FROM passages_words JOIN passages ON passages.id = passages_words.rowid "
            f"{stored} AND passages_words MATCH ?",
            *store_ids,
            term,
        )
        rarity = log(1 + (total - len(rows) + 0.5) / (len(rows) + 0.5))
        weight += rarity
        for row in rows:
            if row["id"] in found:
                found[row["id"]] += rarity
    return list(accumulate((round(each / weight, DECIMALS) for each in found.values()), min))


def _read(database: Database, row: Row, score: float) -> Passage:
    content = database.rows("SELECT text, place FROM passages WHERE id = ?", row["id"])[0]
    attributes = unpack(row["attributes"])
    return Passage(
        row["store_id"], row["file_id"], row["filename"], attributes, content["text"], content["place"], score
    )
