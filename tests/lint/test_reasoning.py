"""Which models reason: those that do not may be given a temperature."""

from __future__ import annotations

import pytest

from provisioner.emulator.checks.modelrules import REASONING
from provisioner.openai_api.targets.options import find_sampling_problems

REASON = ["o1", "o1-pro", "o3-mini-2025-01-31", "o4-mini", "gpt-5", "gpt-5.2-pro", "gpt-5.2-chat-latest", "gpt-6-luna"]
DO_NOT = ["gpt-4o", "gpt-4.1", "gpt-50", "gpt-5x", "o10", "o1x", "gpt-oss-20b"]
CHAT = ["gpt-5-chat-latest", "gpt-5-chat"]
ON_DEMAND = ["gpt-5.1", "gpt-5.2-2025-12-11", "gpt-5.3-codex", "gpt-5.4-mini"]
ALWAYS = ["o3", "gpt-5", "gpt-5-pro", "gpt-5.4-pro", "gpt-5.3-chat-latest"]
UNKNOWN = ["gpt-5.1-chat-latest", "gpt-6-chat-latest", "gpt-5.1-codex"]


def is_warned_of(model: str | None, effort: str | None = None) -> bool:
    reasoning = {} if effort is None else {"reasoning": {"effort": effort}}
    return bool(list(find_sampling_problems({"model": model, "temperature": 0.5, **reasoning})))


@pytest.mark.parametrize("model", ON_DEMAND)
def test_a_model_that_reasons_on_demand_refuses_a_temperature_only_then(model: str) -> None:
    assert not is_warned_of(model)
    assert not is_warned_of(model, "none")
    (problem,) = find_sampling_problems({"model": model, "top_p": 0.5, "reasoning": {"effort": "low"}})
    assert (
        problem.message
        == f"{model} refuses `top_p` while it reasons; remove it, or write `reasoning: {{effort: none}}`"
    )


@pytest.mark.parametrize("model", ["gpt-5.5", "gpt-5.6-sol", "gpt-6-luna"])
def test_a_model_that_reasons_unless_told_otherwise_takes_a_temperature_only_then(model: str) -> None:
    assert is_warned_of(model)
    assert is_warned_of(model, "high")
    assert not is_warned_of(model, "none")


@pytest.mark.parametrize("model", ALWAYS)
def test_a_model_that_always_reasons_refuses_a_temperature_with_every_effort(model: str) -> None:
    assert is_warned_of(model, "none")


@pytest.mark.parametrize("model", UNKNOWN)
def test_nothing_is_said_of_what_no_source_confirms(model: str) -> None:
    assert not is_warned_of(model, "high")


@pytest.mark.parametrize("model", [*REASON, "ft:o4-mini-2025-04-16:acme::abc"])
def test_a_reasoning_model_refuses_a_temperature(model: str) -> None:
    assert is_warned_of(model)


@pytest.mark.parametrize("model", [*DO_NOT, *CHAT, "ft:gpt-4o-mini-2024-07-18:acme::abc", None])
def test_another_model_takes_one(model: str) -> None:
    assert not is_warned_of(model)


@pytest.mark.parametrize("model", REASON)
def test_the_emulator_refuses_what_is_warned_of(model: str) -> None:
    assert REASONING.match(model)
