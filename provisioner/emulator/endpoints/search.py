"""Defines the endpoint for the search in a vector store. The search compares words instead of vectors. Requests and
responses have OpenAI's format.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from provisioner.emulator.checks.body_check import check_body
from provisioner.emulator.checks.limits import check_range
from provisioner.emulator.endpoints import stores
from provisioner.emulator.endpoints.filters import check_filter, matches
from provisioner.emulator.file_indexing.passages import Passage, find_passages
from provisioner.emulator.messages.request import ApiRequest, Reply


def search(call: ApiRequest) -> Reply:
    """Handles `POST /vector_stores/{vector_store_id}/search`: returns the passages that match the query best, ranked by
    the function bm25.

    A passage without any word of the query is not returned.
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
    accepts = None if condition is None else partial(matches, condition)
    found = find_passages(
        call.database, call.now, [store["id"]], queries, limit=limit, threshold=threshold, accepts=accepts
    )
    with call.database.writing():
        stores.touch(call, store["id"])
    return {
        "object": "vector_store.search_results.page",
        "search_query": queries,
        "data": [_render(passage) for passage in found],
        "has_more": False,
        "next_page": None,
    }


def _render(passage: Passage) -> dict[str, Any]:
    return {
        "file_id": passage.file_id,
        "filename": passage.filename,
        "score": passage.score,
        "attributes": dict(passage.attributes),
        "content": [{"type": "text", "text": passage.text}],
    }
