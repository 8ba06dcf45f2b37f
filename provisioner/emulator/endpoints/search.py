"""The endpoint for search in a vector store. It compares words instead of vectors. Requests and answers have OpenAI's
format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.emulator.checks.body_check import check_body
from provisioner.emulator.checks.limits import check_range
from provisioner.emulator.endpoints import stores
from provisioner.emulator.endpoints.filters import check_filter, matches
from provisioner.emulator.file_indexing.indexing import STATUS
from provisioner.emulator.messages.request import ApiRequest, Reply
from provisioner.emulator.storage.database import Row, unpack

CHARACTERS_PER_TOKEN = 4
TRIGRAM = 3
"""The fewest characters of a word in the index. Shorter words are searched for in the text itself."""


def search(call: ApiRequest) -> Reply:
    """Answers `POST /vector_stores/{vector_store_id}/search`: returns the passages that fit the query best.

    The score of a passage is the share of the query's words that the passage contains. A passage without any of these
    words is not returned.
    """
    store = stores.find_usable(call, call.ids["vector_store_id"])
    body = check_body(call.body, "VectorStoreSearchParams")
    limit = body.get("max_num_results", 10)
    check_range("max_num_results", limit, 1, 50)
    threshold = body.get("ranking_options", {}).get("score_threshold", 0)
    check_range("ranking_options.score_threshold", threshold, 0, 1)
    condition = body.get("filters")
    if condition is not None:
        check_filter(condition, "filters")
    queries = [body["query"]] if isinstance(body["query"], str) else body["query"]
    with call.database.writing():
        _split_new_members(call, store["id"])
        stores.touch(call, store["id"])
    found = _rank(call, store["id"], _words(queries), condition)
    return {
        "object": "vector_store.search_results.page",
        "search_query": queries,
        "data": [_render(row, score) for score, row in found if score >= threshold][:limit],
        "has_more": False,
        "next_page": None,
    }


def _split_new_members(call: ApiRequest, store_id: str) -> None:
    """Divides the texts of newly attached files into passages. The first search does this, so that attaching files
    stays fast.
    """
    for member in call.database.rows(
        "SELECT seq, chunking, text FROM members JOIN texts USING (file_id) WHERE store_id = ? AND NOT searchable "
        "AND outcome = 'completed'",
        store_id,
    ):
        passages = split(member["text"] or "", **unpack(member["chunking"])["static"])
        call.database.run_many(
            "INSERT INTO passages (member, text) VALUES (?, ?)", [(member["seq"], text) for text in passages]
        )
        call.database.run("UPDATE members SET searchable = 1 WHERE seq = ?", member["seq"])


def split(text: str, max_chunk_size_tokens: int, chunk_overlap_tokens: int) -> list[str]:
    """Returns the overlapping passages of a text. A token counts as CHARACTERS_PER_TOKEN (four) characters."""
    size = max_chunk_size_tokens * CHARACTERS_PER_TOKEN
    step = size - chunk_overlap_tokens * CHARACTERS_PER_TOKEN
    return [text[start : start + size] for start in range(0, max(len(text) - size, 0) + step, step)]


def _words(queries: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(word for query in queries for word in re.findall(r"\w+", query.casefold())))


def _rank(
    call: ApiRequest, store_id: str, words: Sequence[str], condition: Mapping[str, Any] | None
) -> list[tuple[float, Row]]:
    ranked = []
    for row in _candidates(call, store_id, words):
        if condition is None or matches(condition, unpack(row["attributes"])):
            text = row["text"].casefold()
            ranked.append((sum(word in text for word in words) / len(words), row))
    return sorted(ranked, key=lambda pair: -pair[0])


def _candidates(call: ApiRequest, store_id: str, words: Sequence[str]) -> list[Row]:
    """Returns the passages of the store that contain at least one of the words, in the order in which they were
    stored.
    """
    long = [word for word in words if len(word) >= TRIGRAM]
    tests = ["instr(lower(passages.text), ?) > 0" for word in words if len(word) < TRIGRAM]
    values = [word for word in words if len(word) < TRIGRAM]
    if long:
        tests.insert(0, "passages.id IN (SELECT rowid FROM passages_words WHERE passages_words MATCH ?)")
        values.insert(0, " OR ".join(f'"{word}"' for word in long))
    if not tests:
        return []
    return call.database.rows(
        f"SELECT passages.text, attributes, file_id, filename FROM passages "
        f"JOIN members ON members.seq = passages.member JOIN files ON files.id = file_id "
        f"WHERE store_id = ? AND {STATUS.format(now=call.now)} = 'completed' AND ({' OR '.join(tests)}) "
        f"ORDER BY passages.id",
        store_id,
        *values,
    )


def _render(row: Row, score: float) -> dict[str, Any]:
    return {
        "file_id": row["file_id"],
        "filename": row["filename"],
        "score": score,
        "attributes": unpack(row["attributes"]),
        "content": [{"type": "text", "text": row["text"]}],
    }
