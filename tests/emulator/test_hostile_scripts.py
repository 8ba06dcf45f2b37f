"""Scripts of which reading or matching would never end: regular expressions, and aliases of YAML."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from provisioner.core.errors import UsageError
from provisioner.emulator.answering.outputs import Failure, Output, Text
from provisioner.emulator.answering.scripts import model as scripted
from provisioner.emulator.answering.scripts import reading
from provisioner.emulator.answering.scripts.matching import SlowPattern, limited
from provisioner.emulator.answering.scripts.model import ScriptedModel
from provisioner.emulator.answering.scripts.reading import read_rules
from provisioner.emulator.answering.tooling import Tooling
from provisioner.emulator.answering.turn import Message, Turn

#: Expressions that take years for the texts, or for quadratic ones minutes.
SLOW = {
    "(a+)+$": "a" * 60 + "!",
    "(?:a|a)*b": "a" * 60,
    "a*a*a*a*a*b": "a" * 5_000,
    r"(\w+\s?)*$": "word " * 60 + "!",
    r"\s+$": " " * 3_000_000 + "x",
}


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripted, "MOST_SECONDS", 0.2)


TOOLING = Tooling(lambda tool, queries: [])


def rules(text: str) -> ScriptedModel:
    return ScriptedModel(read_rules(Path("script.yaml"), text))


async def collect(answer: AsyncIterator[Output] | None) -> list[Output]:
    return [] if answer is None else [output async for output in answer]


@pytest.mark.parametrize("pattern", SLOW)
def test_a_slow_pattern_fails_the_turn(pattern: str) -> None:
    model = rules(f"rules: [{{when: {{input: '{pattern}'}}, reply: a}}, {{reply: b}}]")
    [failure] = asyncio.run(collect(model.answer(Turn("m", items=(Message("user", SLOW[pattern]),)), TOOLING)))
    assert isinstance(failure, Failure)
    assert "take more than 0.2 s" in failure.message
    [text] = asyncio.run(collect(model.answer(Turn("m", items=(Message("user", "zz"),)), TOOLING)))
    assert isinstance(text, Text)


def test_many_slow_patterns_have_one_limit() -> None:
    model = rules("rules: [" + ", ".join("{when: {input: 'a*a*a*a*a*b'}, reply: a}" for _ in range(1_000)) + "]")
    [failure] = asyncio.run(collect(model.answer(Turn("m", items=(Message("user", "a" * 300),)), TOOLING)))
    assert isinstance(failure, Failure)


def test_patterns_that_take_long_to_read_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_READING", 0.05)
    many = ", ".join(f"{{when: {{input: '{'(x|' * 20}{n}{')' * 20}'}}, reply: a}}" for n in range(2_000))
    with pytest.raises(UsageError, match=r"take more than 0\.05 s to read"):
        rules(f"rules: [{many}]")


def test_a_limit_holds_if_its_first_exception_is_dropped() -> None:
    dropped: list[object] = []

    def spin(seconds: float) -> None:
        end = time.process_time() + seconds
        while time.process_time() < end:
            pass

    class Slow:
        def __del__(self) -> None:
            spin(60)

    def work() -> None:
        Slow()
        spin(60)

    before, sys.unraisablehook = sys.unraisablehook, lambda about: dropped.append(about.exc_type)
    try:
        with pytest.raises(SlowPattern):
            limited(work, 0.05)
    finally:
        sys.unraisablehook = before
    assert SlowPattern in dropped


@pytest.mark.parametrize("where", ["rules: [{reply: [{call: f, arguments: {a: *a29}}]}]", "rules: *a29"])
def test_aliases_that_multiply_are_refused(where: str) -> None:
    lists = "".join(f"  - &a{n} [{', '.join([f'*a{n - 1}'] * 9) if n else 'x'}]\n" for n in range(30))
    with pytest.raises(UsageError, match="more than 200,000 values"):
        rules(f"x:\n{lists}{where}\n")
