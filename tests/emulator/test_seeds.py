"""What the real API answered, in transcripts of its users, against what the emulator answers to the same requests."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from openai import OpenAI

from tests.conftest import CHECKOUT

TRANSCRIPTS = CHECKOUT / "tests/migrate/transcripts"
KINDS = {"assistant": "assistants", "vector_store": "vector_stores"}
REQUEST = re.compile(r"client\.beta\.(assistants|vector_stores)\.create(?=\()")
REPLY = re.compile(r"(?:Assistant|VectorStore)(?=\()|\{(?='id': 'asst_)")

OF_THE_MOMENT = {"id", "created_at", "last_active_at"}
GONE = {"file_ids": "2023, Assistants API v1: v2 has tool_resources instead"}
LATER = {
    "reasoning_effort": "the API has it since 2025-01",
    "response_format": "the API has it since v2, 2024-04",
    "temperature": "the API has it since v2, 2024-04",
    "top_p": "the API has it since v2, 2024-04",
    "tool_resources": "the API has it since v2, 2024-04",
}
"""Fields that a transcript may lack because it is older than they are."""


class Seed(NamedTuple):
    """A request of a transcript and the reply that was shown after it."""

    kind: str
    request: dict[str, Any]
    reply: dict[str, Any]


def expression(text: str, start: int) -> ast.expr:
    """The shortest Python expression that begins there and ends with a bracket."""
    for end in re.finditer(r"[)}]", text[start:]):
        try:
            return ast.parse(text[start : start + end.end()], mode="eval").body
        except SyntaxError:
            continue
    raise AssertionError(f"no expression at {start}")


def plain(node: ast.expr, names: dict[str, str]) -> Any:
    """A literal; a call such as `FileSearch(max_num_results=None)` is its keyword arguments."""
    if isinstance(node, ast.Call):
        return {keyword.arg: plain(keyword.value, names) for keyword in node.keywords}
    if isinstance(node, ast.Dict):
        return {
            ast.literal_eval(key): plain(value, names) for key, value in zip(node.keys, node.values, strict=True) if key
        }
    if isinstance(node, ast.List):
        return [plain(item, names) for item in node.elts]
    return names[node.id] if isinstance(node, ast.Name) else ast.literal_eval(node)


def seeds_of(text: str) -> Iterator[Seed]:
    names = dict(re.findall(r'^(\w+) = "([^"\n]*)"$', text, re.MULTILINE))
    asked = [(found.start(), found[1], found.end()) for found in REQUEST.finditer(text)]
    for shown in REPLY.finditer(text):
        node = expression(text, shown.start())
        reply = plain(node, names)
        kind = KINDS.get(reply.get("object", ""), "")
        earlier = [(at, end) for at, asked_kind, end in asked if asked_kind == kind and at < shown.start()]
        if kind and earlier:
            start = text.rfind("client", 0, earlier[-1][1])
            yield Seed(kind, plain(expression(text, start), names), reply)


def seeds() -> list[Seed]:
    texts = [path.read_text(encoding="utf-8") for path in sorted(TRANSCRIPTS.glob("*.txt"))]
    return [seed for text in texts for seed in seeds_of(text)]


def test_replies_are_those_of_the_real_api(api: OpenAI) -> None:
    warnings.simplefilter("ignore", DeprecationWarning)
    found = seeds()
    assert len([seed for seed in found if seed.kind == "assistants"]) == 6
    assert len([seed for seed in found if seed.kind == "vector_stores"]) == 1
    for seed in found:
        made = api.beta.assistants if seed.kind == "assistants" else api.vector_stores
        answer = made.create(**seed.request).model_dump()
        expected = {key: value for key, value in seed.reply.items() if key not in OF_THE_MOMENT | GONE.keys()}
        assert {key: answer[key] for key in expected} == expected
        assert answer.keys() - seed.reply.keys() <= LATER.keys()


FORMS = ("Assistant(id='a', tools=[Tool(type='b')])", "{'id': 'a', 'tools': [{'type': 'b'}]}")


@pytest.mark.parametrize("reply", FORMS)
def test_a_reply_is_read_from_either_form(reply: str) -> None:
    assert plain(expression(reply, 0), {}) == {"id": "a", "tools": [{"type": "b"}]}
