"""What is too large for a target is an error before anything is sent."""

from __future__ import annotations

import pytest

from provisioner.core.resource import AssistantSpec
from provisioner.openai_api.targets import TARGETS
from provisioner.openai_api.targets.agents import TOOLS_BYTES


@pytest.mark.parametrize(
    ("text", "fits"), [("x" * 1000, True), ("x" * TOOLS_BYTES, False), ("한" * (TOOLS_BYTES // 3), False)]
)
def test_tools_of_an_agent_have_a_size(text: str, fits: bool) -> None:
    tool = {"type": "function", "name": "f", "description": text, "parameters": {}}
    problems = TARGETS["agents"].express(AssistantSpec("a", {"model": "m", "tools": [tool]})).problems
    errors = [each.path for each in problems if each.severity == "error"]
    assert errors == ([] if fits else [("tools",)])
