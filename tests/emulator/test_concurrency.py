"""Many clients at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from openai import OpenAI


def together(work: Callable[[int], str], times: int) -> list[str]:
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(work, range(times)))


@pytest.mark.thorough
def test_sixteen_threads(api: OpenAI) -> None:
    store = api.vector_stores.create()

    def upload(number: int) -> str:
        file = api.files.create(file=(f"{number}.txt", f"text {number}".encode()), purpose="vision")
        api.vector_stores.files.create(store.id, file_id=file.id)
        return file.id

    made = together(upload, 160)
    assert len(set(made)) == 160
    assert {file.id for file in api.files.list(purpose="vision")} >= set(made)
    assert api.vector_stores.retrieve(store.id).file_counts.completed == 160
    assert {member.id for member in api.vector_stores.files.list(store.id, limit=50)} == set(made)
    together(lambda number: api.files.delete(made[number]).id, 80)
    assert api.vector_stores.retrieve(store.id).file_counts.total == 80
    assert not {file.id for file in api.files.list()} & set(made[:80])
