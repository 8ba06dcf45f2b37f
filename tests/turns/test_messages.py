"""Texts about turns: the steps, the summary with what is not known, and commands that are typed in a chat."""

from __future__ import annotations

import pytest

from provisioner.cli.chat import HELP, explain
from provisioner.core.address import Address
from provisioner.core.errors import UsageError
from provisioner.openai_api.turns.events import Usage
from provisioner.openai_api.turns.turn import Turn
from provisioner.review.render.style import Style
from provisioner.review.render.turns.steps_text import steps_text
from provisioner.review.render.turns.turn_text import summary_text

PLAIN = Style()


def test_steps_show_lists_and_objects_without_python_notation() -> None:
    hit = {"file_id": "file-1", "attributes": {"path": "a.md"}}
    event = {"event": "searched", "at": 0.5, "queries": ["one", "two"], "hits": [hit]}
    text = steps_text({"events": [event], "turn": {"status": "completed", "seconds": 3.304}}, PLAIN)
    assert "queries: one, two\n" in text
    assert 'attributes {"path": "a.md"}' in text
    assert text.endswith(" 3.3 s")


@pytest.mark.parametrize(
    ("unpriced", "tokens", "expected"),
    [
        (("tokens of m",), 0, "cost not known: the API did not report the tokens"),
        (("tokens of m",), 5, "cost not known: no price for tokens of m"),
        (("mcp",), 0, "cost not known: no price for mcp"),
    ],
)
def test_a_cost_that_is_not_known_has_its_reason(unpriced: tuple[str, ...], tokens: int, expected: str) -> None:
    turn = Turn()
    turn.unpriced, turn.usage = unpriced, Usage(tokens, 0)
    assert expected in summary_text(turn, PLAIN)


def test_commands_of_a_chat_are_explained() -> None:
    assert explain("/help") == HELP
    assert "/file PATH" in explain("/file")
    assert "no command /nonsense" in explain("/nonsense")


def test_a_name_without_its_kind_becomes_an_example() -> None:
    with pytest.raises(UsageError) as caught:
        Address.parse("clerk")
    assert caught.value.hint == "write it as in the plan: assistant.clerk, or vector_store.clerk"
