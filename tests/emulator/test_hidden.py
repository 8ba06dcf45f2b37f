"""A member that lists do not show yet: it is there when it is retrieved, and counted."""

from __future__ import annotations

from typing import Any

import pytest
from openai import OpenAI

from provisioner.emulator.file_indexing.indexing import Hidden
from tests.conftest import Emulators


def attach(client: OpenAI, *names: str) -> tuple[str, list[str]]:
    """A new store with files of these names; returns its id and theirs."""
    store = client.vector_stores.create(name="a")
    files = [client.files.create(file=(name, b"text"), purpose="assistants").id for name in names]
    client.vector_stores.file_batches.create(store.id, file_ids=files)
    return store.id, files


def listed(client: OpenAI, store: str, **more: Any) -> set[str]:
    return {member.id for member in client.vector_stores.files.list(store, **more)}


def test_a_hidden_member_is_retrieved_and_counted_but_not_listed(emulator: Emulators) -> None:
    client = emulator(fail=("indexing late.md hidden lists=2",)).client()
    store, (late, other) = attach(client, "late.md", "other.md")

    assert client.vector_stores.files.retrieve(late, vector_store_id=store).status == "completed"
    assert client.vector_stores.retrieve(store).file_counts.total == 2
    assert [listed(client, store) for _ in range(3)] == [{other}, {other}, {other, late}]


def test_a_member_without_a_number_of_lists_stays_hidden(emulator: Emulators) -> None:
    client = emulator(fail=("indexing * hidden times=1",)).client()
    store, (hidden, other) = attach(client, "a.md", "b.md")

    assert [listed(client, store, filter="completed") for _ in range(3)] == [{other}] * 3
    assert listed(client, attach(client, "c.md")[0]) != set()
    client.vector_stores.files.delete(hidden, vector_store_id=store)
    assert client.vector_stores.retrieve(store).file_counts.total == 1


@pytest.mark.parametrize(("lists", "shown"), [(0, [True, True]), (1, [False, True]), (2, [False, False])])
def test_the_first_page_of_a_list_counts(lists: int, shown: list[bool]) -> None:
    hidden = Hidden()
    hidden.hide("vs_a", "file-a", lists)
    found = []
    for _ in range(2):
        first = "file-a" not in hidden.of_list("vs_a", is_first_page=True)
        assert ("file-a" not in hidden.of_list("vs_a", is_first_page=False)) == first
        found.append(first)
    assert found == shown
    assert hidden.of_list("vs_b", is_first_page=True) == []
