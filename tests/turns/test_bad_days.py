"""The command `ask` against servers that cut, refuse, echo the key, and keep what should be deleted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.api.liar import Liar, lying, reply
from tests.conftest import WriteProject
from tests.turns.api import Script
from tests.turns.test_responses import CREATE, answers, message, streamed
from tests.warm.commands import WarmProvision

SECRET = "sk-proj-of-a-bad-day-0123456789"


def serving(script: Mapping[str, Sequence[Any]]) -> AbstractContextManager[Liar]:
    return lying(Script({name: list(each) for name, each in script.items()}))


@pytest.fixture
def poet(project: WriteProject) -> Path:
    return project({"a.yaml": "assistants: {poet: {instructions: Rhyme}}"})


def ask(provision: WarmProvision, liar: Liar, *options: str) -> Any:
    environment = {"OPENAI_BASE_URL": f"{liar.url}/v1", "OPENAI_API_KEY": SECRET}
    return provision("ask", "poet", "Hi", "--unapplied", *options, env=environment, online=False)


def test_a_cut_answer_is_shown_and_noted_in_the_transcript(poet: Path, provision: WarmProvision) -> None:
    with serving(answers(streamed(message("Half an| ans"), cut=True))) as liar:
        code, out, said = ask(provision, liar, "--transcript", "t.md")
        assert "DELETE /v1/conversations/conv_1" in liar.calls()
    assert (code, out) == (1, "Half an ans\n")
    assert "the answer ended in the middle" in said
    assert "stream_cut" in said
    transcript = (poet / "t.md").read_text(encoding="utf-8")
    assert "Half an ans\n\n> **cut**: The connection ended in the middle" in transcript


def test_a_model_that_the_key_cannot_use(poet: Path, provision: WarmProvision) -> None:
    body = {"error": {"message": "The model `gpt-6-luna` does not exist", "code": "model_not_found"}}
    with serving(answers(reply(404, body))) as liar:
        code, _, said = ask(provision, liar)
    assert code == 1
    assert "the key cannot use the model gpt-6-luna: choose another `model:`" in said


@pytest.mark.thorough
def test_what_cannot_be_deleted_is_named(poet: Path, provision: WarmProvision) -> None:
    refusal = reply(403, {"error": {"message": "You may not delete.", "code": "forbidden"}})
    script = answers(streamed(message("Hello."))) | {"DELETE /v1/conversations/conv_1": [refusal]}
    with serving(script) as liar:
        code, _, said = ask(provision, liar)
        assert code == 0
        assert "is left at OpenAI:\n  conversation conv_1 (" in said
        assert "You may not delete." in said
    with serving(script) as liar:
        _, out, _ = ask(provision, liar, "--json")
    assert json.loads(out.splitlines()[-1])["event"] == "leftover"


@pytest.mark.thorough
def test_neither_the_key_nor_escapes_reach_the_screen(poet: Path, provision: WarmProvision) -> None:
    text = f"Your key is {SECRET[:9]}|{SECRET[9:]}\x1b[2J, |::set-env name=x::y"
    with serving(answers(streamed(message(text)))) as liar:
        code, out, _ = ask(provision, liar)
        assert code == 0
        _, lines, _ = ask(provision, liar, "--json")
    assert out == "Your key is (redacted)\\x1b[2J, ::set-env name=x::y\n"
    assert "\x1b" not in lines
    assert SECRET not in lines


def test_a_loop_of_functions_ends_with_advice(project: WriteProject, provision: WarmProvision) -> None:
    project(
        {
            "a.yaml": """
                assistants:
                  poet:
                    instructions: Rhyme
                    tools: [{type: function, name: examine, handler: ../f.py:examine}]
                """,
            "../f.py": "def examine(): return 1\n",
        }
    )
    call = {"type": "function_call", "name": "examine", "arguments": "{}"}
    rounds = [streamed({**call, "id": f"fc_{n}", "call_id": f"call_{n}"}, id=f"resp_{n}") for n in range(4)]
    with serving({**answers(*rounds), CREATE: rounds}) as liar:
        code, _, said = ask(provision, liar, "--max-turns", "2")
    assert code == 1
    assert said.count("← 1 (local, ") == 2
    assert "raise --max-turns" in said
