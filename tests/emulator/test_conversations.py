"""Conversations and containers, as the SDK uses them."""

from __future__ import annotations

from typing import Any

import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from tests.emulator.wire import Wire


def test_a_conversation_and_its_items(api: OpenAI) -> None:
    made = api.conversations.create(metadata={"a": "b"})
    assert made.id.startswith("conv_")
    assert api.conversations.retrieve(made.id) == made
    assert api.conversations.update(made.id, metadata={"a": "c"}).metadata == {"a": "c"}
    added = api.conversations.items.create(
        made.id, items=[{"role": "user", "content": "하나"}, {"role": "assistant", "content": "둘"}]
    ).data
    assert [item.id for item in api.conversations.items.list(made.id)] == [added[1].id, added[0].id]
    assert [item.id for item in api.conversations.items.list(made.id, order="asc", limit=1)] == [
        item.id for item in added
    ]
    first = added[0].id or ""
    one: Any = api.conversations.items.retrieve(first, conversation_id=made.id)
    assert (one.role, one.content[0].text) == ("user", "하나")
    assert api.conversations.items.delete(first, conversation_id=made.id).id == made.id
    with pytest.raises(NotFoundError, match=first):
        api.conversations.items.retrieve(first, conversation_id=made.id)
    assert api.conversations.delete(made.id).deleted
    with pytest.raises(NotFoundError, match=made.id):
        api.conversations.items.list(made.id)


def test_at_most_twenty_items_at_once(api: OpenAI) -> None:
    with pytest.raises(BadRequestError, match="maximum length 20"):
        api.conversations.create(items=[{"role": "user", "content": "a"}] * 21)


def test_a_container_and_its_files(api: OpenAI) -> None:
    source = api.files.create(file=("a.csv", b"a,b"), purpose="user_data")
    made = api.containers.create(
        name="mine", file_ids=[source.id], expires_after={"anchor": "last_active_at", "minutes": 5}, memory_limit="4g"
    )
    assert (made.status, made.name, made.memory_limit) == ("running", "mine", "4g")
    assert api.containers.retrieve(made.id).id == made.id
    assert made.id in [each.id for each in api.containers.list(name="mine")]
    uploaded = api.containers.files.create(made.id, file=("b.txt", b"text"))
    copied = api.containers.files.create(made.id, file_id=source.id)
    listed = list(api.containers.files.list(made.id, order="asc"))
    assert [(file.path, file.bytes) for file in listed] == [("/mnt/data/b.txt", 4), ("/mnt/data/a.csv", 3)]
    assert api.containers.files.retrieve(uploaded.id, container_id=made.id).to_dict() == uploaded.to_dict()
    assert api.containers.files.content.retrieve(copied.id, container_id=made.id).content == b"a,b"
    api.containers.files.delete(uploaded.id, container_id=made.id)
    with pytest.raises(NotFoundError, match=uploaded.id):
        api.containers.files.retrieve(uploaded.id, container_id=made.id)
    api.containers.delete(made.id)
    with pytest.raises(NotFoundError, match=made.id):
        api.containers.files.list(made.id)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "name"),
        ({"name": "a", "file_ids": ["file-none"]}, "file_ids"),
        ({"name": "a", "memory_limit": "2g"}, "memory_limit"),
        ({"name": "a", "expires_after": {"anchor": "last_active_at", "minutes": 0}}, "expires_after.minutes"),
    ],
)
def test_a_wrong_container_is_refused(wire: Wire, body: Any, param: str) -> None:
    answer = wire.ask("POST", "/containers", body)
    assert (answer.status in (400, 404), answer.body["error"]["param"]) == (True, param)
