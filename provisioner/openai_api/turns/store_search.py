"""Searches in a vector store without an assistant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.openai_api.http.answers import read_json
from provisioner.openai_api.http.session import Session
from provisioner.openai_api.turns.events import Hit
from provisioner.openai_api.turns.rounds import mappings, text

#: The most passages of one search: a limit of the API.
MOST_HITS = 50


def search_store(
    session: Session, store: str, query: str, *, filters: Mapping[str, Any] | None, top: int, threshold: float | None
) -> list[Hit]:
    """Returns the passages that match the text `query` best, the best first. `store` is the id of the vector store.

    `filters` is a condition on the attributes of the files, in the API's format. `top` is the largest number of
    passages, at most MOST_HITS. `threshold` is the lowest accepted score, from 0 to 1. Raises ApiError if the request
    fails.
    """
    options: dict[str, Any] = {"query": query, "max_num_results": top}
    if filters is not None:
        options["filters"] = dict(filters)
    if threshold is not None:
        options["ranking_options"] = {"score_threshold": threshold}
    body = session.read(lambda client: read_json(client.sdk.vector_stores.with_raw_response.search(store, **options)))
    found = mappings(body.get("data")) if isinstance(body, Mapping) else []
    return [_hit(each) for each in found][:top]


def _hit(body: Mapping[str, Any]) -> Hit:
    score, attributes = body.get("score"), body.get("attributes")
    parts = [text(part.get("text")) for part in mappings(body.get("content"))]
    return Hit(
        file_id=text(body.get("file_id")),
        filename=text(body.get("filename")),
        score=float(score) if isinstance(score, int | float) and not isinstance(score, bool) else None,
        text="\n".join(part for part in parts if part),
        attributes=attributes if isinstance(attributes, dict) else {},
    )
