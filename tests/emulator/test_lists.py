"""Lists page as the real ones do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from openai import OpenAI

from provisioner.emulator.options import Options
from provisioner.emulator.process import start
from tests.emulator.wire import KEY, Wire

NAMES = ["a", "b", "c", "d", "e"]


@pytest.fixture(scope="module")
def shelf() -> Iterator[tuple[Wire, dict[str, str]]]:
    """An account of its own with five stores, made within one second, and their ids by name."""
    with start(Options()) as process:
        wire = Wire(process.base_url)
        yield wire, {name: wire.ask("POST", "/vector_stores", {"name": name}).body["id"] for name in NAMES}


@pytest.mark.parametrize(
    ("query", "expected", "more"),
    [
        ("", "edcba", False),
        ("?order=asc", "abcde", False),
        ("?limit=2", "ed", True),
        ("?limit=5", "edcba", False),
        ("?limit=2&after={d}", "cb", True),
        ("?limit=2&after={c}", "ba", False),
        ("?after={a}", "", False),
        ("?limit=2&order=asc&after={b}", "cd", True),
        ("?limit=2&before={b}", "dc", True),
        ("?limit=2&before={c}", "ed", False),
        ("?before={e}", "", False),
        ("?limit=2&order=asc&before={d}", "bc", True),
    ],
)
def test_pages(shelf: tuple[Wire, dict[str, str]], query: str, expected: str, more: bool) -> None:
    wire, ids = shelf
    body = wire.ask("GET", "/vector_stores" + query.format(**ids)).body
    assert "".join(store["name"] for store in body["data"]) == expected
    assert body["has_more"] is more
    assert body["first_id"] == (ids[expected[0]] if expected else None)
    assert body["last_id"] == (ids[expected[-1]] if expected else None)


@pytest.mark.thorough
def test_the_sdk_walks_all_pages() -> None:
    with start(Options()) as process, OpenAI(base_url=process.base_url, api_key=KEY, max_retries=0) as client:
        made = [client.beta.agents.create(model="gpt-6-luna").id for _ in range(5)]
        assert [agent.id for agent in client.beta.agents.list(limit=2)] == made[::-1]
        assert [agent.id for agent in client.beta.agents.list(limit=2, order="asc")] == made
