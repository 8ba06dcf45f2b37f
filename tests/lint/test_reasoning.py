"""Which models reason: those that do not may be given a temperature."""

from __future__ import annotations

import pytest

from provisioner.emulator.modelrules import REASONING
from provisioner.openai_api.targets.options import find_sampling_problems

REASON = ["o1", "o1-pro", "o3-mini-2025-01-31", "o4-mini", "gpt-5", "gpt-5.1", "gpt-5.2-pro", "gpt-6-luna"]
DO_NOT = ["gpt-4o", "gpt-4.1", "gpt-50", "gpt-5x", "o10", "o1x", "gpt-oss-20b"]
CHAT = ["gpt-5-chat-latest", "gpt-5.2-chat-latest", "gpt-5-chat"]


def is_warned_of(model: str) -> bool:
    return bool(list(find_sampling_problems({"model": model, "temperature": 0.5})))


@pytest.mark.parametrize("model", [*REASON, "ft:o4-mini-2025-04-16:acme::abc"])
def test_a_reasoning_model_refuses_a_temperature(model: str) -> None:
    assert is_warned_of(model)


@pytest.mark.parametrize("model", [*DO_NOT, *CHAT, "ft:gpt-4o-mini-2024-07-18:acme::abc", None])
def test_another_model_takes_one(model: str) -> None:
    assert not is_warned_of(model)


@pytest.mark.parametrize("model", REASON)
def test_the_emulator_refuses_what_is_warned_of(model: str) -> None:
    assert REASONING.match(model)
